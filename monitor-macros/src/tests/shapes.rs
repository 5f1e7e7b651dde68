//! Snapshots, one for each shape of function.

use super::expand;
use expect_test::expect_file;
use proc_macro2::{Delimiter, Group, TokenTree};
use quote::quote;

macro_rules! shapes {
    ($($(#[doc = $doc:literal])* $name:ident: #[monitored $(($($args:tt)*))?] { $($item:tt)* })*) => {$(
        $(#[doc = $doc])*
        #[test]
        fn $name() {
            let expanded = expand(quote!($($($args)*)?), quote!($($item)*));
            expect_file![concat!("../snapshots/", stringify!($name), ".rs")].assert_eq(&expanded);
        }
    )*};
}

shapes! {
    sync_fn: #[monitored] {
        /// Adds.
        #[inline]
        pub(crate) fn add(a: u32, mut b: u32) -> u32 {
            b += a;
            b
        }
    }

    no_arguments: #[monitored] { fn tick() { work(); } }

    /// The classes of an error by one word, which may be a parameter of an `impl` block.
    objective: #[monitored(objective = API)] { fn pay() -> Result<(), PayError> { Ok(()) } }

    closure: #[monitored] { fn adder(n: u32) -> impl Fn(&u32) -> u32 { move |m| n + m } }

    items: #[monitored] {
        fn f(n: u8) -> Vec<u8> {
            use std::io::{Read as _, Write as Out};
            struct Other(u8);
            let found = Other(n);
            impl Other { fn get(self) -> u8 { self.0 } }
            vec![found.get()]
        }
    }

    /// In the closure's signature, `Result` would be another.
    items_that_clash: #[monitored] {
        fn f() -> Result<u8, Error> {
            use std::fmt::Result;
            fn nothing() -> Result { Ok(()) }
            Ok(1)
        }
    }

    future_alias: #[monitored] {
        fn open(&self, path: PathBuf) -> Self::Opening {
            Box::pin(async move { Ok(File::open(path).await?) })
        }
    }

    async_macro_below: #[monitored] {
        #[tokio::test]
        async fn check() {
            work().await
        }
    }

    async_order: #[monitored] {
        #[inline]
        async fn join(&self, mut a: String, b: String) -> String {
            a += &self.between;
            a += &b;
            a
        }
    }

    async_unused: #[monitored] { async fn call(&self, n: u8, _request: &Request) -> u8 { n } }

    async_fn: #[monitored] {
        pub async fn work(a: u32) -> Result<u32, String> { Ok(a) }
    }

    async_unit: #[monitored] { async fn tick() { work().await } }

    /// Every argument that can stand on a function.
    settings: #[monitored(
        "checkout", level = "debug", err(Debug, level = Level::WARN), sentry = false, skip(self),
    )] {
        fn check_out(&self) -> Result<(), Error> { self.pay() }
    }

    grammar: #[monitored(
        sentry(when = Result::is_err, throttle = "10/min", level = "warning", tags(plan = %order.plan),
            fingerprint = ["{{ default }}", order.tenant]),
        buckets = [0.01, 0.5, 1], slow = "1m 30s", ret(Display, level = "debug"), classify = rules::order,
        follows_from = causes, parent = &span, target = TARGET, track_concurrency,
    )] {
        fn check_out(order: &Order) -> Result<Receipt, Error> { self.pay() }
    }

    counters: #[monitored(latency = false, span = false, log = false)] { fn f() {} }

    rule_of_a_plain_value: #[monitored(ok_if = |found| *found, ret, buckets = fast, metrics = true)] {
        async fn find(id: u32) -> bool { true }
    }

    unnamed: #[monitored] {
        fn f(mut self: Box<Self>, first: Guard, _: Guard, mut last: Guard, _: &str) { use_(first, last, self) }
    }

    track_caller: #[monitored(args(what))] {
        #[track_caller]
        fn at(what: &str) -> Result<&'static Location<'static>, Error> { check(what); Ok(Location::caller()) }
    }

    /// A path says whose macro it is; a bare name may be that of another.
    track_caller_with_macros: #[monitored] {
        #[track_caller]
        fn at(what: &str) -> Result<String, Error> { std::println!("{what}"); Ok(format!("{}", Location::caller())) }
    }

    track_caller_with_own_macro: #[monitored] {
        #[track_caller]
        fn at(what: &str) -> Result<u8, Error> { crate::error!("{what}"); Ok(1) }
    }

    unused_arguments: #[monitored(fields(n = said.len()))] {
        fn f(&self, a: Guard, unused: Guard, n: u8, #[allow(unused_mut)] mut said: String, (b, _): (Guard, Guard)) { a.is(b) }
    }

    /// An argument that `follows_from` takes by value is not there for the body.
    causes_given_away: #[monitored(follows_from = causes)] {
        fn f(a: Guard, causes: Vec<Id>, unused: Guard) { a.use_() }
    }

    async_pattern_in_order: #[monitored] {
        async fn f(self, a: Guard, Pair { left, .. }: Pair, unused: Guard) -> bool { self.is(a, left) }
    }

    macro_before_a_box: #[monitored] {
        fn get(id: u32) -> Pin<Box<dyn Future<Output = u32>>> { ensure!(id > 0); Box::pin(async move { id }) }
    }

    track_caller_with_exit: #[monitored] {
        #[track_caller]
        fn at(what: &str) -> Option<u8> { find(what)?; None }
    }

    quiet: #[monitored(level = 5, err = false, crate = crate::rt)] { fn f() -> io::Result<()> { g() } }

    method_with_fields: #[monitored(
        fields(order.id, total = %order.total(), ?self.cart, "http.route" = route, r#type = 1 + 1),
        args(route, dry_run),
    )] {
        async fn check_out(&mut self, order: Order, route: &str, dry_run: bool) -> Receipt {
            self.pay(order, route, dry_run).await
        }
    }

    /// `order` is used in a string only, `_guard` nowhere, `unused` must go on being warned about.
    captures: #[monitored] {
        fn f(
            self: Arc<Self>,
            (a, S { b, .. }): (A, S),
            order: u32,
            unused: u32,
            #[cfg(feature = "x")] c: u32,
            _guard: Guard,
        ) -> bool {
            println!("{order:?}");
            self.is(a, b, c)
        }
    }

    generics: #[monitored] {
        pub(super) unsafe extern "C" fn f<'a, T: Copy, const N: usize>(t: &'a T) -> [T; N]
        where
            T: 'a,
        {
            [*t; N]
        }
    }

    inner_attributes: #[monitored] {
        fn f(a: u32) -> u32 {
            #![allow(unused_mut)]
            fn help(a: u32) -> u32 { a }
            help(a)
        }
    }

    impl_trait_return: #[monitored] {
        fn list(&self) -> Result<Vec<(u32, impl Iterator<Item = impl Display> + '_)>, Error> {
            self.rows()
        }
    }

    async_impl_trait: #[monitored] { async fn list() -> impl Iterator<Item = u32> { rows().await } }

    never: #[monitored] { fn exit(code: i32) -> ! { std::process::exit(code) } }

    async_never: #[monitored] { async fn serve(port: u16) -> ! { loop { accept(port).await; } } }

    trait_default: #[monitored] {
        fn describe(&self) -> String where Self: Display { self.to_string() }
    }

    /// As `#[async_trait]` writes it, which runs first when the attribute stands on the method.
    boxed_async: #[monitored(fields(self.id, key))] {
        #[allow(
            elided_named_lifetimes,
            clippy::async_yields_async,
            clippy::diverging_sub_expression,
            clippy::let_unit_value,
            clippy::needless_arbitrary_self_type,
            clippy::no_effect_underscore_binding,
            clippy::shadow_same,
            clippy::type_complexity,
            clippy::type_repetition_in_bounds,
            clippy::used_underscore_binding
        )]
        fn get<'life0, 'life1, 'async_trait>(
            &'life0 self,
            id: u32,
            key: &'life1 str,
        ) -> ::core::pin::Pin<Box<
            dyn ::core::future::Future<Output = Result<String, Error>>
                + ::core::marker::Send + 'async_trait
        >>
        where
            'life0: 'async_trait,
            'life1: 'async_trait,
            Self: 'async_trait,
        {
            Box::pin(async move {
                if let ::core::option::Option::Some(__ret) =
                    ::core::option::Option::None::<Result<String, Error>>
                {
                    #[allow(unreachable_code)]
                    return __ret;
                }
                let __self = self;
                let id = id;
                let __ret: Result<String, Error> = { __self.find(id, key).await };
                #[allow(unreachable_code)]
                __ret
            })
        }
    }

    hand_boxed: #[monitored] {
        fn get(id: u32) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> {
            let id = id + 1;
            Box::pin(async move { find(id).await })
        }
    }

    box_future: #[monitored] {
        fn get(&self, id: u32) -> BoxFuture<'_, u32> { async move { self.find(id).await }.boxed() }
    }

    future_block: #[monitored] {
        fn get(id: u32) -> impl Future<Output = impl Display> + Send { async move { find(id).await } }
    }

    /// Without an async block at the end, the returned future is run.
    other_future: #[monitored] {
        fn get(id: u32) -> impl Future<Output = io::Result<u32>> { ready(Ok(id)) }
    }

    /// Each exit makes a future of its own; the arguments are looked at before any of them has them.
    boxed_exits: #[monitored(fields(id))] {
        fn load(id: Id, cached: bool) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> {
            if cached {
                return Box::pin(ready(Ok(id.0)));
            }
            match find(id) {
                Some(found) => Box::pin(found),
                None if is_lax() => { Box::pin(async { Ok(0) }) }
                None => unreachable!(),
            }
        }
    }
    /// An early return must be monitored as well.
    early_return: #[monitored] {
        fn get(id: u32) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> {
            if id == 0 {
                return Box::pin(ready(Ok(0)));
            }
            Box::pin(async move { find(id).await })
        }
    }

    impl_block: #[monitored(level = "debug", err = false)] {
        #[async_trait]
        impl<T: Send> Store<{ SIZE }> for Orders<T>
        where
            T: Sync,
        {
            #![allow(unused)]
            type Key = u32;
            const LIMIT: usize = 1;
            #[inline]
            #[monitored(level = "trace", args(id))]
            async fn get(&self, id: u32) -> Option<&T> { self.rows.get(id) }
            fn len(&self) -> usize { self.rows.len() }
            #[monitor_runtime::monitored(skip)]
            const fn limit() -> usize { Self::LIMIT }
            default fn close(self) {}
        }
    }

    /// A plain function: nothing under the condition could tell.
    async_under_conditions: #[monitored] {
        #[cfg_attr(docsrs, doc(cfg(feature = "net")))]
        #[cfg_attr(all(), inline, allow(unused))]
        pub async fn connect() -> Result<(), Error> { Ok(()) }
    }

    async_must_use_under_a_condition: #[monitored] {
        #[cfg_attr(all(), must_use)]
        pub async fn connect() -> u8 { 1 }
    }

    /// A method each for both ways a condition can turn out.
    impl_block_with_conditions: #[monitored] {
        impl Orders {
            #[cfg_attr(feature = "monitor", inline, monitored(skip))]
            fn len(&self) -> usize { self.rows.len() }
            #[cfg_attr(not(test), inline)]
            fn close(self) {}
            #[cfg_attr(fast, monitored(skip))]
            #[cfg_attr(not(fast), monitored("sold"))]
            fn sell(self) {}
        }
    }

    /// The errors of the block, of one method and of the next, and the item without our attributes.
    errors: #[monitored(name = "orders", lvel = "debug")] {
        #[derive(Kept)]
        impl Orders {
            #[monitored(args(nope), level = "loud")]
            fn get(&self, id: u32) -> u32 { id }
            #[inline]
            const fn len(&self) -> usize { 0 }
        }
    }
}

/// A body that is still being typed is passed on as it is, so that editors can work in it.
#[test]
fn half_typed() {
    let body = quote!(let x = self . ; return);
    let item = quote!(async fn f(&self) -> u32 { #body });
    let expanded = crate::pipeline::monitored_or_item(quote!(), item).to_string();
    assert!(expanded.contains("let x = self . ; return"), "{expanded}");
    assert!(expanded.contains(":: run_async_plain ("), "{expanded}");
    let item = quote!(impl S { fn f(&self) { #body } fn g() {} struct });
    let expanded = crate::pipeline::monitored_or_item(quote!(), item).to_string();
    assert_eq!(expanded.matches(":: run_plain (").count(), 2, "{expanded}");
    assert!(expanded.contains("} struct }"), "{expanded}");
}

/// A method that cannot be read and is left out does not leave others out.
#[test]
fn left_out_unread() {
    let item = quote!(impl S {
        fn f() {}
        #[inline]
        #[monitored(skip)]
        fn g(a: &Fn(u8)) {}
        fn h() {}
    });
    let expanded = crate::pipeline::monitored_or_item(quote!(), item).to_string();
    assert_eq!(expanded.matches(":: run_plain (").count(), 2, "{expanded}");
    let left = "# [inline] fn g (a : & Fn (u8)) { }";
    assert!(expanded.contains(left), "{expanded}");
}

/// `macro_rules!` hands a `$body:block` on in an invisible group.
#[test]
fn body_of_a_macro() {
    let mut item = quote!(fn f() -> u32);
    let body = Group::new(Delimiter::None, quote!({ 1 }));
    item.extend([TokenTree::Group(body)]);
    let visible = crate::pipeline::monitored_or_item(
        quote!(),
        quote!(
            fn f() -> u32 {
                1
            }
        ),
    );
    assert_eq!(
        crate::pipeline::monitored_or_item(quote!(), item).to_string(),
        visible.to_string()
    );
}

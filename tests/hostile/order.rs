// The order in which arguments, locals and temporaries are dropped, with the attribute and without it. Three
// editions compile this file, as they drop the temporaries of a last expression at different times.

// Half of the functions are there for what they leave unused, borrowed or for last.
#![allow(clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(
    dead_code,
    unused_assignments,
    unused_braces,
    unused_mut,
    unused_variables
)]

use ::std::boxed::Box;
use ::std::cell::{Ref, RefCell};
use ::std::future::{Future, pending, ready};
use ::std::mem::drop;
use ::std::ops::{Drop, Fn};
use ::std::option::Option::{self, Some};
use ::std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use ::std::pin::Pin;
use ::std::result::Result::{self, Err, Ok};
use ::std::string::{String, ToString};
use ::std::sync::Mutex;
use ::std::task::{Context, Waker};
use ::std::vec::Vec;
use ::std::{assert, concat, format, stringify, thread_local};

use super::attribute::monitored;

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static OTHERS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn log(text: String) {
    LOG.with(|log| log.borrow_mut().push(text));
}

/// The result of each body.
type Out = Result<usize, Failed>;

/// The error of a body.
#[derive(::std::fmt::Debug)]
pub(crate) struct Failed;

/// Says when it is dropped.
struct Guard(&'static str, RefCell<usize>);

const fn guard(name: &'static str) -> Guard {
    Guard(name, RefCell::new(1))
}

impl Drop for Guard {
    fn drop(&mut self) {
        log(self.0.to_string());
    }
}

impl Guard {
    /// A temporary, as the guard of a lock is one.
    fn lend(&self) -> Lent<'_> {
        Lent(self)
    }

    fn try_lend(&self) -> Option<Lent<'_>> {
        Some(Lent(self))
    }

    fn cell(&self) -> Ref<'_, usize> {
        self.1.borrow()
    }

    async fn lend_later(&self) -> Lent<'_> {
        ready(()).await;
        Lent(self)
    }
}

struct Lent<'a>(&'a Guard);

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        log(format!("lent by {}", (self.0).0));
    }
}

impl<'a> Lent<'a> {
    /// Like a step of a query builder.
    fn and<'b>(self, other: &'b Guard) -> Both<'a, 'b> {
        Both(self, Lent(other))
    }

    fn get(&self) -> usize {
        *(self.0).1.borrow()
    }

    fn check(&self, fails: bool) -> Out {
        if fails { Err(Failed) } else { Ok(self.get()) }
    }

    fn panics(&self) -> usize {
        resume_unwind(Box::new("as asked"))
    }

    async fn get_later(&self) -> usize {
        ready(()).await;
        self.get()
    }

    async fn never(&self) -> usize {
        pending::<()>().await;
        self.get()
    }
}

struct Both<'a, 'b>(Lent<'a>, Lent<'b>);

impl Both<'_, '_> {
    fn both(&self) -> &Self {
        self
    }

    fn sum(&self) -> usize {
        self.0.get() + self.1.get()
    }
}

static OPEN: Mutex<usize> = Mutex::new(2);

/// Takes a lock when it is dropped; in the wrong order the lock is still held.
struct Handle(usize);

impl Drop for Handle {
    fn drop(&mut self) {
        log(format!("free: {}", OPEN.try_lock().is_ok()));
    }
}

struct Pair {
    left: Guard,
    right: Guard,
}

/// The function of one body in every form that is not `async`.
macro_rules! forms {
    ([$($attr:tt)*] on [$($block:tt)*] ($($args:tt)*) { $($body:tt)* }) => {
        $($attr)*
        pub(in super::super) fn sync($($args)*) -> Out { $($body)* }

        $($attr)*
        #[track_caller]
        pub(in super::super) fn tracked($($args)*) -> Out { $($body)* }

        pub(in super::super) struct Owner(pub(in super::super) Guard);

        impl Owner {
            $($attr)*
            pub(in super::super) fn owned(self, $($args)*) -> Out { $($body)* }
        }

        $($block)*
        impl Owner {
            $($attr)*
            pub(in super::super) fn lent(&self, $($args)*) -> Out { $($body)* }
        }
    };
}

/// Expands to every form of an `async` function.
macro_rules! later_forms {
    ([$($attr:tt)*] on [$($block:tt)*] ($($args:tt)*) { $($body:tt)* }) => {
        $($attr)*
        pub(in super::super) async fn later($($args)*) -> Out { $($body)* }

        // An attribute that a macro might read keeps the function `async`.
        $($attr)*
        #[must_use]
        pub(in super::super) async fn kept($($args)*) -> Out { $($body)* }

        $($attr)*
        pub(in super::super) fn opaque($($args)*) -> impl Future<Output = Out> {
            async move { $($body)* }
        }

        $($attr)*
        pub(in super::super) fn boxed($($args)*) -> Pin<Box<dyn Future<Output = Out>>> {
            let _local = guard("outside");
            Box::pin(async move { $($body)* })
        }

        $($attr)*
        pub(in super::super) fn made($($args)*) -> Pin<Box<dyn Future<Output = Out>>> {
            let future = async move { $($body)* };
            let pinned: Pin<Box<dyn Future<Output = Out>>> = Box::pin(future);
            pinned
        }

        /// As `#[async_trait]` prints it.
        $($attr)*
        pub(in super::super) fn boxed_by_macro<'async_trait>(
            $($args)*
        ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Out> + 'async_trait>> {
            Box::pin(async move {
                if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<Out> {
                    #[allow(unreachable_code)]
                    return __ret;
                }
                let __ret: Out = { $($body)* };
                #[allow(unreachable_code)]
                __ret
            })
        }

        pub(in super::super) struct Later(pub(in super::super) Guard);

        $($block)*
        impl Later {
            $($attr)*
            pub(in super::super) async fn owned(self, $($args)*) -> Out { $($body)* }

            $($attr)*
            pub(in super::super) async fn lent(&self, $($args)*) -> Out { $($body)* }
        }
    };
}

macro_rules! twins {
    (
        any { $($any:ident $any_args:tt with $any_values:tt $any_body:tt)* }
        now { $($now:ident $now_args:tt with $now_values:tt $now_body:tt)* }
        later { $($later:ident $later_args:tt with $later_values:tt $later_body:tt)* }
        said $attr:tt { $($said:ident $said_args:tt with $said_values:tt $said_body:tt)* }
    ) => {
        mod plain {
            $(pub(super) mod $any {
                use super::super::*;
                forms!([] on [] $any_args $any_body);
                later_forms!([] on [] $any_args $any_body);
            })*
            $(pub(super) mod $now { use super::super::*; forms!([] on [] $now_args $now_body); })*
            $(pub(super) mod $later { use super::super::*; later_forms!([] on [] $later_args $later_body); })*
        }
        mod watched {
            $(pub(super) mod $any {
                use super::super::*;
                forms!([#[monitored]] on [#[monitored]] $any_args $any_body);
                later_forms!([#[monitored]] on [#[monitored]] $any_args $any_body);
            })*
            $(pub(super) mod $now { use super::super::*; forms!([#[monitored]] on [#[monitored]] $now_args $now_body); })*
            $(pub(super) mod $later { use super::super::*; later_forms!([#[monitored]] on [#[monitored]] $later_args $later_body); })*
        }
        mod judged {
            $(pub(super) mod $any {
                use super::super::*;
                forms!([#[monitored(fields(n = 1), error_if = Result::is_err)]] on [] $any_args $any_body);
                later_forms!([#[monitored(fields(n = 1), error_if = Result::is_err)]] on [] $any_args $any_body);
            })*
            $(pub(super) mod $now { use super::super::*; forms!([#[monitored(fields(n = 1))]] on [] $now_args $now_body); })*
            $(pub(super) mod $later { use super::super::*; later_forms!([#[monitored(fields(n = 1))]] on [] $later_args $later_body); })*
        }
        mod said {
            $(pub(super) mod $said { use super::super::*; forms!([] on [] $said_args $said_body); later_forms!([] on [] $said_args $said_body); })*
        }
        mod watched_said {
            $(pub(super) mod $said {
                use super::super::*;
                forms!([#[monitored $attr]] on [] $said_args $said_body);
                later_forms!([#[monitored $attr]] on [] $said_args $said_body);
            })*
        }

        /// Calls each function and its twin.
        pub(super) fn check() {
            $(
                now!(watched plain $any $any_values);
                now!(judged plain $any $any_values);
                later!(watched plain $any $any_values);
                later!(judged plain $any $any_values);
            )*
            $(
                now!(watched plain $now $now_values);
                now!(judged plain $now $now_values);
            )*
            $(
                later!(watched plain $later $later_values);
                later!(judged plain $later $later_values);
            )*
            $(
                now!(watched_said said $said $said_values);
                later!(watched_said said $said $said_values);
            )*
            let others = OTHERS.with(RefCell::take);
            assert!(others.is_empty(), "in another order:\n{}", others.join("\n"));
        }
    };
}

macro_rules! now {
    ($watched:ident $plain:ident $name:ident $values:tt) => {
        same(concat!(stringify!($watched), " ", stringify!($name)), "sync", &|| drop($plain::$name::sync $values), &|| drop($watched::$name::sync $values));
        same(concat!(stringify!($watched), " ", stringify!($name)), "tracked", &|| drop($plain::$name::tracked $values), &|| drop($watched::$name::tracked $values));
        same(concat!(stringify!($watched), " ", stringify!($name)), "owned", &|| drop($plain::$name::Owner(guard("self")).owned $values), &|| drop($watched::$name::Owner(guard("self")).owned $values));
        same(concat!(stringify!($watched), " ", stringify!($name)), "lent", &|| drop($plain::$name::Owner(guard("self")).lent $values), &|| drop($watched::$name::Owner(guard("self")).lent $values));
    };
}

macro_rules! later {
    ($watched:ident $plain:ident $name:ident $values:tt) => {
        // Never polled, dropped after one poll, and polled to its end.
        for polls in [0, 1, 9] {
            let poll = |future: Pin<Box<dyn Future<Output = Out> + '_>>| poll(future, polls);
            same(concat!(stringify!($watched), " ", stringify!($name)), "later", &|| poll(Box::pin($plain::$name::later $values)), &|| poll(Box::pin($watched::$name::later $values)));
            same(concat!(stringify!($watched), " ", stringify!($name)), "kept", &|| poll(Box::pin($plain::$name::kept $values)), &|| poll(Box::pin($watched::$name::kept $values)));
            same(concat!(stringify!($watched), " ", stringify!($name)), "opaque", &|| poll(Box::pin($plain::$name::opaque $values)), &|| poll(Box::pin($watched::$name::opaque $values)));
            same(concat!(stringify!($watched), " ", stringify!($name)), "boxed", &|| poll($plain::$name::boxed $values), &|| poll($watched::$name::boxed $values));
            same(concat!(stringify!($watched), " ", stringify!($name)), "made", &|| poll($plain::$name::made $values), &|| poll($watched::$name::made $values));
            same(concat!(stringify!($watched), " ", stringify!($name)), "boxed_by_macro", &|| poll($plain::$name::boxed_by_macro $values), &|| poll($watched::$name::boxed_by_macro $values));
            same(concat!(stringify!($watched), " ", stringify!($name)), "owned later", &|| poll(Box::pin($plain::$name::Later(guard("self")).owned $values)), &|| poll(Box::pin($watched::$name::Later(guard("self")).owned $values)));
            same(concat!(stringify!($watched), " ", stringify!($name)), "lent later", &|| { let it = $plain::$name::Later(guard("self")); poll(Box::pin(it.lent $values)) }, &|| { let it = $watched::$name::Later(guard("self")); poll(Box::pin(it.lent $values)) });
        }
    };
}

fn poll(mut future: Pin<Box<dyn Future<Output = Out> + '_>>, polls: u8) {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if future.as_mut().poll(&mut context).is_ready() {
            break;
        }
    }
    log("then".to_string());
}

fn same(name: &str, form: &str, plain: &dyn Fn(), watched: &dyn Fn()) {
    let [plain, watched] = [plain, watched].map(|call| {
        LOG.with(|log| log.borrow_mut().clear());
        let panicked = catch_unwind(AssertUnwindSafe(call)).is_err();
        (LOG.with(RefCell::take), panicked)
    });
    assert!(!plain.0.is_empty(), "{}, {}", name, form);
    if plain != watched {
        let both = format!("{name}, {form}: plain {plain:?}, monitored {watched:?}");
        OTHERS.with(|others| others.borrow_mut().push(both));
    }
}

twins! {
    any {
        guard_of_a_lock(mut handle: Handle, b: Guard) with (Handle(1), guard("b")) {
            handle.0 += 1;
            Ok(*OPEN.lock().map_err(|_| Failed)?)
        }
        lock_at_the_end(handle: Handle, mut b: Guard) with (Handle(1), guard("b")) {
            b.0 = "b";
            OPEN.lock().map_or(Err(Failed), |open| Ok(*open + handle.0))
        }
        lent_at_the_end(a: Guard, b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            b.lend().check(a.lend().get() > 5)
        }
        lent_by_mut(mut a: Guard, mut b: Guard) with (guard("_"), guard("_")) {
            a.0 = "a";
            b.0 = "b";
            a.lend().check(b.lend().get() > 5)
        }
        borrowed(a: Guard, mut b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            if *a.cell() > 5 { Err(Failed) } else { Ok(*b.cell() + *a.1.borrow()) }
        }
        query(a: Guard, b: Guard, c: Guard) with (guard("a"), guard("b"), guard("c")) {
            let _local = guard("local");
            Some(a.lend().and(&b).both().sum() + c.lend().get()).ok_or(Failed)
        }
        matched(a: Guard, mut b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            match a.lend().check(false) {
                Ok(0) | Err(_) => Err(Failed),
                Ok(n) => b.lend().check(n > 5),
            }
        }
        if_let(mut a: Guard, b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            if let Some(0) = a.try_lend().as_ref().map(Lent::get) {
                Err(Failed)
            } else {
                b.lend().check(false)
            }
        }
        blocks(a: Guard, mut b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            {
                let _inner = guard("inner");
                { a.lend().check(b.lend().get() > 5) }
            }
        }
        looped(a: Guard, mut b: Guard) with (guard("a"), guard("b")) {
            loop {
                let _local = guard("local");
                break b.lend().check(a.lend().get() > 5);
            }
        }
        returned(a: Guard, mut b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            if a.lend().get() > 0 {
                return b.lend().check(true);
            }
            a.lend().check(false)
        }
        asked(mut a: Guard, b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            let _found = a.lend().check(b.lend().get() > 0)?;
            b.lend().check(false)
        }
        panicked(mut a: Guard, b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            Ok(a.lend().panics() + b.lend().get())
        }
        unused(a: Guard, b: Guard, c: Guard, d: Guard) with (guard("a"), guard("b"), guard("c"), guard("d")) {
            let _local = guard("local");
            c.lend().check(false)
        }
        last_unused(a: Guard, b: Guard) with (guard("a"), guard("b")) {
            a.lend().check(false)
        }
        first_unused(a: Guard, b: Guard) with (guard("a"), guard("b")) {
            b.lend().check(false)
        }
        moved_and_unused(a: Guard, mut b: Guard, c: Guard) with (guard("a"), guard("b"), guard("c")) {
            drop(b);
            a.lend().check(false)
        }
        ignored(a: Guard, _: Guard, _b: Guard, c: Guard, mut d: Guard) with (guard("a"), guard("_"), guard("_b"), guard("c"), guard("d")) {
            a.lend().check(false)
        }
        allowed(a: Guard, #[allow(unused_variables)] b: Guard, #[allow(unused_mut)] mut c: Guard) with (guard("a"), guard("b"), guard("c")) {
            a.lend().check(false)
        }
        numbers(n: usize, a: Guard, m: usize, b: Guard, mut k: usize) with (1, guard("a"), 2, guard("b"), 3) {
            k += n;
            a.lend().check(k > 100)
        }
        taken_apart((a, _): (Guard, Guard), (_, b): (Guard, Guard)) with ((guard("a"), guard("1")), (guard("2"), guard("b"))) {
            let _local = guard("local");
            b.lend().check(a.lend().get() > 5)
        }
        half_used((a, b): (Guard, Guard), (mut c, d): (Guard, Guard)) with ((guard("a"), guard("b")), (guard("c"), guard("d"))) {
            c.0 = "changed";
            a.lend().check(false)
        }
        by_field(Pair { left, .. }: Pair, Pair { right: mut last, left: _ }: Pair) with (Pair { left: guard("l1"), right: guard("r1") }, Pair { left: guard("l2"), right: guard("r2") }) {
            last.0 = "last";
            left.lend().check(false)
        }
        from_an_array(a: Guard, [first, .., last]: [Guard; 4]) with (guard("a"), [guard("0"), guard("1"), guard("2"), guard("3")]) {
            last.lend().check(a.lend().get() > 5)
        }
        one_of_two(a: Guard, (Ok(mut b) | Err(mut b)): Result<Guard, Guard>, c: Guard) with (guard("a"), Err(guard("?")), guard("c")) {
            b.0 = "b";
            a.lend().check(false)
        }
    }
    now {
        by_reference(a: Guard, Pair { ref left, ref mut right }: Pair, c: Guard) with (guard("a"), Pair { left: guard("l"), right: guard("r") }, guard("c")) {
            right.0 = "changed";
            left.lend().check(a.lend().get() > 5)
        }
    }
    later {
        awaited(a: Guard, b: Guard) with (guard("a"), guard("b")) {
            let _local = guard("local");
            Ok(a.lend_later().await.and(&b).both().sum())
        }
        awaited_twice(mut a: Guard, b: Guard, c: Guard) with (guard("_"), guard("b"), guard("c")) {
            a.0 = "a";
            Ok(a.lend_later().await.get_later().await + b.lend().get_later().await)
        }
        cancelled(a: Guard, b: Guard, c: Guard) with (guard("a"), guard("b"), guard("c")) {
            let _local = guard("local");
            Ok(b.lend_later().await.never().await + a.lend().get())
        }
        cancelled_in_a_match((a, _): (Guard, Guard), mut b: Guard, c: Guard) with ((guard("a"), guard("1")), guard("b"), guard("c")) {
            match b.lend_later().await.never().await {
                0 => Ok(0),
                n => a.lend().check(n > 5),
            }
        }
        panicked_later(a: Guard, b: Guard, c: Guard) with (guard("a"), guard("b"), guard("c")) {
            let _local = guard("local");
            Ok(a.lend_later().await.panics() + c.lend().get())
        }
        returned_later(a: Guard, b: Guard) with (guard("a"), guard("b")) {
            if a.lend_later().await.get() > 0 {
                return a.lend_later().await.check(true);
            }
            b.lend().check(false)
        }
        asked_later(a: Guard, b: Guard) with (guard("a"), guard("b")) {
            let _found = b.lend_later().await.check(true)?;
            a.lend_later().await.check(false)
        }
    }
    said (fields(n = a.0)) {
        said_and_used(a: Guard, b: Guard) with (guard("a"), guard("b")) {
            b.lend().check(a.lend().get() > 5)
        }
        said_and_unused(b: Guard, mut c: Guard, a: Guard) with (guard("b"), guard("c"), guard("a")) {
            b.lend().check(false)
        }
        said_first(a: Guard, b: Guard, c: Guard) with (guard("a"), guard("b"), guard("c")) {
            c.lend().check(false)
        }
        said_beside_a_pattern(a: Guard, (b, _): (Guard, Guard), c: Guard) with (guard("a"), (guard("b"), guard("1")), guard("c")) {
            b.lend().check(false)
        }
        said_of_a_pattern(b: Guard, (a, c): (Guard, Guard)) with (guard("b"), (guard("a"), guard("c"))) {
            b.lend().check(false)
        }
    }
}

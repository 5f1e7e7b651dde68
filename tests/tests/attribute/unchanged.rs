//! A monitored function against its twin without the attribute: only the instrumentation differs.

// rustc has to report the same for the annotated twins as for the plain ones.
#![deny(unused)]
#![allow(
    clippy::large_types_passed_by_value,
    clippy::needless_pass_by_value,
    clippy::unit_arg,
    reason = "arguments are what is compared"
)]

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::fs;
use std::hint::black_box;
use std::ops::{Index, IndexMut};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

use monitor_runtime::monitored;
use monitor_tests::{pause, run, scrape};

/// Includes a library's code; `tests/disabled` compiles it without the feature `enable`.
#[expect(
    clippy::unused_self,
    dead_code,
    unreachable_pub,
    reason = "the items of a library, few of which are called here"
)]
#[path = "../../disabled/src/library.rs"]
mod library;

#[test]
fn a_library_behaves_alike_without_the_feature_enable() {
    assert!(library::find(0).is_err());
    assert_eq!(run(library::Orders.load(7)), 7);
}

/// Defines each item twice: as it is, and with the attribute on it.
macro_rules! twins {
    ($($([$($args:tt)*])? { $($item:tt)* })*) => {
        mod plain {
            use super::*;
            $($($item)*)*
        }
        mod watched {
            use super::*;
            $(#[monitored($($($args)*)?)] $($item)*)*
        }
    };
}

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct Guard(&'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

fn dropped() -> Vec<&'static str> {
    DROPPED.take()
}

struct Big([u8; 4096]);

twins! {
    {
        pub(crate) async fn small(a: u8) -> u8 {
            pause().await;
            a
        }
    }
    {
        pub(crate) async fn array(a: [u8; 4096]) -> u8 {
            pause().await;
            a[0]
        }
    }
    {
        pub(crate) async fn owned(a: Big, text: String) -> Result<u8, String> {
            pause().await;
            if a.0[0] == 0 { Ok(1) } else { Err(text) }
        }
    }
    {
        pub(crate) async fn mutable(mut a: Big) -> u8 {
            pause().await;
            a.0[1] = 1;
            pause().await;
            a.0[1]
        }
    }
    [fields(len = a.0.len(), second = b[1]), args(text)] {
        pub(crate) async fn with_fields(a: Big, b: [u8; 4096], text: String) -> u8 {
            pause().await;
            a.0[0] + b[0] + u8::from(text.is_empty())
        }
    }
    {
        pub(crate) async fn lent(a: &[u8; 4096], b: &mut Big) -> u8 {
            pause().await;
            b.0[0] = a[0];
            pause().await;
            b.0[0]
        }
    }

    {
        pub(crate) fn order(_a: Guard, (mut b, _): (Guard, u8), _: Guard, c: Guard, mut d: Guard, _: Guard) {
            let _local = Guard("local");
            b.0 = "b";
            d.0 = if c.0.is_empty() { "never" } else { "d" };
        }
    }
    {
        pub(crate) async fn order_async(_a: Guard, _: Guard, c: Guard, _: Guard) {
            let _local = Guard("local");
            pause().await;
            black_box(&c);
        }
    }
    [fields(name = b.0)] {
        pub(crate) async fn order_of_fields(a: Guard, b: Guard, _: Guard) {
            black_box((&a, &b));
            pause().await;
        }
    }
    {
        pub(crate) fn moved(a: Guard, mut b: Guard, _: Guard) -> Guard {
            drop(a);
            b.0 = "returned";
            b
        }
    }
    {
        pub(crate) fn last_assignment(mut a: Guard, mut count: u8) -> u8 {
            count += 1;
            a.0 = "assigned last";
            count
        }
    }
    {
        pub(crate) async fn last_assignment_async(mut a: Guard) {
            pause().await;
            a.0 = "assigned last";
        }
    }

    {
        #[track_caller]
        pub(crate) fn caller() -> &'static Location<'static> {
            Location::caller()
        }
    }
    {
        #[track_caller]
        pub(crate) fn caller_in_result(fail: bool) -> Result<&'static Location<'static>, String> {
            let here = Location::caller();
            if fail { Err(format!("no {here}")) } else { Ok(here) }
        }
    }
    {
        #[track_caller]
        pub(crate) fn expect(value: Option<u8>) -> u8 {
            value.expect("a value")
        }
    }
    {
        #[track_caller]
        pub(crate) fn never() -> ! {
            panic!("never")
        }
    }

    {
        pub(crate) fn frames() -> usize {
            frames_here()
        }
    }
    {
        pub(crate) async fn frames_async() -> usize {
            pause().await;
            frames_here()
        }
    }
}

fn frames_here() -> usize {
    let trace = Backtrace::force_capture().to_string();
    let number = |line: &&str| {
        let number = line.trim_start().split(": ").next();
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    trace.lines().filter(number).count()
}

/// The attribute of a block sees a method before the compiler has looked at its conditions.
#[test]
fn a_track_caller_under_a_condition_is_kept() {
    struct Here;
    #[monitored]
    impl Here {
        #[cfg_attr(all(), track_caller)]
        fn line() -> u32 {
            Location::caller().line()
        }
    }
    assert_eq!(Here::line(), line!());
}

/// `Index` of `std` says `#[track_caller]` for every implementation.
#[test]
fn an_inherited_track_caller_is_kept() {
    struct Places;
    impl Index<u8> for Places {
        type Output = Location<'static>;
        #[monitored]
        fn index(&self, _: u8) -> &Location<'static> {
            Location::caller()
        }
    }
    impl IndexMut<u8> for Places {
        #[monitored]
        fn index_mut(&mut self, place: u8) -> &mut Location<'static> {
            panic!("there is no place {place}")
        }
    }
    assert_eq!((Places[0].file(), Places[0].line()), (file!(), line!()));
    let panicked = catch_unwind(|| {
        let place: &mut Location<'_> = &mut Places[1];
        place.line()
    });
    assert!(panicked.is_err());
}

#[test]
fn a_future_is_little_larger() {
    macro_rules! sizes {
        ($($name:ident($($arg:expr),*);)*) => {[$((
            stringify!($name),
            size_of_val(&plain::$name($($arg),*)),
            size_of_val(&watched::$name($($arg),*)),
        )),*]};
    }
    let big = || Big([0; 4096]);
    let sizes = sizes! {
        small(1);
        array([0; 4096]);
        owned(big(), String::new());
        mutable(big());
        with_fields(big(), [0; 4096], String::new());
        lent(&[0; 4096], &mut big());
    };
    println!("{sizes:?}");
    for (name, plain, watched) in sizes {
        assert!(watched <= plain + 256, "{name}: {plain} became {watched}");
    }
}

#[test]
fn values_are_dropped_in_the_same_order() {
    macro_rules! orders {
        ($($call:expr;)*) => {$({
            let plain = {
                #[allow(unused_imports, reason = "the twin of each call")]
                use plain::*;
                drop($call);
                dropped()
            };
            let watched = {
                #[allow(unused_imports, reason = "the twin of each call")]
                use watched::*;
                drop($call);
                dropped()
            };
            assert_eq!(plain, watched, stringify!($call));
            assert!(!plain.is_empty());
        })*};
    }
    let guard = Guard;
    orders! {
        order(guard("a"), (guard("b"), 1), guard("_"), guard("c"), guard("d?"), guard("_last")).to_string_unit();
        run(order_async(guard("a"), guard("_"), guard("c"), guard("_last"))).to_string_unit();
        order_async(guard("a"), guard("_"), guard("c"), guard("_last"));
        run(order_of_fields(guard("a"), guard("b"), guard("_"))).to_string_unit();
        moved(guard("a"), guard("b"), guard("_"));
        last_assignment(guard("a"), 1).to_string();
        run(last_assignment_async(guard("a"))).to_string_unit();
    }
}

/// `drop(())` is a lint of its own.
trait Unit {
    fn to_string_unit(self) -> String;
}
impl Unit for () {
    fn to_string_unit(self) -> String {
        String::new()
    }
}

#[test]
fn a_function_knows_its_caller() {
    let line = |location: &Location<'_>| (location.file().to_owned(), location.line());
    // A macro's calls are all where the macro is.
    macro_rules! both {
        ($name:ident) => {
            [plain::$name(), watched::$name()]
        };
    }
    let [plain, watched] = both!(caller).map(line);
    assert_eq!(plain, watched);
    macro_rules! both_results {
        ($fail:expr) => {
            [
                plain::caller_in_result($fail),
                watched::caller_in_result($fail),
            ]
        };
    }
    let [plain, watched] = both_results!(false).map(|here| line(here.expect("ok")));
    assert_eq!(plain, watched);
    let [plain, watched] = both_results!(true).map(|here| here.expect_err("fails"));
    assert_eq!(plain, watched);

    let counts = || scrape().counts("caller_in_result");
    let before = counts();
    let _ = (
        watched::caller_in_result(true),
        watched::caller_in_result(false),
    );
    let since = counts().since(before);
    assert_eq!((since.ok, since.error, since.concurrent), (1, 1, 0));
}

#[test]
fn a_panic_is_where_the_caller_is() {
    assert_eq!(watched::expect(Some(1)), plain::expect(Some(1)));
    let place = || {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::panic::set_hook(Box::new(move |info| {
            let place = info
                .location()
                .map(|place| (place.file().to_owned(), place.line()));
            let _ = sender.send(place.expect("a place"));
        }));
        receiver
    };
    let here = |calls: [fn(); 2]| {
        calls.map(|call| {
            let receiver = place();
            assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
            let _ = std::panic::take_hook();
            receiver.recv().expect("a panic")
        })
    };
    macro_rules! both {
        ($name:ident($($arg:expr)?)) => {
            [|| drop(plain::$name($($arg)?).to_string()), || drop(watched::$name($($arg)?).to_string())]
        };
    }
    let [plain, watched] = here(both!(expect(None)));
    assert_eq!(plain, watched);
    let [plain, watched] = here([|| plain::never(), || watched::never()]);
    assert_eq!(plain.0, watched.0);
    assert_eq!(scrape().counts("never").panic, 1);
}

#[test]
fn the_stack_is_little_deeper() {
    let (plain, watched) = (plain::frames(), watched::frames());
    println!("sync: {plain} frames, {watched} with the attribute");
    assert!(watched <= plain + 2, "{plain} frames became {watched}");
    let (plain, watched) = (run(plain::frames_async()), run(watched::frames_async()));
    println!("async: {plain} frames, {watched} with the attribute");
    assert!(watched <= plain + 1, "{plain} frames became {watched}");
}

/// Returns the auto traits of a value's type.
macro_rules! auto_traits {
    ($value:expr) => {
        [
            auto_traits!($value, Send),
            auto_traits!($value, Sync),
            auto_traits!($value, Unpin),
            auto_traits!($value, std::panic::UnwindSafe),
            auto_traits!($value, std::panic::RefUnwindSafe),
        ]
    };
    ($value:expr, $($auto:tt)+) => {{
        #[allow(dead_code, reason = "the value is there for its type")]
        struct Ask<'a, T>(&'a T);
        #[allow(dead_code, reason = "not every type lacks every trait")]
        trait No {
            fn has(&self) -> bool {
                false
            }
        }
        impl<T> No for &Ask<'_, T> {}
        #[allow(dead_code, reason = "not every type has every trait")]
        impl<T: $($auto)+> Ask<'_, T> {
            fn has(&self) -> bool {
                true
            }
        }
        (&Ask(&$value)).has()
    }};
}

mod kinds {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    twins! {
        {
            pub(crate) async fn shared(text: String) -> Result<u8, String> {
                pause().await;
                Err(text)
            }
        }
        {
            pub(crate) async fn local(a: Rc<u8>) -> u8 {
                pause().await;
                *a
            }
        }
        {
            pub(crate) async fn cell(a: Cell<u8>) -> u8 {
                pause().await;
                a.get()
            }
        }
        {
            pub(crate) async fn unique(a: &mut u8) {
                pause().await;
                *a += 1;
            }
        }
        {
            pub(crate) async fn unused(_a: &Cell<u8>, n: u8) -> u8 {
                pause().await;
                n
            }
        }
        [fields(a), parent = None, ret] {
            pub(crate) async fn with_arguments(a: u8) -> u8 {
                pause().await;
                a
            }
        }
        {
            pub(crate) fn ready(a: u8) -> impl Future<Output = u8> {
                std::future::ready(a)
            }
        }
    }

    #[test]
    fn a_future_has_the_same_auto_traits() {
        macro_rules! same {
            ($($name:ident($($arg:expr),*);)*) => {$(
                assert_eq!(
                    auto_traits!(plain::$name($($arg),*)),
                    auto_traits!(watched::$name($($arg),*)),
                    stringify!($name)
                );
            )*};
        }
        same! {
            shared(String::new());
            local(Rc::new(1));
            cell(Cell::new(1));
            unique(&mut 1);
            unused(&Cell::new(1), 1);
            with_arguments(1);
            ready(1);
        }
        // The question can be answered with yes, or all would be the same.
        assert!(auto_traits!(watched::shared(String::new()), Send));
        assert!(!auto_traits!(watched::local(Rc::new(1)), Send));
    }
}

/// Another macro, below this one, looks for the word.
#[monitored]
#[tokio::test]
async fn a_macro_below_sees_an_async_fn() {
    #[monitored]
    #[must_use]
    async fn must_be_looked_at(n: u8) -> u8 {
        n
    }
    // It speaks of what is awaited only where the function is `async`.
    #[expect(unused_must_use)]
    {
        must_be_looked_at(1).await;
    }
}

/// Documentation shows what the author wrote.
#[test]
fn documentation_shows_an_async_fn() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut doc = Command::new(cargo);
    doc.args(["doc", "--quiet", "--no-deps", "-p", "hostile-edition2021"]);
    let status = doc.status().expect("cargo runs");
    assert!(status.success(), "cargo doc: {status}");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    let page = "doc/hostile_edition2021/functions/fn.borrowed_later.html";
    let page = fs::read_to_string(target.join(page)).expect("a page of documentation");
    assert!(page.contains("pub async fn "), "{page}");
}

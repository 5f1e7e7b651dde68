//! A monitored function against its twin without the attribute: only the instrumentation differs.

// rustc has to report the same for the annotated twins as for the plain ones.
#![deny(unused)]
#![allow(
    clippy::large_types_passed_by_value,
    clippy::needless_pass_by_value,
    clippy::unit_arg,
    reason = "arguments are what is compared"
)]

use std::cell::RefCell;
use std::hint::black_box;

use monitor_runtime::monitored;
use monitor_tests::{pause, run};

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

mod kinds;

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

mod callers;

//! The caller of a function, the place of a panic, and the depth of the stack.

use std::backtrace::Backtrace;
use std::ops::{Index, IndexMut};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use monitor_tests::{alone, scrape};

use super::*;

twins! {
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
    alone!();
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

//! Tests which returned values are errors: `Result`s by type, with any error inside.

use std::error::Error;
use std::fmt;
use std::io;

use monitor_runtime::monitored;
use monitor_tests::{Counts, run, scrape};

/// Calls once, and asserts what was counted.
fn counted<R>(function: &str, expected: Counts, call: impl FnOnce() -> R) {
    let before = scrape().counts(function);
    call();
    let since = scrape().counts(function).since(before);
    assert_eq!(since, expected, "{function}");
}

#[derive(Debug, thiserror::Error)]
#[error("the order is lost")]
struct Lost(#[source] io::Error);

#[derive(Debug)]
struct OnlyDebug;

struct Opaque;

struct OnlyDisplay;

impl fmt::Display for OnlyDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only Display")
    }
}

type Fallible<T> = Result<T, Lost>;
type Unit = Fallible<()>;

fn lost() -> Lost {
    Lost(io::Error::other("the disk is full"))
}

macro_rules! failing {
    ($($name:ident: $returns:ty = $error:expr;)*) => {
        $(#[monitored]
        fn $name() -> $returns {
            Err($error)
        })*

        mod asynchronous {
            use super::*;
            $(#[monitored]
            pub(crate) async fn $name() -> $returns {
                monitor_tests::pause().await;
                Err($error)
            })*
        }

        #[test]
        fn every_kind_of_error_is_counted() {
            $(
                failed(stringify!($name), "attribute::errors", || $name().is_err());
                failed(stringify!($name), "attribute::errors::asynchronous", || {
                    run(asynchronous::$name()).is_err()
                });
            )*
        }
    };
}

/// Calls once, and asserts one error; functions of two modules share the name.
fn failed(function: &str, module: &str, call: impl FnOnce() -> bool) {
    let errors = || {
        let page = scrape();
        let labels = [
            ("function", function),
            ("module", module),
            ("result", "error"),
        ];
        let mut found = page.find("function_calls_total", &labels);
        found.next().map(|sample| sample.value)
    };
    assert_eq!(errors(), Some(0.0), "{module}::{function} before its call");
    assert!(call(), "{module}::{function} returns its error");
    assert_eq!(errors(), Some(1.0), "{module}::{function} after its call");
}

failing! {
    std_error: Result<(), Lost> = lost();
    std_alias: io::Result<()> = io::Error::other("alias");
    own_alias: Fallible<u8> = lost();
    hidden_alias: Unit = lost();
    formatting: fmt::Result = fmt::Error;
    anyhow_error: anyhow::Result<()> = anyhow::Error::new(lost()).context("outer");
    boxed_error: Result<(), Box<dyn Error>> = lost().into();
    boxed_send_error: Result<(), Box<dyn Error + Send + Sync>> = "boxed text".into();
    text: Result<(), &'static str> = "text";
    owned_text: Result<(), String> = "text".to_owned();
    only_debug: Result<(), OnlyDebug> = OnlyDebug;
    only_display: Result<(), OnlyDisplay> = OnlyDisplay;
    opaque: Result<(), Opaque> = Opaque;
    unit: Result<(), ()> = ();
    nested_result: Result<Result<u8, Lost>, Lost> = lost();
}

#[monitored]
fn open_in_both<T, E>(result: Result<T, E>) -> Result<T, E> {
    result
}

#[monitored]
fn hidden(fail: bool) -> Result<impl Iterator<Item = u8>, Lost> {
    if fail {
        Err(lost())
    } else {
        Ok(std::iter::once(1))
    }
}

#[test]
fn a_result_of_open_types_is_a_result() {
    counted("open_in_both", Counts::errors(1), || {
        open_in_both::<(), _>(Err(lost()))
    });
    counted("open_in_both", Counts::errors(1), || {
        open_in_both::<(), _>(Err(Opaque))
    });
    counted("open_in_both", Counts::oks(1), || {
        open_in_both::<_, Opaque>(Ok(1))
    });
    counted("hidden", Counts::errors(1), || hidden(true).map(drop));
    counted("hidden", Counts::oks(1), || hidden(false).map(drop));
}

#[monitored]
fn nothing() {}

#[monitored]
fn none() -> Option<u8> {
    None
}

#[monitored]
fn error_as_a_value() -> Lost {
    lost()
}

#[monitored]
async fn async_nothing() {}

#[monitored]
async fn async_none() -> Option<u8> {
    None
}

#[test]
fn a_value_that_is_no_error_result_is_ok() {
    counted("nothing", Counts::oks(1), nothing);
    counted("none", Counts::oks(1), none);
    counted("error_as_a_value", Counts::oks(1), error_as_a_value);
    counted("async_nothing", Counts::oks(1), || run(async_nothing()));
    counted("async_none", Counts::oks(1), || run(async_none()));
}

#[derive(Debug)]
struct PanicsInDisplay;

impl fmt::Display for PanicsInDisplay {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("Display is broken")
    }
}

impl Error for PanicsInDisplay {}

struct BrokenSource;

impl fmt::Debug for BrokenSource {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("Debug is broken")
    }
}

impl fmt::Display for BrokenSource {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

impl Error for BrokenSource {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        panic!("source() is broken")
    }
}

/// Its own source, for ever.
#[derive(Debug)]
struct Circle;

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("round and round")
    }
}

impl Error for Circle {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[monitored]
fn broken_display() -> Result<(), PanicsInDisplay> {
    Err(PanicsInDisplay)
}

#[monitored]
async fn broken_display_later() -> Result<(), PanicsInDisplay> {
    monitor_tests::pause().await;
    Err(PanicsInDisplay)
}

#[monitored]
fn broken_source() -> Result<(), Box<dyn Error>> {
    Err(Box::new(BrokenSource))
}

#[monitored]
fn circle() -> Result<(), Circle> {
    Err(Circle)
}

#[test]
fn an_error_that_cannot_be_shown_takes_no_call_down() {
    counted("broken_display", Counts::errors(1), broken_display);
    counted("broken_display_later", Counts::errors(1), || {
        run(broken_display_later())
    });
    counted("broken_source", Counts::errors(1), || drop(broken_source()));
    counted("circle", Counts::errors(1), circle);
}

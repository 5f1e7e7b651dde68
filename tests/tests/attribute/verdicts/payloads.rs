//! Panics in what the attribute is given, with a payload whose destructor panics: the call goes on.

use std::fmt;
use std::panic::panic_any;

use monitor_runtime::testkit::capture;
use monitor_runtime::{Class, Classify, monitored};

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any(Self)
    }
}

fn bomb<T>() -> T {
    panic_any(Bomb)
}

struct Armed;

impl Classify for Armed {
    fn classify(&self) -> Class {
        bomb()
    }
}

#[derive(Debug)]
struct Ticking;

impl fmt::Display for Ticking {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        bomb()
    }
}

impl std::error::Error for Ticking {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        bomb()
    }
}

struct Unshown;

impl fmt::Debug for Unshown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        bomb()
    }
}

#[monitored(classify = |_: &u8| -> Class { bomb() })]
fn classified() -> u8 {
    7
}

#[monitored(ok_if = |_: &u8| bomb())]
fn ok_if() -> u8 {
    7
}

#[monitored(error_if = |_: &u8| bomb())]
fn error_if() -> u8 {
    7
}

#[monitored(sentry(when = |_: &Result<u8, String>| bomb()))]
fn when() -> Result<u8, String> {
    Err("no".into())
}

#[monitored(labels(kind = bomb::<bool>()))]
fn labelled() -> u8 {
    7
}

#[monitored(fields(value = bomb::<u8>(), shown = ?Unshown))]
fn recorded() -> u8 {
    7
}

#[monitored(parent = bomb::<tracing::span::Id>())]
fn with_parent() -> u8 {
    7
}

#[monitored(ret)]
fn shown() -> Unshown {
    Unshown
}

#[monitored]
fn value() -> Armed {
    Armed
}

#[monitored]
fn error() -> Result<(), Armed> {
    Err(Armed)
}

#[monitored]
fn text() -> Result<(), Ticking> {
    Err(Ticking)
}

#[monitored]
fn debug_text() -> Result<(), Unshown> {
    Err(Unshown)
}

#[test]
fn no_payload_takes_a_call_down() {
    let ((), seen) = capture(|| {
        assert_eq!((classified(), ok_if(), error_if()), (7, 7, 7));
        assert!(when().is_err());
        assert_eq!((labelled(), recorded(), with_parent()), (7, 7, 7));
        let _ = (shown(), value());
        assert!(error().is_err() && text().is_err() && debug_text().is_err());
    });
    let results: Vec<_> = seen
        .calls
        .iter()
        .map(|call| (call.function.as_str(), call.result))
        .collect();
    let expected = [
        ("classified", "ok"),
        ("ok_if", "ok"),
        ("error_if", "ok"),
        ("when", "error"),
        ("labelled", "ok"),
        ("recorded", "ok"),
        ("with_parent", "ok"),
        ("shown", "ok"),
        ("value", "ok"),
        ("error", "error"),
        ("text", "error"),
        ("debug_text", "error"),
    ];
    assert_eq!(results, expected);
}

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

mod caught {
    use std::any::Any;
    use std::panic::{catch_unwind, panic_any};
    use std::sync::Arc;
    use std::thread;

    use monitor_runtime::testkit::capture;
    use monitor_runtime::{Classify, monitored};

    #[monitored]
    fn boxed() -> Result<(), Box<dyn Any + Send>> {
        catch_unwind(|| panic!("no stock of {}", 7))
    }

    #[monitored]
    fn joined() -> thread::Result<()> {
        thread::spawn(|| panic!("disk full")).join()
    }

    #[monitored]
    fn local() -> Result<(), Box<dyn Any>> {
        Err(Box::new("local"))
    }

    #[monitored]
    fn shared() -> Result<(), Arc<dyn Any + Send + Sync>> {
        Err(Arc::new("shared".to_owned()))
    }

    #[monitored]
    fn wordless() -> thread::Result<()> {
        catch_unwind(|| panic_any(7))
    }

    #[monitored]
    fn inner() -> Result<thread::Result<()>, String> {
        Ok(catch_unwind(|| panic!("password=s3cr3t")))
    }

    #[derive(Debug, Classify)]
    enum Failed {
        #[monitor(transparent)]
        Panicked(Box<dyn Any + Send>),
    }

    #[monitored]
    fn derived() -> Result<(), Failed> {
        catch_unwind(|| panic!("held")).map_err(Failed::Panicked)
    }

    #[test]
    fn a_caught_panic_is_told_by_its_message() {
        let ((), seen) = capture(|| {
            let _ = (
                boxed(),
                joined(),
                local(),
                shared(),
                wordless(),
                inner(),
                derived(),
            );
        });
        let told = |name: &str| seen.call(name).error.clone().unwrap_or_default();
        assert_eq!(told("boxed"), "panicked: no stock of 7");
        assert_eq!(told("joined"), "panicked: disk full");
        assert_eq!(told("local"), "panicked: local");
        assert_eq!(told("shared"), "panicked: shared");
        assert_eq!(told("wordless"), "panicked: without a message");
        assert_eq!(told("inner"), "panicked: password=[redacted]");
        assert_eq!(told("derived"), "panicked: held");
    }
}

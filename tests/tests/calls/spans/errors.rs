//! Errors and values on a span, and how a formatter writes them.

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("the order is lost")]
struct Lost {
    source: std::io::Error,
}

fn lost() -> Lost {
    let source = std::io::Error::other("the disk is full");
    Lost { source }
}

#[derive(Debug)]
struct OnlyDebug;
struct Opaque;

macro_rules! errors {
    ($($name:ident($($argument:tt)*): $error:ty = $value:expr => $level:ident $text:expr;)*) => {
        $(#[monitored($($argument)*)]
        fn $name() -> Result<(), $error> {
            Err($value)
        })*

        #[test]
        fn an_error_is_logged_as_its_function_says() {
            log();
            $(
                assert!($name().is_err());
                let event = log().completion(stringify!($name));
                assert_eq!(event.level, Level::$level, "{event:#?}");
                assert_eq!(event.text("error"), $text, "{event:#?}");
                assert_eq!(event.text("result"), "error", "{event:#?}");
                let message = concat!(stringify!($name), " failed");
                assert_eq!(event.text("message"), message, "{event:#?}");
                let span = &log().spans(stringify!($name))[0];
                assert_eq!(span.fields["result"], "error", "{event:#?}");
            )*
        }
    };
}

const CHAIN: &str = "the order is lost: the disk is full";

errors! {
    chain(): Lost = lost() => ERROR CHAIN;
    boxed(): Box<dyn std::error::Error> = lost().into() => ERROR CHAIN;
    context(): anyhow::Error = anyhow::Error::new(lost()).context("checkout")
        => ERROR format!("checkout: {CHAIN}");
    text(): &'static str = "text" => ERROR "text";
    owned_text(): String = "text".to_owned() => ERROR "text";
    only_debug(): OnlyDebug = OnlyDebug => ERROR "OnlyDebug";
    in_debug(err(Debug)): OnlyDebug = OnlyDebug => ERROR "OnlyDebug";
    chain_in_debug(err(Debug)): Lost = lost() => ERROR format!("{:?}", lost());
    as_warning(err(level = "warn")): Lost = lost() => WARN CHAIN;
    in_debug_as_info(err(Debug, level = "info")): OnlyDebug = OnlyDebug => INFO "OnlyDebug";
    at_ordinary_level(err = false): Lost = lost() => INFO CHAIN;
    at_debug(err = false, level = "debug"): Lost = lost() => DEBUG CHAIN;
    in_spite_of_the_level(level = "trace"): Lost = lost() => ERROR CHAIN;
}

#[monitored]
fn opaque() -> Result<(), Opaque> {
    Err(Opaque)
}

#[test]
fn an_error_that_shows_nothing_is_known_by_its_type() {
    log();
    assert!(opaque().is_err());
    let event = log().completion("opaque");
    assert_eq!(event.level, Level::ERROR);
    let error = event.text("error");
    assert!(error.contains("Opaque"), "names the type: {error:?}");
}

#[monitored(skip_all, err)]
fn as_instrument_has_it(secret: &str) -> Result<usize, &'static str> {
    if secret.is_empty() {
        Err("empty")
    } else {
        Ok(secret.len())
    }
}

#[test]
fn habits_of_instrument_do_no_harm() {
    log();
    as_instrument_has_it("s3cret").expect("ok");
    let event = log().completion("as_instrument_has_it");
    let expected = json!({
        "message": "as_instrument_has_it ok", "function": "as_instrument_has_it", "result": "ok",
    });
    assert_eq!(without_duration(&event.fields), expected);
}

/// A value whose `Debug` has several lines.
struct Lines;

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one\n2026-01-01 ERROR two")
    }
}

#[derive(Debug)]
struct CreateTodo {
    #[expect(dead_code, reason = "only `Debug` reads it")]
    text: &'static str,
}

#[monitored(fields(again = ?input), args(input, lines))]
fn creates(input: CreateTodo, lines: Lines) {
    let _ = (input, lines);
}

/// Returns what a subscriber of `tracing-subscriber` writes.
fn written_by_fmt(calls: impl FnOnce()) -> String {
    let written = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(Arc::new(Sink(Arc::clone(&written))));
    tracing::subscriber::with_default(subscriber.finish(), calls);
    let written = written.lock().unwrap();
    String::from_utf8(written.clone()).expect("UTF-8")
}

struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for &Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(piece)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_debug_field_is_in_no_quotes() {
    let log = written_by_fmt(|| {
        declares(&Point { x: 3 }, Some(4), 5, "six");
        creates(CreateTodo { text: "milk" }, Lines);
    });
    for field in [
        "c=Some(4) ",
        "g=\"t\" ",
        "x=Point { x: 3 }",
        "input=CreateTodo { text: \"milk\" }",
        "again=CreateTodo { text: \"milk\" }",
        "lines=\"one\\n2026-01-01 ERROR two\"",
    ] {
        assert!(log.contains(field), "{field} in {log}");
    }
    assert_eq!(log.lines().count(), 2, "{log}");
}

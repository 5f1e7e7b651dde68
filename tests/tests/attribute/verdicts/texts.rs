//! The text of an error: no text twice, no backtrace, nothing of a response but its status.

use std::fmt;

use http::Response;
use monitor_runtime::monitored;
use monitor_runtime::testkit::capture;

use super::judged;

#[derive(Debug, thiserror::Error)]
#[error("load failed: {0}")]
struct Load(#[from] std::io::Error);

#[derive(Debug, thiserror::Error)]
#[error("outer: {0}")]
struct Outer(#[from] Load);

fn outer() -> Outer {
    Outer(Load(std::io::Error::other("disk full")))
}

#[monitored]
fn twice() -> Result<(), Outer> {
    Err(outer())
}

#[monitored]
fn with_context() -> anyhow::Result<()> {
    Err(anyhow::Error::new(outer()).context("at the start"))
}

#[test]
fn a_text_that_contains_its_source_is_told_once() {
    let (_, seen) = capture(twice);
    assert_eq!(
        judged(&seen, Some("")).as_deref(),
        Some("outer: load failed: disk full")
    );
    let values = &seen.captures[0].exception.values;
    let values: Vec<&str> = values
        .iter()
        .filter_map(|value| value.value.as_deref())
        .collect();
    assert_eq!(
        values,
        [
            "disk full",
            "load failed: disk full",
            "outer: load failed: disk full"
        ]
    );
    let (_, seen) = capture(|| with_context().is_err());
    let text = "at the start: outer: load failed: disk full";
    assert_eq!(judged(&seen, Some("")).as_deref(), Some(text));
}

/// Functions whose error points to one that holds its chain.
macro_rules! shared {
    ($($name:ident: $error:ty = $new:expr;)*) => {$(
        #[monitored]
        fn $name() -> Result<(), $error> {
            Err(<$error>::from($new))
        }
    )*};
}

type SendBox = Box<dyn std::error::Error + Send + Sync>;
type LocalBox = Box<dyn std::error::Error>;

shared! {
    arc_of_anyhow: std::sync::Arc<anyhow::Error> = anyhow::Error::new(outer()).context("at the start");
    rc_of_anyhow: std::rc::Rc<anyhow::Error> = anyhow::Error::new(outer()).context("at the start");
    box_of_anyhow: Box<anyhow::Error> = anyhow::Error::new(outer()).context("at the start");
    arc_of_a_box: std::sync::Arc<SendBox> = SendBox::from(anyhow::Error::new(outer()).context("at the start"));
    rc_of_a_box: std::rc::Rc<LocalBox> = LocalBox::from(anyhow::Error::new(outer()).context("at the start"));
}

#[test]
fn an_error_that_is_shared_shows_its_chain() {
    let functions = [
        || drop(arc_of_anyhow()),
        || drop(rc_of_anyhow()),
        || drop(box_of_anyhow()),
        || drop(arc_of_a_box()),
        || drop(rc_of_a_box()),
    ];
    for function in functions {
        let ((), seen) = capture(function);
        let text = "at the start: outer: load failed: disk full";
        assert_eq!(judged(&seen, Some("")).as_deref(), Some(text));
        assert_eq!(seen.captures[0].exception.values.len(), 4);
    }
}

/// Shows itself as anyhow's own `Debug` does where `RUST_BACKTRACE=1` is set.
struct Backtraced(&'static str);

impl fmt::Debug for Backtraced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n\nStack backtrace:\n{}",
            self.0,
            "   0: app::main\n".repeat(500)
        )
    }
}

#[derive(Debug)]
struct AppError(#[expect(dead_code, reason = "shown by `Debug`")] Backtraced);

#[monitored]
fn wrapped() -> Result<(), AppError> {
    Err(AppError(Backtraced("it failed!")))
}

struct Mute(#[expect(dead_code, reason = "it shows nothing of it")] anyhow::Error);

#[monitored]
fn mute() -> Result<(), Mute> {
    Err(Mute(anyhow::anyhow!("unseen")))
}

#[test]
fn a_backtrace_is_no_text() {
    let (_, seen) = capture(wrapped);
    assert_eq!(
        judged(&seen, Some("")).as_deref(),
        Some("AppError(it failed!)")
    );
    let value = seen.captures[0].exception.values[0].value.as_deref();
    assert_eq!(value, Some("AppError(it failed!)"));
}

#[test]
fn an_error_that_shows_nothing_is_warned_of_once() {
    let warnings = || {
        let (_, seen) = capture(|| mute().is_err());
        let text = seen.call("mute").error.clone().unwrap_or_default();
        assert!(text.ends_with("texts::Mute"), "{text}");
        let warnings = seen.log.into_iter();
        let warnings = warnings.filter(|event| event.message.contains("neither Debug nor Display"));
        warnings.collect::<Vec<_>>()
    };
    let first = warnings();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].level, tracing::Level::WARN);
    assert_eq!(first[0].field("function"), Some("mute"));
    assert!(
        first[0].message.contains("texts::Mute"),
        "{}",
        first[0].message
    );
    assert!(warnings().is_empty());
}

fn response() -> Response<&'static str> {
    let response = Response::builder().status(503);
    let response = response.header("set-cookie", "session=s3cr3t");
    let response = response.header("authorization", "Bearer s3cr3t");
    response.body("s3cr3t").expect("a response")
}

#[derive(Debug)]
enum Upstream {
    #[expect(dead_code, reason = "shown by `Debug`")]
    Answered(Response<&'static str>),
}

#[derive(Debug, thiserror::Error)]
#[error("upstream said {0:#?}")]
struct Said(Response<&'static str>);

#[monitored]
fn held() -> Result<(), Upstream> {
    Err(Upstream::Answered(response()))
}

#[monitored]
fn said() -> Result<(), Said> {
    Err(Said(response()))
}

#[monitored]
fn in_anyhow() -> anyhow::Result<()> {
    Err(anyhow::anyhow!("{:?}", response()).context("asked upstream"))
}

#[test]
fn a_response_in_an_error_shows_its_status() {
    for seen in [
        capture(|| held().is_err()).1,
        capture(|| said().is_err()).1,
        capture(|| in_anyhow().is_err()).1,
    ] {
        let text = judged(&seen, Some("")).expect("a text");
        assert!(text.contains("status: 503"), "{text}");
    }
}

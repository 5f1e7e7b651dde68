//! Verdicts on returned values: responses and statuses in every shape, a `Result` in an `Ok`,
//! and the texts of errors.
#![allow(
    clippy::needless_pass_by_value,
    clippy::result_large_err,
    clippy::type_complexity,
    clippy::unnecessary_box_returns,
    clippy::unused_async,
    reason = "frameworks let handlers return all of this"
)]

mod grpc;
mod nested;
mod payloads;
mod rejections;
mod shapes;
mod texts;

use monitor_runtime::testkit::Seen;
use tracing::Level;

/// Lines at `ERROR`, with the chain or without.
fn error_lines(seen: &Seen) -> usize {
    let lines = seen.log.iter();
    lines.filter(|event| event.level == Level::ERROR).count()
}

/// Asserts that the only call was ok, or an error of a class that made one line and one event; returns
/// the error's text.
fn judged(seen: &Seen, class: Option<&str>) -> Option<String> {
    let [call] = &seen.calls[..] else {
        panic!("one call, not {:?}", seen.calls);
    };
    let name = format!("{}::{}", call.module, call.function);
    let (result, told) = if class.is_some() {
        ("error", 1)
    } else {
        ("ok", 0)
    };
    assert_eq!(call.result, result, "{name}: {call:?}");
    assert_eq!(
        call.class.as_deref(),
        class.filter(|class| !class.is_empty()),
        "{name}"
    );
    assert_eq!(
        (error_lines(seen), seen.captures.len()),
        (told, told),
        "{name}: {seen:?}"
    );
    let shown = format!("{seen:?}");
    assert!(!shown.contains("s3cr3t"), "{name}: {shown}");
    call.error.clone()
}

//! The span of a call under a layer that is not the runtime's: entered once, with the line inside.

use std::fmt;

use monitor_runtime::monitored;
use monitor_tests::pieces::Pieces;
use serde_json::{Value, json};
use tracing::span::EnteredSpan;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

#[derive(Debug)]
struct Refused;
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}
impl std::error::Error for Refused {}

#[monitored]
fn checked(is_refused: bool) -> Result<(), Refused> {
    if is_refused { Err(Refused) } else { Ok(()) }
}

#[monitored]
async fn waits(is_refused: bool) -> Result<(), Refused> {
    tokio::task::yield_now().await;
    checked(is_refused)
}

#[monitored]
fn panics() {
    panic!("as it was told to");
}

#[monitored]
fn kept() -> EnteredSpan {
    tracing::info_span!("the caller's").entered()
}

/// Returns the lines of `tracing-subscriber`, with one for each step in the life of a span.
fn lines(calls: impl FnOnce()) -> Vec<Value> {
    let written = Pieces::default();
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .with_span_events(FmtSpan::FULL)
        .with_writer(written.clone());
    tracing::subscriber::with_default(registry().with(layer), calls);
    written.values()
}

/// Returns the messages of the lines of one span, innermost.
fn of(lines: &[Value], span: &str) -> Vec<String> {
    let of_span = lines.iter().filter(|line| line["span"]["name"] == span);
    let message = |line: &Value| line["fields"]["message"].as_str().map(str::to_owned);
    of_span.filter_map(message).collect()
}

fn run(future: impl Future<Output = Result<(), Refused>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let _ = runtime.expect("a runtime").block_on(future);
}

#[test]
fn the_line_of_a_call_is_inside_its_span_which_is_entered_once() {
    for (is_refused, end) in [(false, "ok"), (true, "failed")] {
        let lines = lines(|| _ = checked(is_refused));
        let said = format!("checked {end}");
        assert_eq!(
            of(&lines, "checked"),
            ["new", "enter", &said, "exit", "close"]
        );
    }
    let lines = lines(|| _ = std::panic::catch_unwind(panics));
    assert_eq!(
        of(&lines, "panics"),
        ["new", "enter", "panics panicked", "exit", "close"]
    );
}

#[test]
fn the_span_of_an_async_call_is_entered_once_for_each_poll() {
    for (is_refused, end) in [(false, "ok"), (true, "failed")] {
        let lines = lines(|| run(waits(is_refused)));
        let said = format!("waits {end}");
        let expected = ["new", "enter", "exit", "enter", &said, "exit", "close"];
        assert_eq!(of(&lines, "waits"), expected);
    }
}

#[test]
fn the_line_of_a_cancelled_call_is_inside_its_span() {
    let lines = lines(|| {
        let mut waits = Box::pin(waits(false));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
    });
    assert_eq!(
        of(&lines, "waits"),
        [
            "new",
            "enter",
            "exit",
            "enter",
            "waits cancelled",
            "exit",
            "close"
        ]
    );
}

#[test]
fn the_line_of_a_call_that_returns_an_entered_span_is_inside_its_own() {
    let lines = lines(|| drop(kept()));
    let line = lines
        .iter()
        .find(|line| line["fields"]["message"] == "kept ok");
    let line = line.expect("a line");
    assert_eq!(line["span"], json!({ "name": "kept" }));
    assert_eq!(line["spans"], json!([{ "name": "kept" }]));
}

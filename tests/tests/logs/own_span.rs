//! The span of a call under a layer that is not the runtime's, and the line inside it.

mod panicking;

use std::fmt;
use std::pin::Pin;

use monitor_runtime::monitored;
use monitor_tests::pieces::Pieces;
use serde_json::{Value, json};
use tracing::span::EnteredSpan;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

/// The target of the calls.
const TARGET: &str = module_path!();
/// The line of a value while it is shown.
const SHOWN: &str = "while it is shown";

#[derive(Debug)]
struct Refused;
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::info!("{SHOWN}");
        f.write_str("refused")
    }
}

/// A value that logs while it is shown.
struct Talks;
impl fmt::Debug for Talks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::info!("{SHOWN}");
        f.write_str("talks")
    }
}

#[monitored(ret)]
fn shown() -> Talks {
    Talks
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
fn waits_in_a_box() -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(tokio::task::yield_now())
}

#[monitored(latency = false)]
fn untimed() {}

#[monitored(slow = "1ns")]
fn long() {}

#[monitored(log = false)]
fn without_a_line() {}

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

/// Returns the messages of the lines whose innermost span it is, but of those that a value writes.
fn of(lines: &[Value], span: &str) -> Vec<String> {
    // Not those of the runtime either, which warns of a slow poll, say.
    let own = lines.iter().filter(|line| line["target"] == TARGET);
    let of_span = own.filter(|line| line["span"]["name"] == span);
    let messages = of_span.filter_map(|line| line["fields"]["message"].as_str());
    let steps = messages.filter(|message| *message != SHOWN);
    steps.map(str::to_owned).collect()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn the_line_of_a_call_is_written_before_its_span_is_left() {
    let written = lines(|| _ = checked(false));
    let expected = ["new", "enter", "checked ok", "exit", "close"];
    assert_eq!(of(&written, "checked"), expected);
    let written = lines(|| run(waits(false)).expect("ok"));
    let expected = ["new", "enter", "exit", "enter", "waits ok", "exit", "close"];
    assert_eq!(of(&written, "waits"), expected);
    let written = lines(|| run(waits_in_a_box()));
    let line = "waits_in_a_box ok";
    let expected = ["new", "enter", "exit", "enter", line, "exit", "close"];
    assert_eq!(of(&written, "waits_in_a_box"), expected);
    for (call, name, line) in [
        (untimed as fn(), "untimed", "untimed ok"),
        (long, "long", "long slow"),
    ] {
        let expected = ["new", "enter", line, "exit", "close"];
        assert_eq!(of(&lines(call), name), expected);
    }
    let written = lines(without_a_line);
    assert_eq!(
        of(&written, "without_a_line"),
        ["new", "enter", "exit", "close"]
    );
    let written = lines(|| _ = std::panic::catch_unwind(panics));
    let expected = ["new", "enter", "panics panicked", "exit", "close"];
    assert_eq!(of(&written, "panics"), expected);
}

#[test]
fn the_line_of_an_error_is_inside_the_span() {
    let ends = |line| ["enter", "exit", "enter", line, "exit", "close"];
    let written = lines(|| _ = checked(true));
    assert_eq!(of(&written, "checked")[1..], ends("checked failed"));
    let written = lines(|| _ = run(waits(true)));
    assert_eq!(of(&written, "waits")[3..], ends("waits failed"));
}

#[test]
fn values_are_shown_outside_of_the_span() {
    for written in [lines(|| _ = checked(true)), lines(|| _ = shown())] {
        let told = written.iter();
        let mut told = told.filter(|line| line["fields"]["message"] == SHOWN);
        assert!(told.clone().count() > 0, "{written:?}");
        assert!(told.all(|line| line["spans"].is_null()), "{written:?}");
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

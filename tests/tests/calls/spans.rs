//! The span of a call, its declared fields, and the one event that says how it ended.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use monitor_runtime::monitored;
use monitor_tests::{Event, log, pause, run, scrape};
use serde_json::{Value, json};
use tracing::Level;

/// The fields, without how long it took.
fn without_duration(fields: &serde_json::Map<String, Value>) -> Value {
    let mut fields = fields.clone();
    let took = fields.remove("duration_ms").and_then(|took| took.as_f64());
    let took = took.expect("duration_ms is a number");
    assert!((0.0..60_000.0).contains(&took), "{took} ms");
    fields.into()
}

#[monitored]
fn works() {
    tracing::debug!(inside = "works", "working");
}

#[test]
fn a_call_is_a_span_and_an_event() {
    log();
    works();
    let spans = log().spans("works");
    assert_eq!(spans.len(), 1, "{spans:#?}");
    let span = &spans[0];
    assert_eq!(
        (span.target.as_str(), span.level),
        ("calls::spans", Level::INFO)
    );
    assert!(span.closed, "it ended with the call");
    assert_eq!(
        Value::from(span.fields.clone()),
        json!({}),
        "its end says it"
    );
    let event = log().completion("works");
    assert_eq!(
        (event.target.as_str(), event.level),
        ("calls::spans", Level::INFO)
    );
    assert_eq!(event.spans, ["works"], "written inside the span");
    assert_eq!(
        without_duration(&event.fields),
        json!({ "message": "works ok", "function": "works", "result": "ok" }),
    );
    let inside = log().events(|event| event.text("inside") == "works");
    assert_eq!(inside[0].spans, ["works"], "what the body writes is inside");
}

#[monitored(slow = "1ms")]
fn dawdles() {
    std::thread::sleep(std::time::Duration::from_millis(3));
}

#[test]
fn the_span_of_a_slow_call_says_how_long_it_took() {
    log();
    dawdles();
    let span = &log().spans("dawdles")[0];
    assert_eq!(without_duration(&span.fields), json!({ "result": "ok" }));
}

/// Defines functions that have not been called yet.
macro_rules! fresh {
    ($($name:ident)*) => {
        $(
            #[monitored(name = "fresh")]
            fn $name() {}
        )*
        const FRESH: &[fn()] = &[$($name),*];
    };
}

fresh! { f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 }

#[test]
fn first_calls_that_race_are_all_written() {
    const THREADS: usize = 8;
    log();
    let together = std::sync::Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for function in FRESH {
                    together.wait();
                    function();
                }
            });
        }
    });
    let written = log()
        .events(|event| event.text("function") == "fresh")
        .len();
    assert_eq!(written, THREADS * FRESH.len());
}

#[monitored]
async fn parent() {
    pause().await;
    child().await;
}

#[monitored]
async fn child() {
    pause().await;
    grandchild();
}

#[monitored]
fn grandchild() {}

#[test]
fn spans_are_nested_as_calls_are() {
    log();
    run(parent());
    let parent_of = |name: &str| log().spans(name)[0].parent.clone();
    assert_eq!(parent_of("grandchild").as_deref(), Some("child"));
    assert_eq!(parent_of("child").as_deref(), Some("parent"));
    assert_eq!(parent_of("parent"), None);
    let event = log().completion("grandchild");
    assert_eq!(event.spans, ["grandchild", "child", "parent"]);
}

#[derive(Debug)]
struct Point {
    x: i32,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.x)
    }
}

#[monitored(fields(a = 1, b = %x, c = ?y, d, e.f = text.len(), g = "t", h = true, i = 0.5), args(x, y))]
fn declares(x: &Point, y: Option<u8>, d: u64, text: &str) {
    let _ = (x, y, d, text);
}

#[monitored(fields(a = 1, b = %x, c = ?y, d, e.f = text.len(), g = "t", h = true, i = 0.5), args(x, y))]
async fn declares_async(x: Point, y: Option<u8>, d: u64, text: String) {
    pause().await;
    drop((x, y, d, text));
}

#[test]
fn declared_fields_are_on_span_and_event() {
    log();
    declares(&Point { x: 3 }, Some(4), 5, "six");
    run(declares_async(Point { x: 3 }, Some(4), 5, "six".to_owned()));
    for function in ["declares", "declares_async"] {
        let mut expected = json!({
            "a": 1, "b": "at 3", "c": "Some(4)", "d": 5, "e.f": 3,
            "g": "t", "h": true, "i": 0.5, "x": "Point { x: 3 }", "y": 4,
        });
        let span = &log().spans(function)[0];
        assert_eq!(Value::from(span.fields.clone()), expected, "{function}");
        expected["result"] = json!("ok");
        expected["message"] = json!(format!("{function} ok"));
        expected["function"] = json!(function);
        let event = log().completion(function);
        assert_eq!(without_duration(&event.fields), expected, "{function}");
    }
}

#[monitored(args(id, name, maybe, not))]
fn takes(id: u64, name: &str, maybe: Option<u64>, not: Option<u64>, secret: &str) {
    let _ = (id, name, maybe, not, secret);
}

#[test]
fn only_listed_arguments_are_recorded() {
    log();
    takes(1, "n", Some(2), None, "secret");
    let event = log().completion("takes");
    let expected = json!({
        "message": "takes ok", "function": "takes", "result": "ok",
        "id": 1, "name": "n", "maybe": 2,
    });
    assert_eq!(without_duration(&event.fields), expected);
}

struct Account {
    id: u64,
}

impl Account {
    #[monitored(fields(self.id, total = self.id * 2))]
    async fn close(self) -> u64 {
        pause().await;
        self.id
    }
}

#[test]
fn fields_may_speak_of_self() {
    log();
    assert_eq!(run(Account { id: 8 }.close()), 8);
    let event = log().completion("Account::close");
    assert_eq!(event.fields["self.id"], 8);
    assert_eq!(event.fields["total"], 16);
}

#[monitored(fields(a = 1, b = { assert!(fail, "fine"); 2 }, c = 3))]
fn broken_field(fail: bool) -> u8 {
    u8::from(fail)
}

struct PanicsInDisplay;

impl fmt::Display for PanicsInDisplay {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("Display is broken")
    }
}

#[monitored(fields(a = 1, b = %value, c = 3))]
async fn broken_display(value: &PanicsInDisplay) -> u8 {
    pause().await;
    1
}

#[test]
fn a_field_that_panics_takes_no_call_down() {
    log();
    assert_eq!(broken_field(false), 0);
    assert_eq!(run(broken_display(&PanicsInDisplay)), 1);
    let page = scrape();
    for function in ["broken_field", "broken_display"] {
        let counts = page.counts(function);
        assert_eq!(counts, monitor_tests::Counts::oks(1), "{function}");
        let event = log().completion(function);
        assert_eq!(event.level, Level::INFO, "{function}");
        assert_eq!(event.fields["a"], 1, "{function} keeps the one before");
    }
    let event = log().completion("broken_display");
    assert_eq!(event.fields["c"], 3, "and the one after a broken Display");
}

#[monitored(level = "debug")]
fn quiet_one(fail: bool) -> Result<(), &'static str> {
    if fail { Err("not quiet") } else { Ok(()) }
}

#[monitored(level = tracing::Level::WARN)]
fn loud_one() {}

#[monitored(level = 1)]
fn traced_one() {}

#[test]
fn level_is_that_of_span_and_event() {
    log();
    quiet_one(false).expect("ok");
    quiet_one(true).expect_err("an error");
    loud_one();
    traced_one();
    let levels: Vec<_> = levels(&log().completions("quiet_one"));
    assert_eq!(levels, [Level::DEBUG, Level::ERROR], "an error is one");
    assert_eq!(log().spans("quiet_one")[0].level, Level::DEBUG);
    assert_eq!(log().completion("loud_one").level, Level::WARN);
    assert_eq!(log().spans("loud_one")[0].level, Level::WARN);
    assert_eq!(log().completion("traced_one").level, Level::TRACE);
}

fn levels(events: &[Event]) -> Vec<Level> {
    events.iter().map(|event| event.level).collect()
}

mod quiet {
    use super::monitored;

    #[monitored(level = "debug", fields(order = 12))]
    pub(crate) fn below(fail: bool) -> Result<(), &'static str> {
        if fail { Err("it shows") } else { Ok(()) }
    }
}

#[test]
fn a_call_below_the_level_shows_only_its_error() {
    log();
    quiet::below(false).expect("ok");
    assert!(
        log().completions("below").is_empty(),
        "ok is below the level"
    );
    quiet::below(true).expect_err("an error");
    let event = log().completion("below");
    assert_eq!(event.level, Level::ERROR);
    assert_eq!(event.text("error"), "it shows");
    assert_eq!(event.fields["order"], 12, "with its fields");
    assert!(
        log().spans("below").is_empty(),
        "its span is below the level"
    );
    assert_eq!(scrape().calls("below", "ok"), 1, "counted all the same");
}

mod errors;

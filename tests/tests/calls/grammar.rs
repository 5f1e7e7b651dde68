//! Tests the effect of each argument of the attribute.

use std::time::Duration;

use monitor_runtime::{Class, monitored};
use monitor_tests::{Event, log, pause, run, scrape};
use serde_json::{Value, json};
use tracing::{Level, Span};

/// Returns the completion events of a function.
fn ends(function: &str) -> Vec<Event> {
    log().events(|event| event.text("function") == function)
}

/// Returns the values of `function_calls_total`, by result and class.
fn counted(function: &str) -> Vec<(String, f64)> {
    let page = scrape();
    let labels = [("function", function)];
    let found = page.find("function_calls_total", &labels);
    let name = |labels: &monitor_tests::Labels| match labels.get("error") {
        Some(class) => class.clone(),
        None => labels["result"].clone(),
    };
    found
        .map(|sample| (name(&sample.labels), sample.value))
        // Every other result and class is there at 0.
        .filter(|(name, value)| *value > 0.0 || ["ok", "error"].contains(&&**name))
        .collect()
}

macro_rules! assert_counted {
    ($function:literal, [$(($name:literal, $count:literal)),*]) => {
        let expected: Vec<(String, f64)> = vec![$(($name.into(), $count.into())),*];
        assert_eq!(counted($function), expected, $function);
    };
}

const TARGET: &str = "shop::constant";

#[monitored(target = "shop::text")]
fn with_text() {}

#[monitored(target = TARGET)]
fn with_constant() {}

#[test]
fn a_target_is_that_of_span_and_event() {
    log();
    with_text();
    with_constant();
    for (function, target) in [("with_text", "shop::text"), ("with_constant", TARGET)] {
        assert_eq!(ends(function)[0].target, target);
        assert_eq!(log().spans(function)[0].target, target);
    }
}

#[monitored(parent = parent, follows_from = [parent.id(), None])]
fn child_of(parent: &Span) {}

#[monitored(parent = &parent.clone(), follows_from = [&Span::current(), &parent.clone()])]
fn child_of_a_clone(parent: &Span) {}

#[monitored(parent = None)]
async fn root() {
    pause().await;
}

#[monitored(follows_from = causes)]
fn effect(causes: Vec<Span>) -> usize {
    2
}

#[monitored(parent = panics())]
fn without_parent() -> u8 {
    7
}

fn panics() -> Option<tracing::span::Id> {
    panic!("in an expression")
}

#[test]
fn a_parent_is_where_the_span_belongs() {
    log();
    let (outer, other) = (tracing::info_span!("outer"), tracing::info_span!("other"));
    outer.in_scope(|| {
        child_of(&other);
        child_of_a_clone(&other);
        run(root());
        assert_eq!(effect(vec![other.clone(), outer.clone()]), 2);
        assert_eq!(without_parent(), 7);
    });
    let parent = |name: &str| log().spans(name)[0].parent.clone();
    assert_eq!(parent("child_of").as_deref(), Some("other"));
    assert_eq!(parent("child_of_a_clone").as_deref(), Some("other"));
    assert_eq!(parent("root"), None);
    assert_eq!(parent("effect").as_deref(), Some("outer"));
    assert_eq!(parent("without_parent").as_deref(), Some("outer"));
}

#[monitored(ret)]
fn shown() -> Vec<u8> {
    vec![1, 2]
}

#[monitored(ret(Display, level = "debug"))]
async fn shown_by_display(fail: bool) -> Result<u8, &'static str> {
    if fail { Err("no") } else { Ok(3) }
}

struct Costly;

impl std::fmt::Debug for Costly {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("formatted, and nobody reads it")
    }
}

#[monitored(ret, target = "logs::quiet", level = "debug")]
fn unread() -> Costly {
    Costly
}

#[test]
fn a_returned_value_is_shown_when_asked() {
    log();
    shown();
    assert_eq!(ends("shown")[0].fields["return"], json!("[1, 2]"));
    let _ = (run(shown_by_display(false)), run(shown_by_display(true)));
    let ends = ends("shown_by_display");
    assert_eq!(
        (&ends[0].fields["return"], ends[0].level),
        (&json!("3"), Level::DEBUG)
    );
    assert_eq!(
        (ends[1].fields.get("return"), ends[1].level),
        (None, Level::ERROR)
    );
    std::panic::set_hook(Box::new(|_| panic!("nothing may panic here")));
    unread();
    let _ = std::panic::take_hook();
}

#[monitored(ok_if = Option::is_some)]
fn found(value: Option<u8>) -> Option<u8> {
    value
}

#[monitored(error_if = |value| *value > 3)]
async fn at_most_three(value: u8) -> u8 {
    value
}

#[monitored(ok_if = |_| true)]
fn always_ok(result: Result<u8, String>) -> Result<u8, String> {
    result
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "a rule is given a reference"
)]
fn class_of(value: &u8) -> Class {
    match value {
        0 => Class::Ok,
        1 => Class::Expected("one"),
        _ => Class::Error("many"),
    }
}

#[monitored(classify = class_of)]
fn classified(value: u8) -> u8 {
    value
}

#[monitored(classify = |value: &u8| (*value > 0).then_some("some"))]
fn classified_by_option(value: u8) -> u8 {
    value
}

#[test]
fn a_rule_decides() {
    log();
    let _ = (found(Some(1)), found(None), found(None));
    assert_counted!("found", [("ok", 1), ("error", 2)]);
    (1..6).for_each(|value| drop(run(at_most_three(value)).to_string()));
    assert_counted!("at_most_three", [("ok", 3), ("error", 2)]);
    let _ = (always_ok(Ok(1)), always_ok(Err("no".into())));
    assert_counted!("always_ok", [("ok", 2), ("error", 0)]);
    let _ = (
        classified(0),
        classified(1),
        classified(2),
        classified_by_option(9),
    );
    assert_counted!(
        "classified",
        [("ok", 1), ("error", 0), ("many", 1), ("one", 1)]
    );
    assert_counted!(
        "classified_by_option",
        [("ok", 0), ("error", 0), ("some", 1)]
    );
    let levels: Vec<_> = ends("classified").iter().map(|event| event.level).collect();
    assert_eq!(levels, [Level::INFO, Level::INFO, Level::ERROR]);
}

#[monitored(metrics = false)]
fn uncounted() {}

#[monitored(latency = false)]
fn untimed(fail: bool) -> Result<(), String> {
    if fail { Err("no".into()) } else { Ok(()) }
}

#[monitored(span = false)]
fn without_span() {}

#[monitored(log = false)]
fn without_line() -> Result<(), String> {
    Err("unseen".into())
}

#[test]
fn a_signal_can_be_left_out() {
    log();
    uncounted();
    let page = scrape();
    assert!(
        page.samples
            .iter()
            .all(|sample| sample.labels.get("function") != Some(&"uncounted".into()))
    );
    assert_eq!(ends("uncounted").len(), 1);

    let _ = (untimed(false), untimed(true));
    assert_counted!("untimed", [("ok", 1), ("error", 1)]);
    let page = scrape();
    let timed = page.samples.iter().find(|sample| {
        sample.name.contains("duration") && sample.labels.get("function") == Some(&"untimed".into())
    });
    assert!(timed.is_none(), "{timed:?}");
    assert!(
        ends("untimed")
            .iter()
            .all(|event| event.fields.get("duration_ms").is_none())
    );

    without_span();
    assert!(log().spans("without_span").is_empty());
    assert_eq!(ends("without_span").len(), 1);

    let _ = without_line();
    assert!(ends("without_line").is_empty());
    assert_eq!(log().spans("without_line").len(), 1);
}

#[monitored(slow = "20ms", level = "debug")]
async fn maybe_slow(pause: Duration) {
    std::thread::sleep(pause);
}

#[test]
fn a_slow_call_is_a_warning_with_its_threshold() {
    log();
    run(maybe_slow(Duration::ZERO));
    run(maybe_slow(Duration::from_millis(25)));
    let ends = ends("maybe_slow");
    let told = |event: &Event| (event.level, event.fields.get("threshold_ms").cloned());
    assert_eq!(told(&ends[0]), (Level::DEBUG, None));
    assert_eq!(told(&ends[1]), (Level::WARN, Some(json!(20.0))));
    assert_eq!(ends[1].fields["message"], Value::from("maybe_slow slow"));
}

#[monitored(buckets = [0.01, 2, 3.5])]
fn own_buckets(pause: Duration) {
    std::thread::sleep(pause);
}

#[monitored(buckets = fast)]
fn fast_buckets() {}

#[monitored(buckets = slow)]
fn slow_buckets() {}

#[test]
fn a_function_can_have_buckets_of_its_own() {
    log();
    own_buckets(Duration::ZERO);
    own_buckets(Duration::from_millis(12));
    fast_buckets();
    slow_buckets();
    let page = scrape();
    let buckets = |function: &str| -> Vec<(String, f64)> {
        let labels = [("function", function)];
        let found = page.find("function_calls_duration_seconds_bucket", &labels);
        found
            .map(|sample| (sample.labels["le"].clone(), sample.value))
            .collect()
    };
    let expected = [("0.01", 1.0), ("2.0", 2.0), ("3.5", 2.0), ("+Inf", 2.0)];
    assert_eq!(
        buckets("own_buckets"),
        expected.map(|(le, count)| (le.to_owned(), count))
    );
    assert_eq!(
        (
            buckets("fast_buckets").len(),
            &*buckets("fast_buckets")[0].0
        ),
        (17, "1e-06")
    );
    assert_eq!(
        (
            buckets("slow_buckets").len(),
            &*buckets("slow_buckets")[12].0
        ),
        (14, "600.0")
    );
}

struct Block;

#[monitored(ret, level = "debug", buckets = slow, ok_if = |value| *value > 1)]
impl Block {
    #[monitored(ret = false, latency = false, error_if = |value| *value > 1)]
    fn overrides(value: u8) -> u8 {
        value
    }

    fn inherits(value: u8) -> u8 {
        value
    }
}

#[test]
fn a_method_overrides_its_block() {
    log();
    let _ = (Block::overrides(2), Block::inherits(2));
    assert_counted!("Block::overrides", [("ok", 0), ("error", 1)]);
    assert_counted!("Block::inherits", [("ok", 1), ("error", 0)]);
    assert_eq!(ends("Block::inherits")[0].fields["return"], json!("2"));
}

#[monitored(
    track_concurrency, latency = true, span = true, log = true, metrics = true, skip_all,
    sentry(level = "info"), buckets = default, slow = "1h", ret, fields(id), name = "all of them",
)]
fn all(id: u8) -> u8 {
    id
}

#[test]
fn arguments_stand_in_any_order() {
    log();
    all(3);
    assert_eq!(ends("all of them")[0].fields["id"], json!(3));
}

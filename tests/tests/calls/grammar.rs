//! Tests the effect of each argument of the attribute.

use std::time::Duration;

use monitor_runtime::{Class, monitored};
use monitor_tests::{Event, alone, log, pause, run, scrape};
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
        panic!("formatted, and not read")
    }
}

#[monitored(ret, target = "calls::spans::quiet", level = "debug")]
fn unread() -> Costly {
    Costly
}

#[test]
fn a_returned_value_is_shown_when_asked() {
    alone!();
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

mod signals;

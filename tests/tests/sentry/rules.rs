//! `sentry(..)`: which errors become events, and what the events say.

use monitor_runtime::{Classify, monitored};
use monitor_tests::alone;
use monitor_tests::process::{Sentry, wait_for};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, thiserror::Error, Classify)]
enum Failure {
    #[error("loud {0}")]
    Loud(&'static str),
    #[error("expected {0}")]
    #[monitor(expected)]
    Expected(&'static str),
}

#[monitored]
fn ordinary(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

#[monitored(fields(id), sentry(
    level = "warning",
    tags(plan = %plan.to_uppercase(), id),
    fingerprint = ["{{ default }}", plan, id + 1],
))]
fn dressed(failure: Failure, plan: &str, id: u64) -> Result<(), Failure> {
    Err(failure)
}

#[monitored(sentry(when = |result: &Result<(), Failure>| matches!(result, Err(Failure::Loud("yes")))))]
async fn picky(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

#[monitored(sentry(throttle = "2/h"))]
fn throttled(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

#[monitored(sentry(always))]
fn watched(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

/// An error that no event was made of, and one that is an event already.
#[monitored(sentry(always))]
fn watches(failure: Failure) -> Result<(), Failure> {
    silent(failure)
}

#[monitored(sentry(always))]
fn watches_watched(failure: Failure) -> Result<(), Failure> {
    watched(failure)
}

#[monitored(sentry(always, when = |result: &Result<(), Failure>| matches!(result, Err(Failure::Expected("yes")))))]
fn watches_some(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

#[monitored(sentry(throttle = false))]
fn unthrottled(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

#[monitored(sentry = false)]
fn silent(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

fn text(event: &Value) -> &str {
    event["exception"]["values"][0]["value"]
        .as_str()
        .unwrap_or_default()
}

#[test]
fn an_event_per_error_that_is_to_be_one() {
    alone!();
    let sentry = Sentry::start();
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .log_filter("off")
        .sentry_dsn(sentry.dsn())
        .start_blocking()
        .expect("the runtime starts");
    let _ = ordinary(Failure::Loud("ordinary"));
    let _ = ordinary(Failure::Expected("ordinary"));
    let _ = dressed(Failure::Loud("dressed"), "gold", 6);
    let _ = monitor_tests::run(picky(Failure::Loud("yes")));
    let _ = monitor_tests::run(picky(Failure::Loud("no")));
    for name in ["first", "second", "third", "fourth"] {
        let _ = throttled(Failure::Loud(name));
    }
    let _ = silent(Failure::Loud("silent"));
    let _ = watched(Failure::Expected("watched"));
    let _ = watches(Failure::Expected("passed on"));
    let _ = watches(Failure::Loud("kept"));
    let _ = watches_watched(Failure::Expected("once"));
    let _ = watches_some(Failure::Expected("yes"));
    let _ = watches_some(Failure::Expected("no"));
    for _ in 0..15 {
        let _ = unthrottled(Failure::Loud("every"));
    }

    let expected = [
        "loud ordinary",
        "loud dressed",
        "loud yes",
        "loud first",
        "loud second",
        "expected watched",
        "expected passed on",
        "loud kept",
        "expected once",
        "expected yes",
    ];
    let expected = [&expected[..], &["loud every"; 15]].concat();
    wait_for("the events", || {
        (sentry.events().len() >= expected.len()).then_some(())
    });
    // The last event says how many were suppressed.
    monitor.shutdown_blocking();
    wait_for("the summary", || {
        (sentry.events().len() > expected.len()).then_some(())
    });
    let (events, summaries): (Vec<Value>, Vec<Value>) = sentry
        .events()
        .into_iter()
        .partition(|event| event["message"].is_null());
    let texts: Vec<_> = events.iter().map(text).collect();
    assert_eq!(texts, expected);
    assert_eq!(summaries.len(), 1, "{summaries:#?}");
    assert_eq!(summaries[0]["contexts"]["throttle"]["suppressed"], 2);
    assert_eq!(summaries[0]["tags"]["function"], "throttled");
    assert_eq!(events[0]["tags"]["error_class"], "Loud");
    // An error is the level Sentry assumes.
    assert!(events[0].get("level").is_none_or(|level| level == "error"));
    let dressed = &events[1];
    assert_eq!(dressed["level"], "warning");
    assert_eq!(dressed["tags"]["plan"], "GOLD");
    assert_eq!(dressed["tags"]["id"], "6");
    assert_eq!(dressed["contexts"]["fields"]["id"], 6);
    assert!(dressed["contexts"]["fields"].get("plan").is_none());
    assert_eq!(
        dressed["fingerprint"],
        json!(["{{ default }}", "gold", "7"])
    );
}

//! A storm of errors is a handful of events, costs next to nothing, and is counted.

use std::time::{Duration, Instant};

use monitor_runtime::{Classify, monitored};
use monitor_tests::process::Sentry;
use monitor_tests::{Page, alone, poll};
use serde_json::Value;

#[derive(Debug, Clone, Copy, thiserror::Error, Classify)]
enum Failure {
    #[error("the database is down")]
    Database,
    #[error("the cache is down")]
    Cache,
}

#[monitored]
fn storms(failure: Failure) -> Result<(), Failure> {
    Err(failure)
}

#[monitored(sentry(throttle = "2/h"))]
async fn storms_slowly(number: u64) -> Result<(), String> {
    Err(format!("number {number}"))
}

#[monitored]
fn panics() {
    panic!("again and again")
}

/// The events of a function, apart from their summaries.
fn events_of<'a>(all: &'a [Value], function: &str) -> (Vec<&'a Value>, Vec<&'a Value>) {
    all.iter()
        .filter(|event| event["tags"]["function"] == function)
        .partition(|event| event["tags"].get("suppressed").is_none())
}

#[test]
fn a_storm_is_a_handful_of_events_and_a_summary() {
    alone!();
    let sentry = Sentry::start();
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off")
        .sentry_dsn(sentry.dsn())
        .start_blocking()
        .expect("the runtime starts");
    let began = Instant::now();
    for _ in 0..1000 {
        let _ = storms(Failure::Database);
    }
    for _ in 0..30 {
        let _ = storms(Failure::Cache);
    }
    for number in 0..100 {
        let mut future = Box::pin(storms_slowly(number));
        assert!(poll(future.as_mut()).is_ready());
    }
    for _ in 0..50 {
        std::panic::catch_unwind(panics).expect_err("it panics");
    }
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "no token came back"
    );
    let addr = monitor.addr().expect("it listens");
    let flush = || {
        sentry::Hub::main()
            .client()
            .map(|client| client.flush(Some(Duration::from_secs(20))))
    };
    flush();
    let (_, page) = monitor_tests::process::get(addr, "/metrics");
    monitor.shutdown_blocking();

    let all = sentry.events();
    let suppressed = |event: &Value| {
        let of = event["contexts"]["throttle"]["suppressed"].as_u64();
        (event["tags"]["error_class"].clone(), of)
    };
    let (events, summaries) = events_of(&all, "storms");
    assert_eq!(events.len(), 20, "ten of each class");
    let summaries: Vec<_> = summaries.into_iter().map(suppressed).collect();
    let expected = [("Database".into(), Some(990)), ("Cache".into(), Some(20))];
    assert_eq!(summaries, expected);
    let (events, summaries) = events_of(&all, "storms_slowly");
    assert_eq!(events.len(), 2);
    assert_eq!(summaries.len(), 1);
    assert_eq!(suppressed(summaries[0]), (Value::Null, Some(98)));
    let (events, summaries) = events_of(&all, "panics");
    assert_eq!(events.len(), 10);
    assert_eq!(suppressed(summaries[0]), (Value::Null, Some(40)));

    let page = Page::parse(&page);
    let count = |result: &str| {
        let labels = [("result", result)];
        let mut found = page.find("monitor_captures_total", &labels);
        found.next().map(|sample| sample.value)
    };
    assert_eq!(count("sent"), Some(32.0));
    assert_eq!(count("suppressed"), Some(990.0 + 20.0 + 98.0 + 40.0));
    assert_eq!(count("dropped"), Some(0.0));
}

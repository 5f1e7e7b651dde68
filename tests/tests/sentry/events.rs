//! One event per failure, and what it says: the path, the chain, the breadcrumbs, the trace.

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use monitor_runtime::{Classify, Monitor, monitored};
use monitor_tests::process::{Sentry, wait_for};
use monitor_tests::{alone, pause, run};
use sentry::Breadcrumb;
use serde_json::{Value, json};

/// The runtime of these tests, and the Sentry it sends to.
fn sentry() -> &'static Sentry {
    static STARTED: OnceLock<(Sentry, Monitor)> = OnceLock::new();
    let start = || {
        let sentry = Sentry::start();
        let monitor = monitor_runtime::builder!()
            .addr("off")
            .service_name("events")
            .sentry_dsn(sentry.dsn())
            .environment("testing")
            .release("events@1.2.3")
            .start_blocking();
        (sentry, monitor.expect("the runtime starts"))
    };
    &STARTED.get_or_init(start).0
}

/// Every event so far whose outermost function is one of these.
fn events_of(outermost: &[&str]) -> Vec<Value> {
    let client = sentry::Hub::main().client().expect("a client is bound");
    assert!(client.flush(Some(Duration::from_secs(20))), "all is sent");
    let events = sentry().events().into_iter();
    let ours = |event: &Value| {
        let transaction = event["transaction"].as_str().unwrap_or_default();
        outermost.contains(&transaction)
    };
    let mut events: Vec<Value> = events.filter(ours).collect();
    // As they came about: one whose making takes long may arrive behind the next.
    events.sort_by_key(|event| event["timestamp"].to_string());
    events
}

#[track_caller]
fn one(outermost: &str) -> Value {
    let mut events = events_of(&[outermost]);
    assert_eq!(events.len(), 1, "one event of {outermost}: {events:#?}");
    events.remove(0)
}

fn texts(event: &Value) -> Vec<&str> {
    let values = event["exception"]["values"].as_array();
    let values = values.into_iter().flatten();
    values.filter_map(|value| value["value"].as_str()).collect()
}

fn breadcrumbs(event: &Value) -> Vec<&str> {
    let values = event["breadcrumbs"]["values"].as_array();
    let values = values.into_iter().flatten();
    values
        .filter_map(|crumb| crumb["message"].as_str())
        .collect()
}

fn crumb(message: impl Into<String>) {
    sentry::add_breadcrumb(Breadcrumb {
        message: Some(message.into()),
        ..Breadcrumb::default()
    });
}

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct NotFound(u64);

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("the order cannot be read")]
    Read(#[from] NotFound),
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("the order is gone")]
    Gone,
}

mod what_it_says;

mod passed_on;

mod another;

mod trails;

mod tasks;

mod panics;

mod logged {
    use super::*;

    #[monitored]
    fn logs_an_error() {
        crumb("before the line");
        tracing::error!(disk = "sda", "the disk is slow");
    }

    #[monitored]
    fn fails_with_a_line() -> Result<(), NotFound> {
        Err(NotFound(70))
    }

    #[test]
    fn the_users_own_error_line_is_an_event_and_ours_is_none() {
        alone!();
        sentry();
        logs_an_error();
        fails_with_a_line().expect_err("no row");
        let event = one("logs_an_error");
        assert_eq!(event["message"], "the disk is slow");
        assert_eq!(event["logger"], "sentry::events::logged");
        assert_eq!(event["contexts"]["fields"]["disk"], "sda");
        assert_eq!(breadcrumbs(&event), ["before the line"]);
        assert_eq!(texts(&one("fails_with_a_line")), ["no row with key 70"]);
    }
}

#[monitored]
fn within_a_trace() -> Result<(), io::Error> {
    Err(io::Error::other("in somebody's trace"))
}

#[test]
fn an_event_is_of_the_trace_its_call_was_handed() {
    alone!();
    sentry();
    let id = "0af7651916cd43dd8448eb211c80319c";
    let mut headers = http::HeaderMap::new();
    let parent = format!("00-{id}-b7ad6b7169203331-01");
    headers.insert("traceparent", parent.parse().expect("a header"));
    let context =
        monitor_runtime::trace::TraceContext::extract(&headers).expect("a sound traceparent");
    context.scope(within_a_trace).expect_err("it fails");
    let event = one("within_a_trace");
    assert_eq!(event["contexts"]["trace"]["trace_id"], id);
    assert_eq!(event["tags"]["trace_id"], id);
}

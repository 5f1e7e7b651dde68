//! Tests user code that runs inside Sentry and fails there.

use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use monitor_runtime::{Monitor, monitored};
use monitor_tests::alone;
use monitor_tests::process::{Sentry, wait_for};
use sentry::Breadcrumb;
use serde_json::Value;

/// The runtime of these tests, and the Sentry it sends to.
fn sentry() -> &'static Sentry {
    static STARTED: OnceLock<(Sentry, Monitor)> = OnceLock::new();
    let start = || {
        let sentry = Sentry::start();
        let builder = monitor_runtime::builder!().addr("off");
        let monitor = builder.sentry_dsn(sentry.dsn()).start_blocking();
        (sentry, monitor.expect("the runtime starts"))
    };
    &STARTED.get_or_init(start).0
}

/// Runs code on a thread with a hub of its own; whether it panicked. Fails if it never ends.
#[track_caller]
fn ends(code: fn()) -> thread::Result<()> {
    sentry();
    let (done, ended) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _done = done;
        code();
    });
    let waited = ended.recv_timeout(Duration::from_secs(20));
    assert_eq!(
        waited,
        Err(mpsc::RecvTimeoutError::Disconnected),
        "it hangs"
    );
    thread.join()
}

fn events_of(function: &str) -> Vec<Value> {
    let events = sentry().events().into_iter();
    events
        .filter(|event| event["tags"]["function"] == function)
        .collect()
}

fn one(function: &str) -> Value {
    wait_for("the event", || events_of(function).pop())
}

#[derive(Debug, thiserror::Error)]
#[error("broken")]
struct Broken;

#[monitored]
fn fails() -> Result<(), Broken> {
    sentry::configure_scope(|scope| scope.set_tag("attempt", 2));
    Err(Broken)
}

#[monitored]
fn breadcrumb_panics() {
    sentry::configure_scope(|scope| scope.set_tag("attempt", 1));
    sentry::add_breadcrumb(|| -> Breadcrumb { panic!("no breadcrumb today") });
}

#[test]
fn a_breadcrumb_that_panics_is_an_event_and_no_end() {
    alone!();
    let code = || {
        let caught = std::panic::catch_unwind(breadcrumb_panics);
        caught.expect_err("it panics");
        // The hub is as usable as before.
        fails().expect_err("it fails");
    };
    ends(code).expect("it goes on");
    let event = one("breadcrumb_panics");
    assert_eq!(
        event["exception"]["values"][0]["value"],
        "no breadcrumb today"
    );
    let fails = one("fails");
    assert_eq!(fails["tags"]["attempt"], "2");
}

#[monitored]
fn inside_a_breadcrumb() -> Result<(), Broken> {
    Err(Broken)
}

#[monitored]
fn breadcrumb_fails() {
    sentry::add_breadcrumb(|| {
        tracing::error!("an event of its own");
        let _ = inside_a_breadcrumb();
        Breadcrumb::default()
    });
}

#[test]
fn a_breadcrumb_that_fails_is_an_event_and_no_end() {
    alone!();
    ends(breadcrumb_fails).expect("it goes on");
    assert_eq!(
        one("inside_a_breadcrumb")["exception"]["values"][0]["value"],
        "broken"
    );
    wait_for("the event of the log", || {
        let events = sentry().events();
        events
            .into_iter()
            .find(|event| event["message"] == "an event of its own")
    });
}

#[monitored]
fn processed() -> Result<(), Broken> {
    Err(Broken)
}

#[monitored]
fn processed_panic() {
    panic!("a panic that is processed")
}

/// A panic while another one is being reported would abort the process.
#[test]
fn an_event_processor_that_panics_costs_its_event_and_nothing_else() {
    alone!();
    let code = || {
        sentry::configure_scope(|scope| scope.add_event_processor(|_| panic!("no event today")));
        processed().expect_err("it fails");
        processed_panic();
    };
    ends(code).expect_err("it panics");
    assert!(events_of("processed").is_empty() && events_of("processed_panic").is_empty());
    ends(|| drop(fails())).expect("others are not concerned");
}

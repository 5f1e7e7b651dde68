//! Calls that count for an objective, on `/metrics` and in process.

use std::future::pending;
use std::pin::{Pin, pin};
use std::time::Duration;

use monitor_runtime::slo::{self, CountAs, Kind};
use monitor_runtime::{Class, Classify, Objective, monitored};
use monitor_tests::{monitor, poll, scrape};

/// Ends of calls that objectives tell apart.
#[derive(Debug, Classify)]
enum Failure {
    Down,
    #[monitor(expected)]
    Declined,
    #[monitor(ok)]
    Missing,
}

/// Calls that have counted for a promise and calls that broke it, as `/metrics` has them.
fn counted(function: &str, slo: &str) -> (u64, u64) {
    let page = scrape();
    let value = |name: &str| {
        let labels = [("function", function), ("slo", slo)];
        let found: Vec<_> = page.find(name, &labels).collect();
        assert_eq!(found.len(), 1, "{name} {function} {slo}: {found:?}");
        let labels: Vec<&str> = found[0].labels.keys().map(|key| &**key).collect();
        let expected = [
            "function",
            "module",
            "objective_name",
            "service_name",
            "slo",
        ];
        assert_eq!(labels, expected);
        found[0].count()
    };
    (
        value("monitor_objective_calls_total"),
        value("monitor_objective_failures_total"),
    )
}

/// An `async` function with an objective of its own, called with what it does.
macro_rules! promising {
    ($($name:ident: $objective:expr;)*) => {$(
        #[monitored(objective = $name::OBJECTIVE)]
        async fn $name(end: Result<(), Failure>, hangs: bool) -> Result<(), Failure> {
            if hangs {
                pending::<()>().await;
            }
            end
        }
        mod $name {
            use super::*;
            pub(super) const OBJECTIVE: Objective = $objective;
        }
    )*};
}

const MINUTE: Duration = Duration::from_secs(60);

promising! {
    usual: Objective::new("usual").success_rate(99.0);
    strict: Objective::new("strict").success_rate(99.0).expected(CountAs::Failure).cancelled(CountAs::Failure);
    blind: Objective::new("blind").success_rate(99.0).latency(MINUTE, 99.0).expected(CountAs::Ignored).cancelled(CountAs::Ignored);
    kind: Objective::new("kind").success_rate(99.0).latency(Duration::from_nanos(1), 99.0).cancelled(CountAs::Success);
    patient: Objective::new("patient").success_rate(99.0).cancelled_after(MINUTE);
    impatient: Objective::new("impatient").success_rate(99.0).latency(MINUTE, 99.0).cancelled_after(Duration::from_nanos(1));
    timely: Objective::new("timely").success_rate(99.0).latency(Duration::from_millis(20), 99.0);
    hung: Objective::new("hung").success_rate(99.0);
    nightly: Objective::new("nightly").success_rate(99.0);
    weekly: Objective::new("weekly").success_rate(99.0).all_failed(1);
    never: Objective::new("never").success_rate(99.0).all_failed(0);
    few: Objective::new("few").success_rate(99.0).min_failures(2);
}

/// Runs a call to its end.
fn end(future: impl Future<Output = Result<(), Failure>>) {
    let _ = monitor_tests::run(future);
}

/// Polls a call once, waits and drops it.
fn cancel(future: impl Future<Output = Result<(), Failure>>, after: Duration) {
    let mut future = pin!(future);
    let future: Pin<&mut dyn Future<Output = _>> = future.as_mut();
    assert!(poll(future).is_pending());
    std::thread::sleep(after);
}

/// A success, an error, an expected one, a client's, and a panic.
macro_rules! ends {
    ($function:ident) => {{
        end($function(Ok(()), false));
        end($function(Err(Failure::Down), false));
        end($function(Err(Failure::Declined), false));
        end($function(Err(Failure::Missing), false));
    }};
}

const BRIEF: Duration = Duration::ZERO;

#[test]
fn the_objective_says_which_calls_count() {
    monitor();
    let _ = (impatient(Ok(()), false), patient(Ok(()), false));
    assert_eq!(counted("impatient", "latency"), (0, 0), "0 from the start");
    ends!(usual);
    assert_eq!(counted("usual", "success_rate"), (4, 1));
    ends!(strict);
    assert_eq!(counted("strict", "success_rate"), (4, 2));
    cancel(strict(Ok(()), true), BRIEF);
    assert_eq!(counted("strict", "success_rate"), (5, 3));
    ends!(blind);
    cancel(blind(Ok(()), true), BRIEF);
    assert_eq!(counted("blind", "success_rate"), (3, 1));
    assert_eq!(counted("blind", "latency"), (3, 0));
    ends!(kind);
    cancel(kind(Ok(()), true), BRIEF);
    assert_eq!(counted("kind", "success_rate"), (5, 1));
    assert_eq!(counted("kind", "latency"), (5, 5), "by their durations");
    cancel(patient(Ok(()), true), BRIEF);
    assert_eq!(counted("patient", "success_rate"), (0, 0));
    cancel(impatient(Ok(()), true), BRIEF);
    assert_eq!(counted("impatient", "success_rate"), (1, 1));
    assert_eq!(counted("impatient", "latency"), (0, 0));
}

#[test]
fn a_call_that_hangs_until_its_client_gives_up_has_failed() {
    monitor();
    // Before the first success, nothing says how long a call may take.
    cancel(hung(Ok(()), true), BRIEF);
    assert_eq!(counted("hung", "success_rate"), (1, 1));
    (0..200).for_each(|_| end(hung(Ok(()), false)));
    // Far longer than usual: the calls before took microseconds, or were held up by other processes.
    cancel(hung(Ok(()), true), Duration::from_millis(300));
    assert_eq!(counted("hung", "success_rate"), (202, 2));
    cancel(timely(Ok(()), true), BRIEF);
    assert_eq!(counted("timely", "success_rate"), (0, 0), "a client left");
    assert_eq!(counted("timely", "latency"), (0, 0));
    cancel(timely(Ok(()), true), Duration::from_millis(40));
    assert_eq!(counted("timely", "success_rate"), (1, 1));
    assert_eq!(counted("timely", "latency"), (1, 1));
}

/// A function whose calls take some time by nature.
#[monitored(objective = SLOW, buckets = [0.001, 10.0])]
async fn takes_long(hangs: bool) -> Result<(), Failure> {
    std::thread::sleep(Duration::from_millis(2));
    if hangs {
        pending::<()>().await;
    }
    Ok(())
}
const SLOW: Objective = Objective::new("slow").success_rate(99.0);

#[test]
fn a_client_that_leaves_as_soon_as_usual_harms_nothing() {
    monitor();
    end(takes_long(false));
    cancel(takes_long(true), Duration::from_millis(2));
    assert_eq!(counted("takes_long", "success_rate"), (1, 0));
}

/// Calls without durations.
#[monitored(objective = UNTIMED, latency = false)]
async fn untimed(end: Result<(), Failure>, hangs: bool) -> Result<(), Failure> {
    if hangs {
        pending::<()>().await;
    }
    end
}
const UNTIMED: Objective = Objective::new("untimed").success_rate(99.0);

#[test]
fn calls_without_durations_count_too() {
    monitor();
    ends!(untimed);
    assert_eq!(counted("untimed", "success_rate"), (4, 1));
}

/// Labels of the attribute are not in the identity of an objective's series.
#[monitored(objective = LABELLED, labels(cached = cached))]
fn labelled(cached: bool, fail: bool) -> Result<(), Failure> {
    if fail { Err(Failure::Down) } else { Ok(()) }
}
const LABELLED: Objective = Objective::new("labelled").success_rate(99.0);

#[monitored(objective = LABELLED)]
fn panics() {
    panic!("as it should");
}

#[test]
fn a_function_has_one_series_per_promise() {
    monitor();
    assert_eq!(counted("labelled", "success_rate"), (0, 0));
    for cached in [true, false] {
        labelled(cached, false).expect("ok");
        labelled(cached, true).expect_err("failed");
    }
    assert_eq!(counted("labelled", "success_rate"), (4, 2));
    std::panic::catch_unwind(panics).expect_err("it panics");
    assert_eq!(counted("panics", "success_rate"), (1, 1));
    let page = scrape();
    let objective = [("objective_name", "labelled"), ("slo", "success_rate")];
    assert_eq!(
        page.value("monitor_objective_target_ratio", &objective),
        Some(0.99)
    );
    let blind = [("objective_name", "blind")];
    assert_eq!(
        page.value("monitor_objective_threshold_seconds", &blind),
        Some(60.0)
    );
    let labelled = [("function", "labelled"), ("objective_name", "labelled")];
    assert_eq!(
        page.value("monitor_objective_calls_in_flight", &labelled),
        Some(0.0)
    );
}

#[test]
fn calls_in_flight_are_seen_while_they_hang() {
    monitor();
    let mut future = pin!(never(Ok(()), true));
    let future: Pin<&mut dyn Future<Output = _>> = future.as_mut();
    assert!(poll(future).is_pending());
    let never = [("function", "never"), ("objective_name", "never")];
    let in_flight = scrape().value("monitor_objective_calls_in_flight", &never);
    assert_eq!(in_flight, Some(1.0));
}

#[test]
fn few_calls_of_which_all_fail_are_a_ticket() {
    monitor();
    let alert = |name| super::status(name, Kind::SuccessRate).alert;
    for _ in 0..2 {
        end(nightly(Err(Failure::Down), false));
        assert_eq!(alert("nightly"), None);
    }
    end(nightly(Err(Failure::Down), false));
    assert_eq!(alert("nightly"), Some(slo::Severity::Ticket));
    end(nightly(Ok(()), false));
    assert_eq!(alert("nightly"), None);
    end(weekly(Err(Failure::Down), false));
    assert_eq!(alert("weekly"), Some(slo::Severity::Ticket));
    end(few(Err(Failure::Down), false));
    assert_eq!(alert("few"), None);
    end(few(Err(Failure::Down), false));
    assert_eq!(alert("few"), Some(slo::Severity::Page));
}

/// A status of HTTP decides by the same table as at the edge.
struct Status(u16);

impl Classify for Status {
    fn classify(&self) -> Class {
        Class::http(self.0)
    }
}

#[monitored(objective = ROUTE)]
fn route(status: u16) -> Status {
    Status(status)
}
const ROUTE: Objective = Objective::new("route").success_rate(99.0);

#[test]
fn a_client_error_is_no_page() {
    monitor();
    for status in [200, 404, 429, 500, 503] {
        let _ = route(status).0;
    }
    assert_eq!(counted("route", "success_rate"), (5, 2));
}

/// A limit that is the service's own: every client error counts, and makes no noise.
#[monitored(objective = LIMITED, classify = client_errors)]
fn limited(status: u16) -> http::StatusCode {
    http::StatusCode::from_u16(status).expect("a status")
}
const LIMITED: Objective = Objective::new("limited")
    .success_rate(99.0)
    .expected(CountAs::Failure);

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "`classify` hands over a reference"
)]
fn client_errors(status: &http::StatusCode) -> Class {
    if status.is_client_error() {
        Class::Expected("client_error")
    } else {
        Class::from(*status)
    }
}

#[test]
fn client_errors_count_where_a_function_says_so() {
    monitor();
    for status in [200, 404, 429, 499, 503] {
        limited(status);
    }
    assert_eq!(counted("limited", "success_rate"), (5, 4));
}

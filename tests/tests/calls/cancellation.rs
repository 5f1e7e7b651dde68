//! Futures dropped before their end: each is counted as cancelled, and never as anything else.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use monitor_runtime::monitored;
use monitor_tests::{Counts, log, message, pause, poll, run, scrape};
use tracing::Level;

/// Asserts everything that was counted of a function that only one test calls.
#[track_caller]
fn assert_counts(function: &str, expected: Counts, what: &str) {
    assert_eq!(scrape().counts(function), expected, "{function} {what}");
}

#[monitored]
async fn loses_select() {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_branch_that_loses_a_select_is_cancelled() {
    log();
    tokio::select! {
        biased;
        () = loses_select() => unreachable!("it never ends"),
        () = std::future::ready(()) => {}
    }
    assert_counts("loses_select", Counts::cancels(1), "lost");
    let event = log().completion("loses_select");
    assert_eq!(event.level, Level::WARN, "a cancellation is a warning");
    assert_eq!(event.text("result"), "cancelled");
    assert!(!event.fields.contains_key("cancel_reason"), "{event:?}");
    assert_eq!(event.spans, ["loses_select"], "written in its own span");
    let span = &log().spans("loses_select")[0];
    assert!(span.closed, "its span has ended");
    assert_eq!(span.fields["result"], "cancelled", "and says so too");
}

#[monitored]
async fn times_out() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_timeout_cancels() {
    log();
    let ended = tokio::time::timeout(Duration::from_millis(5), times_out()).await;
    ended.expect_err("it sleeps longer");
    assert_counts("times_out", Counts::cancels(1), "timed out");
    let took = scrape().sum("times_out", "cancelled");
    assert!(
        (0.004..30.0).contains(&took),
        "{took} s, cancelled included"
    );
}

#[monitored]
async fn is_aborted(started: tokio::sync::oneshot::Sender<()>) {
    started.send(()).expect("the test waits");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_task_is_cancelled() {
    log();
    let (started, is_started) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(is_aborted(started));
    is_started.await.expect("it starts");
    task.abort();
    assert!(task.await.expect_err("aborted").is_cancelled());
    assert_counts("is_aborted", Counts::cancels(1), "was aborted");
}

#[monitored]
async fn never_polled() {
    std::future::pending::<()>().await;
}

#[monitored]
fn never_polled_box() -> BoxFuture<'static, ()> {
    Box::pin(async { std::future::pending().await })
}

#[tokio::test]
async fn a_future_that_is_never_polled_is_no_call() {
    log();
    drop(never_polled());
    drop(never_polled_box());
    let task = tokio::spawn(never_polled());
    task.abort();
    assert!(task.await.expect_err("aborted").is_cancelled());
    for function in ["never_polled", "never_polled_box"] {
        assert_counts(function, Counts::default(), "was never polled");
        assert!(log().spans(function).is_empty(), "{function} has no span");
        assert!(log().completions(function).is_empty(), "{function} logs");
    }
}

#[monitored]
async fn unwound_by_another() {
    std::future::pending::<()>().await;
}

#[monitored]
fn panics_around_a_future() {
    let mut future = pin!(unwound_by_another());
    assert!(poll(future.as_mut()).is_pending());
    panic!("another panic");
}

#[test]
fn a_future_that_another_panic_drops_is_cancelled() {
    log();
    catch_unwind(panics_around_a_future).expect_err("it panics");
    assert_counts("unwound_by_another", Counts::cancels(1), "did not panic");
    assert_counts("panics_around_a_future", Counts::panics(1), "did");
    let line = log().completion("unwound_by_another");
    assert_eq!(
        line.text("cancel_reason"),
        "caller",
        "it is gone by a panic"
    );
    assert!(!line.fields.contains_key("error_class"), "{line:?}");
    let told = log().told_by(&["unwound_by_another", "panics_around_a_future"]);
    assert_eq!(told, ["panics_around_a_future"], "one ERROR line");
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb went off");
    }
}

#[monitored]
async fn holds_a_bomb() {
    let _bomb = Bomb;
    std::future::pending::<()>().await;
}

#[test]
fn a_drop_that_panics_while_cancelled_is_still_cancelled() {
    log();
    let mut future = Box::pin(holds_a_bomb());
    assert!(poll(future.as_mut()).is_pending());
    let panic = catch_unwind(AssertUnwindSafe(|| drop(future)));
    let panic = panic.expect_err("the panic goes on");
    assert_eq!(message(&*panic), "the bomb went off");
    assert_counts("holds_a_bomb", Counts::cancels(1), "was cancelled");
    assert!(log().spans("holds_a_bomb")[0].closed, "its span has ended");
}

struct Release(&'static str);

impl Drop for Release {
    fn drop(&mut self) {
        tracing::info!(of = self.0, "released");
    }
}

#[monitored]
async fn releases_when_cancelled() {
    let _held = Release("releases_when_cancelled");
    std::future::pending::<()>().await;
}

#[monitored]
async fn releases_an_argument(held: Release) {
    std::future::pending::<()>().await;
    drop(held);
}

#[monitored]
async fn releases_at_its_end() {
    let _held = Release("releases_at_its_end");
    pause().await;
}

#[test]
fn drop_code_runs_inside_the_span() {
    log();
    let mut cancelled = Box::pin(releases_when_cancelled());
    assert!(poll(cancelled.as_mut()).is_pending());
    drop(cancelled);
    let mut cancelled = Box::pin(releases_an_argument(Release("releases_an_argument")));
    assert!(poll(cancelled.as_mut()).is_pending());
    drop(cancelled);
    run(releases_at_its_end());
    for function in [
        "releases_when_cancelled",
        "releases_an_argument",
        "releases_at_its_end",
    ] {
        let released = log().events(|event| event.text("of") == function);
        assert_eq!(released.len(), 1, "{function} released once");
        assert_eq!(released[0].spans, [function], "in the span of {function}");
    }
}

#[monitored]
async fn waits_outside() {
    waits_inside().await;
}

#[monitored]
async fn waits_inside() {
    innermost().await;
}

#[monitored]
async fn innermost() {
    std::future::pending::<()>().await;
}

#[test]
fn a_cancelled_future_cancels_those_it_waits_for() {
    log();
    let mut future = Box::pin(waits_outside());
    assert!(poll(future.as_mut()).is_pending());
    let all = ["waits_outside", "waits_inside", "innermost"];
    for function in all {
        assert_counts(function, Counts::running(1), "runs");
    }
    drop(future);
    for function in all {
        assert_counts(function, Counts::cancels(1), "was cancelled");
    }
    let innermost = log().completion("innermost");
    assert_eq!(
        innermost.spans,
        ["innermost", "waits_inside", "waits_outside"],
        "nested"
    );
}

mod polls;

//! Panics: every monitored frame they unwind counts one, and the log says it once.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use monitor_runtime::monitored;
use monitor_tests::{Counts, log, message, pause, run, scrape};
use tracing::Level;

/// Asserts everything that was counted of a function that only one test calls.
#[track_caller]
fn assert_counts(function: &str, expected: Counts) {
    assert_eq!(scrape().counts(function), expected, "{function}");
}

#[monitored]
fn outermost() {
    middle();
}

#[monitored]
fn middle() {
    explodes();
}

#[monitored]
fn explodes() {
    panic!("a bug of number {}", 7);
}

#[test]
fn every_frame_counts_and_the_innermost_tells() {
    log();
    let panic = catch_unwind(outermost).expect_err("it panics");
    assert_eq!(message(&*panic), "a bug of number 7", "the panic goes on");
    let frames = ["explodes", "middle", "outermost"];
    for frame in frames {
        assert_counts(frame, Counts::panics(1));
        let event = log().completion(frame);
        assert_eq!(event.text("result"), "error", "{frame}");
        let level = if frame == "explodes" {
            Level::ERROR
        } else {
            Level::INFO
        };
        assert_eq!(event.level, level, "{frame}");
    }
    let event = log().completion("explodes");
    let error = event.text("error");
    assert!(error.contains("a bug of number 7"), "says what: {error:?}");
    assert!(error.contains("panics.rs:"), "says where: {error:?}");
    assert_eq!(event.text("message"), "explodes panicked");
    assert_eq!(
        event.spans,
        ["explodes", "middle", "outermost"],
        "in its span"
    );
}

#[monitored]
async fn async_outer() {
    pause().await;
    async_middle().await;
}

#[monitored]
async fn async_middle() {
    pause().await;
    sync_leaf();
}

#[monitored]
fn sync_leaf() {
    panic!("a leaf fell")
}

#[test]
fn async_frames_count_too() {
    log();
    catch_unwind(|| run(async_outer())).expect_err("it panics");
    let frames = ["async_outer", "async_middle", "sync_leaf"];
    for frame in frames {
        assert_counts(frame, Counts::panics(1));
    }
    assert_eq!(log().told_by(&frames), ["sync_leaf"], "one ERROR line");
}

#[monitored]
fn catches() -> usize {
    let caught = catch_unwind(is_caught);
    caught.map_or_else(|panic| message(&*panic).len(), |()| 0)
}

#[monitored]
fn is_caught() {
    panic!("caught");
}

#[test]
fn a_function_that_catches_is_ok() {
    log();
    assert_eq!(catches(), "caught".len());
    assert_counts("catches", Counts::oks(1));
    assert_counts("is_caught", Counts::panics(1));
    let told = log().told_by(&["catches", "is_caught"]);
    assert_eq!(told, ["is_caught"], "one ERROR line");
}

#[monitored]
fn catches_and_fails() -> Result<(), String> {
    catch_unwind(is_turned_into_an_error).map_err(|panic| message(&*panic).to_owned())
}

#[monitored]
fn is_turned_into_an_error() {
    panic!("now an error");
}

#[test]
fn a_panic_turned_into_an_error_is_an_error_of_the_frame_that_turned_it() {
    log();
    catches_and_fails().expect_err("it fails");
    assert_counts("catches_and_fails", Counts::errors(1));
    assert_counts("is_turned_into_an_error", Counts::panics(1));
}

#[monitored]
fn resumes() {
    let panic = catch_unwind(is_resumed).expect_err("it panics");
    resume_unwind(panic);
}

#[monitored]
fn is_resumed() {
    panic!("resumed");
}

#[test]
fn a_resumed_panic_is_the_same_panic() {
    log();
    catch_unwind(resumes).expect_err("it goes on");
    assert_counts("resumes", Counts::panics(1));
    assert_counts("is_resumed", Counts::panics(1));
    let told = log().told_by(&["resumes", "is_resumed"]);
    assert_eq!(told, ["is_resumed"], "one ERROR line");
}

#[monitored]
fn panics_anew() {
    catch_unwind(is_recovered_from).expect_err("it panics");
    panic!("the second");
}

#[monitored]
fn is_recovered_from() {
    panic!("the first");
}

#[test]
fn two_panics_are_told_twice() {
    log();
    catch_unwind(panics_anew).expect_err("it panics");
    let told = log().told_by(&["panics_anew", "is_recovered_from"]);
    assert_eq!(told, ["is_recovered_from", "panics_anew"]);
    let texts = [
        ("is_recovered_from", "the first"),
        ("panics_anew", "the second"),
    ];
    for (function, text) in texts {
        let event = log().completion(function);
        let error = event.text("error");
        assert!(error.contains(text), "{function} says {text:?}: {error:?}");
    }
}

#[monitored]
async fn spawned() {
    pause().await;
    panic!("in a task");
}

#[monitored]
async fn joins() -> bool {
    tokio::spawn(spawned())
        .await
        .is_err_and(|error| error.is_panic())
}

#[tokio::test]
async fn a_panic_in_a_task_stays_there() {
    log();
    assert!(joins().await, "the task panicked");
    assert_counts("spawned", Counts::panics(1));
    assert_counts("joins", Counts::oks(1));
    assert_eq!(log().told_by(&["spawned", "joins"]), ["spawned"]);
}

/// Runs a function when it is dropped.
struct OnDrop(fn());

impl Drop for OnDrop {
    fn drop(&mut self) {
        (self.0)();
    }
}

mod caught;
mod unwinding;

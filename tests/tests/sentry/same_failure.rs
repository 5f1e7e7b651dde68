//! Tests that one failure is one ERROR line and one event, and that another failure is another,
//! after any earlier one.
#![allow(clippy::needless_question_mark, reason = "a way to pass an error on")]

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;

use anyhow::Context as _;
use monitor_runtime::monitored;
use monitor_runtime::testkit::{Seen, capture, capture_async};
use monitor_tests::{pause, run};
use tracing::Level;

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct NotFound(u64);

#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("the order cannot be read")]
    Read(#[from] NotFound),
    #[error("cannot be read: {0}")]
    Shown(NotFound),
    #[error("the database is in trouble")]
    Hidden(NotFound),
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("no template for fallback")]
    Template,
}

impl AppError {
    fn other() -> Self {
        Self::Template
    }
}

#[monitored]
fn find(key: u64) -> Result<u64, NotFound> {
    Err(NotFound(key))
}

#[monitored]
async fn find_later(key: u64) -> Result<u64, NotFound> {
    pause().await;
    Err(NotFound(key))
}

#[monitored]
fn disk() -> io::Result<u64> {
    Err(io::Error::other("the disk is full"))
}

/// Asserts the functions that reported an error, in the log and in Sentry.
#[track_caller]
fn told(seen: &Seen, functions: &[&str]) {
    let lines = seen.log.iter();
    let lines = lines.filter(|line| line.level == Level::ERROR);
    let lines: Vec<_> = lines.filter_map(|line| line.field("function")).collect();
    assert_eq!(lines, functions, "ERROR lines");
    let events = seen.captures.iter();
    let events: Vec<_> = events
        .map(|event| event.tags["function"].as_str())
        .collect();
    assert_eq!(events, functions, "events");
    let mut traces = seen.captures.iter().map(|event| &event.tags["trace_id"]);
    let first = traces.next();
    assert!(traces.all(|trace| Some(trace) == first), "one trace");
}

/// One function per way, in three forms: plain, `async`, and `async` with a yield in between.
macro_rules! ways {
    ($($name:ident -> $error:ty { $($inner:ident)* } |$found:ident| $body:expr;)*) => {
        mod plain {
            use super::*;
            $(#[monitored]
            pub(super) fn $name() -> Result<u64, $error> {
                let $found = find;
                $body
            })*
        }
        mod asynchronous {
            use super::*;
            $(#[monitored]
            pub(super) async fn $name() -> Result<u64, $error> {
                let found = find_later(7).await;
                pause().await;
                let mut found = Some(found);
                let mut $found = |_: u64| found.take().expect("it is asked once");
                $body
            })*
        }
        mod boxed {
            use super::*;
            $(#[monitored]
            pub(super) fn $name() -> Pin<Box<dyn Future<Output = Result<u64, $error>>>> {
                Box::pin(async move {
                    let found = find_later(7).await;
                    let mut found = Some(found);
                    let mut $found = |_: u64| found.take().expect("it is asked once");
                    $body
                })
            })*
        }
        #[test]
        #[allow(unused_mut)]
        fn every_way_tells_of_each_failure_once() {
            $({
                let outer: &[&str] = &[$(stringify!($inner)),*];
                let expected = |found: &'static str| [&[found], outer].concat();
                let (result, seen) = capture(plain::$name);
                result.expect_err("it fails");
                told(&seen, &expected("find"));
                let (result, seen) = run(capture_async(asynchronous::$name()));
                result.expect_err("it fails");
                told(&seen, &expected("find_later"));
                let (result, seen) = run(capture_async(boxed::$name()));
                result.expect_err("it fails");
                told(&seen, &expected("find_later"));
            })*
        }
    };
}

ways! {
    // The error goes on.
    by_question_mark -> NotFound {} |find| Ok(find(7)?);
    into_an_enum -> AppError {} |find| Ok(find(7)?);
    into_anyhow -> anyhow::Error {} |find| Ok(find(7)?);
    with_context -> anyhow::Error {} |find| find(7).context("while reading");
    with_more_context -> anyhow::Error {} |find| find(7).context("inner").context("outer");
    into_a_box -> Box<dyn Error> {} |find| Ok(find(7)?);
    into_a_sent_box -> Box<dyn Error + Send + Sync> {} |find| Ok(find(7)?);
    into_a_string -> String {} |find| find(7).map_err(|error| error.to_string());
    into_a_debug_string -> String {} |find| find(7).map_err(|error| format!("{error:?}"));
    into_a_longer_string -> String {} |find| find(7).map_err(|error| format!("cannot read: {error}"));
    into_a_sentence -> String {} |find| find(7).map_err(|error| format!("so {error} it says"));
    shown_by_another -> AppError {} |find| find(7).map_err(AppError::Shown);
    held_by_another -> AppError {} |find| find(7).map_err(AppError::Hidden);
    as_an_io_error -> io::Error {} |find| find(7).map_err(io::Error::other);
    without_words -> () {} |find| find(7).map_err(drop);
    // Another one comes.
    is_err -> AppError { is_err } |find| {
        if find(7).is_err() { return Err(AppError::other()); }
        Ok(1)
    };
    let_underscore -> AppError { let_underscore } |find| {
        let _ = find(7);
        Err(AppError::other())
    };
    if_let_err -> AppError { if_let_err } |find| {
        if let Err(_error) = find(7) { return Err(AppError::other()); }
        Ok(1)
    };
    unwrap_or -> anyhow::Error { unwrap_or } |find| {
        let key = find(7).unwrap_or(1);
        Err(anyhow::anyhow!("there is no {key}"))
    };
    ok_or -> String { ok_or } |find| find(7).ok().ok_or_else(|| "nothing there".to_owned());
    of_the_same_type -> NotFound { of_the_same_type } |find| {
        let _ = find(7);
        Err(NotFound(70))
    };
    map_err_forgets -> AppError { map_err_forgets } |find| find(7).map_err(|_| AppError::other());
    as_a_box -> Box<dyn Error> { as_a_box } |find| {
        let _ = find(7);
        Err("a text of its own".into())
    };
}

mod retries {
    use super::*;

    #[monitored]
    fn attempt(number: u64) -> Result<u64, NotFound> {
        Err(NotFound(number))
    }

    #[monitored]
    fn a_third_one() -> Result<u64, AppError> {
        for number in 0..2 {
            if let Ok(found) = attempt(number) {
                return Ok(found);
            }
        }
        Err(io::Error::other("given up").into())
    }

    #[monitored]
    fn the_same_each_time() -> Result<u64, AppError> {
        let mut last = attempt(3);
        for _ in 0..2 {
            last = attempt(3);
        }
        Ok(last?)
    }

    #[test]
    fn each_attempt_is_a_failure_and_so_is_what_comes_of_them() {
        let (_, seen) = capture(a_third_one);
        told(&seen, &["attempt", "attempt", "a_third_one"]);
        let (_, seen) = capture(the_same_each_time);
        told(&seen, &["attempt", "attempt", "attempt"]);
    }
}

mod together;

mod frames;

mod logged;
mod silent;
mod tasks;

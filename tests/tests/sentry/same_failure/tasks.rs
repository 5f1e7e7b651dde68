//! Errors that come out of spawned tasks, and the functions that pass them on.

use std::sync::Arc;

use monitor_runtime::task::{scoped, spawn, spawn_blocking};
use monitor_runtime::testkit::Capture;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::*;

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

/// A task that the capture of the test sees.
fn seen_in<F: Future>(task: F) -> impl Future<Output = F::Output> + use<F> {
    Capture::current().expect("a capture").follow(task)
}

fn seen_by<T>(code: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let capture = Capture::current().expect("a capture");
    move || capture.scope(code)
}

#[monitored]
async fn passes_on(way: u8) -> anyhow::Result<u64> {
    let task = || spawn(seen_in(find_later(7)));
    match way {
        0 => Ok(task().await??),
        1 => {
            let mut tasks = JoinSet::new();
            tasks.spawn(scoped(seen_in(find_later(7))));
            Ok(tasks.join_next().await.context("one")???)
        }
        2 => Ok(spawn_blocking(seen_by(|| find(7))).await??),
        3 => {
            let (sender, receiver) = oneshot::channel();
            spawn(seen_in(async { sender.send(find_later(7).await) }));
            Ok(receiver.await??)
        }
        4 => tokio::select! {
            found = task() => Ok(found??),
            () = std::future::pending() => Ok(0),
        },
        5 => Ok(tokio::try_join!(task(), async { Ok(0) })?.0?),
        6 => task().await?.context("in a task"),
        7 => Ok(task().await?.map_err(AppError::from)?),
        8 => task()
            .await?
            .map_err(|error| anyhow::anyhow!("a task: {error}")),
        9 => Ok(task().await?.map_err(Arc::new)?),
        10 => {
            let task = spawn(seen_in(async { spawn(seen_in(find_later(7))).await }));
            Ok(task.await???)
        }
        _ => Ok(starts_one().await??),
    }
}

/// Returns the handle of a task, whose error its caller passes on.
#[monitored]
fn starts_one() -> tokio::task::JoinHandle<Result<u64, NotFound>> {
    spawn(seen_in(find_later(7)))
}

#[test]
fn an_error_of_a_task_that_a_function_passes_on_is_told_once() {
    for way in 0..=11 {
        let (found, seen) = run(capture_async(passes_on(way)));
        found.expect_err("it fails");
        let function = if way == 2 { "find" } else { "find_later" };
        told(&seen, &[function]);
    }
}

#[monitored]
async fn fails_too(way: u8) -> Result<u64, NotFound> {
    let task = spawn(seen_in(find_later(7)));
    let found = task.await.expect("no panic");
    match way {
        // Another error.
        0 => Err(NotFound(8)),
        // Fails with the same text, but independently.
        1 => find(7),
        // Two tasks that fail alike, and one error that goes on.
        _ => {
            let other = spawn(seen_in(find_later(7))).await.expect("no panic");
            found.or(other)
        }
    }
}

#[monitored]
async fn recovers() -> u64 {
    let task = spawn(seen_in(find_later(7)));
    task.await.expect("no panic").unwrap_or(0)
}

/// Passes nothing on: its task's error is one, and its own with the same words another.
#[monitored]
async fn around_a_call_that_recovers() -> Result<u64, NotFound> {
    recovers().await;
    find(7)
}

#[test]
fn another_error_than_that_of_the_task_is_told_too() {
    let functions = |seen: &Seen| {
        let lines = seen.log.iter();
        let lines = lines.filter(|line| line.level == Level::ERROR);
        let lines: Vec<_> = lines.filter_map(|line| line.field("function")).collect();
        let lines: Vec<_> = lines.into_iter().map(str::to_owned).collect();
        let events = seen.captures.iter();
        let events: Vec<_> = events.map(|event| event.tags["function"].clone()).collect();
        assert_eq!(lines, events);
        events
    };
    for (way, expected) in [
        (0, ["find_later", "fails_too"]),
        (1, ["find_later", "find"]),
        (2, ["find_later", "find_later"]),
    ] {
        let (_, seen) = run(capture_async(fails_too(way)));
        assert_eq!(functions(&seen), expected, "{way}");
    }
    let (_, seen) = run(capture_async(around_a_call_that_recovers()));
    assert_eq!(functions(&seen), ["find_later", "find"]);
}

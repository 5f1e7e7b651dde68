//! Tests that each event has the trace and the breadcrumbs of its own call, with other calls in
//! between.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use monitor_runtime::testkit::{Capture, Seen, capture_async};
use monitor_runtime::{Monitor, monitored, trace::TraceContext};
use monitor_tests::alone;
use monitor_tests::process::{Sentry, wait_for};
use sentry::protocol::{Context, Event};
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

fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build().expect("a runtime");
    runtime.block_on(future)
}

/// Runs a future in a capture, on a runtime of one thread.
fn seen(future: impl Future) -> Seen {
    block_on(capture_async(future)).1
}

fn title(event: &Event<'_>) -> String {
    let error = event.exception.last().and_then(|error| error.value.clone());
    event.message.clone().or(error).unwrap_or_default()
}

fn trace(event: &Event<'_>) -> String {
    match event.contexts.get("trace") {
        Some(Context::Trace(trace)) => trace.trace_id.to_string(),
        other => panic!("no trace: {other:?}"),
    }
}

fn crumbs(event: &Event<'_>) -> Vec<String> {
    let crumbs = event.breadcrumbs.iter();
    crumbs.filter_map(|crumb| crumb.message.clone()).collect()
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Broken(&'static str);

#[monitored]
async fn inner(waits: bool) -> Result<(), Broken> {
    tracing::info!("in the task");
    if waits {
        tokio::task::yield_now().await;
    }
    Err(Broken("the task failed"))
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Scoped,
    Joined,
    Local,
    Nested,
}

#[monitored]
async fn outer(way: Way, waits: bool) -> Result<(), Broken> {
    tracing::info!("before the task");
    tracing::error!("first");
    let scoped = || monitor_runtime::task::scoped(inner(waits));
    let _ = match way {
        Way::Scoped => scoped().await,
        Way::Joined => tokio::join!(scoped(), scoped()).0,
        Way::Local => tokio::task::LocalSet::new().run_until(scoped()).await,
        Way::Nested => monitor_runtime::task::scoped(scoped()).await,
    };
    tracing::error!("second");
    Err(Broken("the call failed"))
}

#[test]
fn a_task_in_a_call_has_its_trace_and_breadcrumbs_of_its_own() {
    alone!();
    for way in [Way::Scoped, Way::Joined, Way::Local, Way::Nested] {
        for waits in [false, true] {
            let seen = seen(outer(way, waits));
            let (tasks, calls): (Vec<_>, Vec<_>) = seen
                .captures
                .iter()
                .partition(|event| title(event).contains("task"));
            let titles: Vec<_> = calls.iter().map(|event| title(event)).collect();
            assert_eq!(titles, ["first", "second", "the call failed"], "{way:?}");
            for event in &calls {
                assert_eq!(trace(event), trace(calls[0]), "{way:?} {waits}");
                assert_eq!(crumbs(event)[0], "before the task", "{way:?} {waits}");
                assert!(
                    !crumbs(event).contains(&"in the task".to_owned()),
                    "{way:?}"
                );
            }
            assert!(!tasks.is_empty(), "{way:?}");
            for event in &tasks {
                assert_eq!(trace(event), trace(calls[0]), "{way:?} {waits}");
                assert_eq!(crumbs(event), ["in the task"], "{way:?} {waits}");
            }
        }
    }
}

#[monitored]
async fn in_trouble(then: &'static str) {
    tracing::error!("in trouble");
    if then == "a call" {
        let _ = inner(true).await;
    }
    std::future::pending::<()>().await;
}

#[monitored]
fn next() -> Result<(), Broken> {
    Err(Broken("the next call"))
}

#[test]
fn the_call_after_a_cancelled_one_has_a_trace_of_its_own() {
    alone!();
    for then in ["nothing", "a call"] {
        let seen = seen(async {
            let _ = tokio::time::timeout(Duration::from_millis(20), in_trouble(then)).await;
            let _ = (next(), next());
        });
        let traces: Vec<_> = seen.captures.iter().map(trace).collect();
        let mut different = traces.clone();
        different.dedup();
        assert_eq!(different.len(), 3, "{then}: {traces:?}");
    }
}

#[monitored]
async fn cancels_one() -> Result<(), Broken> {
    let _ = tokio::time::timeout(Duration::from_millis(20), in_trouble("nothing")).await;
    Err(Broken("the time is over"))
}

#[test]
fn a_call_around_a_cancelled_one_keeps_its_trace() {
    alone!();
    let seen = seen(cancels_one());
    assert_eq!(seen.captures.len(), 2);
    assert_eq!(trace(&seen.captures[0]), trace(&seen.captures[1]));
}

mod carried {
    use super::*;

    #[monitored]
    async fn task() -> Result<String, Broken> {
        tokio::task::yield_now().await;
        Err(Broken("the task of a request"))
    }

    #[monitored]
    fn blocking() -> Result<String, Broken> {
        Err(Broken("the blocking task of a request"))
    }

    fn event(text: &str) -> Value {
        wait_for("the event", || {
            let events = sentry().events().into_iter();
            let mut events =
                events.filter(|event| event["exception"]["values"][0]["value"] == text);
            events.next()
        })
    }

    #[test]
    fn a_spawned_task_is_of_its_request() {
        alone!();
        sentry();
        let context = TraceContext::new();
        let injected = block_on(context.clone().follow(async {
            let task = monitor_runtime::task::spawn(async {
                task().await.expect_err("it fails");
                let mut headers = axum::http::HeaderMap::new();
                monitor_runtime::trace::inject(&mut headers);
                headers
            });
            let code = || blocking().expect_err("it fails");
            monitor_runtime::task::spawn_blocking(code)
                .await
                .expect("no panic");
            task.await.expect("no panic")
        }));
        let trace = context.trace_id().to_string();
        let parent = injected["traceparent"].to_str().expect("text");
        assert!(parent.contains(&trace), "{parent}");
        for text in ["the task of a request", "the blocking task of a request"] {
            assert_eq!(
                event(text)["contexts"]["trace"]["trace_id"],
                trace,
                "{text}"
            );
        }
        assert_eq!(
            monitor_runtime::trace::current_trace_id(),
            None,
            "and nothing is left"
        );
    }

    #[test]
    fn a_task_of_no_request_has_a_trace_of_its_own_wherever_it_is_polled() {
        alone!();
        let task =
            monitor_runtime::task::scoped(async { monitor_runtime::trace::current_trace_id() });
        let around = TraceContext::new();
        let polled = around.clone().follow(task);
        let own = block_on(polled);
        assert!(own.is_some() && own != Some(around.trace_id()), "{own:?}");
    }

    struct NotesTrace(std::sync::mpsc::Sender<Option<String>>);

    impl Drop for NotesTrace {
        fn drop(&mut self) {
            let trace = monitor_runtime::trace::current_trace_id();
            let _ = self.0.send(trace.map(|trace| trace.to_string()));
        }
    }

    #[test]
    fn a_future_dropped_early_is_dropped_in_its_trace() {
        alone!();
        let (told, dropped) = std::sync::mpsc::channel();
        let context = TraceContext::new();
        let trace = Some(context.trace_id().to_string());
        let holds = |note: NotesTrace| async move {
            let _note = note;
            std::future::pending::<()>().await;
        };
        let note = || NotesTrace(told.clone());
        block_on(async {
            drop(context.clone().follow(holds(note())));
            assert_eq!(dropped.recv(), Ok(trace.clone()), "before its first poll");
            let waits = context.clone().follow(holds(note()));
            let _ = tokio::time::timeout(Duration::from_millis(10), waits).await;
            assert_eq!(dropped.recv(), Ok(trace.clone()), "by a time-out");
            let task = tokio::spawn(context.clone().follow(holds(note())));
            tokio::task::yield_now().await;
            task.abort();
            let _ = task.await;
            assert_eq!(dropped.recv(), Ok(trace.clone()), "by an abort");
            let task = context.scope(|| monitor_runtime::task::spawn(holds(note())));
            tokio::task::yield_now().await;
            task.abort();
            let _ = task.await;
            assert_eq!(dropped.recv(), Ok(trace.clone()), "by an abort of ours");
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        let entered = runtime.enter();
        drop(context.scope(|| monitor_runtime::task::spawn(holds(note()))));
        drop(entered);
        drop(runtime);
        assert_eq!(dropped.recv(), Ok(trace), "by the end of the runtime");
    }

    #[monitored]
    async fn waits() {
        std::future::pending::<()>().await;
    }

    #[test]
    fn a_capture_sees_what_is_dropped_early() {
        alone!();
        let seen = seen(async {
            let capture = Capture::current().expect("inside `capture`");
            let follow = capture.clone();
            let task = tokio::spawn(async move { follow.follow(waits()).await });
            tokio::task::yield_now().await;
            task.abort();
            let _ = task.await;
            let waits = capture.follow(waits());
            let _ = tokio::time::timeout(Duration::from_millis(10), waits).await;
        });
        seen.assert_calls(&[("waits", "cancelled"), ("waits", "cancelled")]);
    }
}

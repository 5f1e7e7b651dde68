//! Calls outside of requests and tasks: an outermost one that the log shows begins a trace.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use monitor_runtime::{monitored, task, trace};
use monitor_tests::{alone, log, poll};
use serde_json::Value;
use tokio::sync::Notify;

use super::{look, only, shape, spans, story};

#[monitored]
fn inner(fail: bool) -> Result<(), std::io::Error> {
    if fail {
        return Err(std::io::Error::other("no disk"));
    }
    Ok(())
}

fn here() -> String {
    trace::current_trace_id().expect("a trace").to_string()
}

/// The kept requests and tasks with a name.
fn kept(name: &str) -> Vec<Value> {
    let listed = look("/requests", &[]).body;
    let mut listed: Value = serde_json::from_str(&listed).expect("JSON");
    let listed = listed["requests"].as_array_mut().expect("a list");
    let mut listed = std::mem::take(listed);
    listed.retain(|one| one["name"] == name);
    listed
}

#[monitored(fields(id))]
fn outer(id: u64) -> String {
    inner(false).expect("it works");
    let trace = here();
    let _ = inner(true);
    trace
}

#[test]
fn a_call_with_calls_inside_is_the_root_of_their_trace() {
    alone!();
    log();
    let trace = outer(7);
    assert_eq!(trace::current_trace_id(), None, "it has ended");
    let kept = only(&trace);
    assert_eq!(shape(&kept), [(0, "outer"), (1, "inner"), (1, "inner")]);
    assert_eq!(
        kept["reason"], "failed",
        "an unexpected error came out of a call"
    );
    let spans = spans(&kept);
    assert_eq!(
        (&spans[0]["kind"], &spans[0]["fields"]["id"]),
        (&"call".into(), &7.into())
    );
    assert_ne!(outer(8), trace, "each has a trace of its own");
}

#[monitored]
fn quiet_leaf() {}

#[monitored(fields(id))]
fn failing_leaf(id: u64) -> Result<(), std::io::Error> {
    Err(std::io::Error::other(format!("no disk {id}")))
}

#[monitored]
fn panicking_leaf() {
    panic!("boom");
}

#[test]
fn a_call_without_calls_inside_is_kept_only_if_it_fails() {
    alone!();
    log();
    for _ in 0..3 {
        quiet_leaf();
    }
    assert_eq!(kept("quiet_leaf").len(), 0);
    let _ = failing_leaf(7);
    let _ = catch_unwind(AssertUnwindSafe(panicking_leaf));
    for (name, outcome) in [("failing_leaf", "error"), ("panicking_leaf", "panic")] {
        let kept = kept(name);
        assert_eq!(kept.len(), 1, "{name}");
        assert_eq!(
            (&kept[0]["reason"], &kept[0]["outcome"]),
            (&"failed".into(), &outcome.into())
        );
    }
    let failed = kept("failing_leaf");
    let whole = only(failed[0]["trace_id"].as_str().expect("an id"));
    assert_eq!(spans(&whole)[0]["fields"]["id"], 7);
    assert_eq!(spans(&whole)[0]["error"][0]["text"], "no disk 7");
}

#[monitored(fields(id))]
async fn waits(id: u64, go: &Notify) -> String {
    inner(false).expect("it works");
    go.notified().await;
    inner(false).expect("it works");
    let child = task::spawn(async {
        let _ = inner(true);
        here()
    });
    assert_eq!(child.await.expect("it ends"), here(), "a task of the call");
    here()
}

#[monitored]
async fn waits_only(go: &Notify) {
    go.notified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_is_in_flight_and_takes_its_trace_along() {
    alone!();
    log();
    let go: &'static Notify = Box::leak(Box::default());
    let waiting = tokio::spawn(waits(9, go));
    let listed = monitor_tests::process::wait_for("the waiting call", || {
        let calls: Value = serde_json::from_str(&look("/calls", &[]).body).expect("JSON");
        let calls = calls["requests"].as_array().expect("a list").clone();
        calls.into_iter().find(|one| one["name"] == "waits")
    });
    let id = listed["trace_id"].as_str().expect("an id").to_owned();
    assert_eq!(listed["fields"]["id"], 9);
    let root = &only(&id)["spans"][0];
    assert_eq!(
        (&root["outcome"], &root["fields"]["id"]),
        (&Value::Null, &9.into())
    );
    go.notify_one();
    assert_eq!(waiting.await.expect("it ends"), id);
    let whole = monitor_tests::process::wait_for("the end of its task", || {
        let whole = story(&id)?;
        (whole["requests"][0]["reason"] == "failed").then_some(whole)
    });
    let shape = shape(&whole["requests"][0]);
    assert_eq!(
        (shape[0], shape[1], shape[2]),
        ((0, "waits"), (1, "inner"), (1, "inner"))
    );
    assert_eq!(shape[4], (2, "inner"), "{shape:?}");
}

#[test]
fn a_dropped_call_is_kept_as_cancelled_and_leaves_the_thread_as_it_was() {
    alone!();
    log();
    let go = Notify::new();
    let mut waiting = Box::pin(waits_only(&go));
    assert!(poll(waiting.as_mut()).is_pending());
    assert_eq!(trace::current_trace_id(), None, "it is not being polled");
    let other = outer(10);
    drop(waiting);
    assert_eq!(trace::current_trace_id(), None);
    let kept = kept("waits_only");
    assert_eq!((kept.len(), &kept[0]["reason"]), (1, &"cancelled".into()));
    assert_ne!(kept[0]["trace_id"], other.as_str());
    // Polled by another call, it stays in its own trace.
    let mut waiting = Box::pin(waits_only(&go));
    assert!(poll(waiting.as_mut()).is_pending());
    go.notify_one();
    assert!(polls(waiting.as_mut()).is_ready());
}

#[monitored]
fn polls(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> std::task::Poll<()> {
    let trace = here();
    let polled = poll(future);
    assert_eq!(here(), trace);
    polled
}

#[monitored]
fn asks() -> Option<trace::TraceContext> {
    trace::current()
}

#[test]
fn a_request_to_another_service_names_the_call() {
    alone!();
    log();
    let context = asks().expect("a trace");
    let mut headers = http::HeaderMap::new();
    context.inject(&mut headers);
    let sent = headers["traceparent"].to_str().expect("ASCII");
    assert!(sent.contains(&context.trace_id().to_string()));
    // A context of the caller goes on.
    let caller = trace::TraceContext::extract(&headers).expect("a context");
    let inside = caller.scope(asks).expect("a trace");
    assert_eq!(inside.trace_id(), caller.trace_id());
    assert_ne!(inside.span_id(), caller.span_id(), "a span of its own");
}

#[monitored(fields(number))]
async fn take(number: u64) -> Result<String, std::io::Error> {
    tokio::task::yield_now().await;
    if number == 1 {
        return Err(std::io::Error::other("no disk"));
    }
    Ok(here())
}

#[tokio::test]
async fn each_message_of_a_worker_may_have_a_trace_of_its_own() {
    alone!();
    log();
    let mut headers = http::HeaderMap::new();
    let sender = trace::TraceContext::new();
    sender.inject(&mut headers);
    let worker = task::spawn(async move {
        let traces = [trace::TraceContext::new(), trace::TraceContext::new()];
        let ids = traces.each_ref().map(trace::TraceContext::trace_id);
        for (number, trace) in (0..).zip(traces) {
            let _ = trace.follow(take(number)).await;
        }
        // A message that came with a context goes on in it.
        let sent = trace::TraceContext::extract(&headers).expect("a context");
        let seen = sent.follow(take(2)).await.expect("it works");
        (ids, seen)
    });
    let ([_, failed], seen) = worker.await.expect("it ends");
    let failed = only(&failed.to_string());
    assert_eq!(
        (&failed["name"], &failed["reason"]),
        (&"take".into(), &"failed".into())
    );
    assert_eq!(seen, sender.trace_id().to_string());
    let continued = only(&seen);
    assert_eq!(continued["caller_span_id"], sender.span_id().to_string());
    assert_ne!(
        spans(&continued)[0]["span_id"],
        sender.span_id().to_string()
    );
}

/// A layer that asks for the trace when a call has ended.
struct Asks;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Asks {
    fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        assert!(trace::current_trace_id().is_some(), "an outermost call");
    }
}

#[monitored]
fn asked_about() {}

#[test]
fn a_trace_that_a_layer_asks_for_at_the_end_ends_with_the_call() {
    alone!();
    monitor_tests::monitor();
    let subscriber =
        tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), Asks);
    tracing::subscriber::with_default(subscriber, asked_about);
    let calls = look("/calls", &[]).body;
    assert!(!calls.contains("asked_about"), "{calls}");
}

#[monitored(span = false)]
fn unrecorded(go: &mpsc::Receiver<()>) {
    go.recv().expect("the test tells");
}

#[monitored]
fn hangs(go: &mpsc::Receiver<()>) {
    unrecorded(go);
}

#[monitored]
async fn blocks_its_worker(go: &mpsc::Receiver<()>) {
    unrecorded(go);
}

#[monitored]
fn hangs_with_a_record(go: &mpsc::Receiver<()>) {
    inner(false).expect("it works");
    unrecorded(go);
}

/// The calls in flight that have a name.
fn in_flight(name: &str, query: &str) -> Vec<Value> {
    let calls = look(&format!("/calls{query}"), &[]).body;
    let mut calls: Value = serde_json::from_str(&calls).expect("JSON");
    let mut calls = std::mem::take(calls["requests"].as_array_mut().expect("a list"));
    calls.retain(|one| one["name"] == name);
    calls
}

/// Runs code that hangs on a thread with a name, asserts that it is in flight as `name`, and lets it end.
fn hang(name: &str, code: impl FnOnce(mpsc::Receiver<()>) + Send + 'static) -> Value {
    let (go, waits) = mpsc::channel();
    let thread = thread::Builder::new().name("consumer".into());
    let thread = thread.spawn(move || code(waits)).expect("a thread");
    let listed = monitor_tests::process::wait_for(name, || in_flight(name, "").pop());
    thread::sleep(Duration::from_millis(20));
    let later = in_flight(name, "?older=15ms");
    assert_eq!(later.len(), 1, "{later:?}");
    let ages = [&listed, &later[0]].map(|one| one["age_ms"].as_f64().expect("an age"));
    assert!(ages[0] + 15.0 <= ages[1] && ages[1] < 60e3, "{ages:?}");
    assert_eq!(in_flight(name, "?older=1h").len(), 0);
    let text = look("/calls?format=text", &[]).body;
    let line = text
        .lines()
        .find(|line| line.contains(name))
        .expect("a line");
    assert_eq!(
        line.ends_with(&format!("{name}  on thread \"consumer\"")),
        later[0]["trace_id"].is_null(),
        "{text}"
    );
    go.send(()).expect("it waits");
    thread.join().expect("no panic");
    assert_eq!(in_flight(name, "").len(), 0, "it has ended");
    listed
}

#[test]
fn a_call_that_hangs_without_a_record_is_in_flight_with_its_thread() {
    alone!();
    log();
    // The first call of a function takes another way than those after it.
    for name in ["hangs", "hangs", "blocks_its_worker", "blocks_its_worker"] {
        let listed = hang(name, move |waits| {
            quiet_leaf();
            if name == "hangs" {
                hangs(&waits);
            } else {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime
                    .expect("a runtime")
                    .block_on(blocks_its_worker(&waits));
            }
        });
        assert_eq!(listed["thread"], "consumer");
        assert!(listed.get("trace_id").is_none(), "{listed}");
        assert_eq!(listed["calls"], serde_json::json!([]));
    }
    let listed = hang("hangs_with_a_record", |waits| hangs_with_a_record(&waits));
    assert!(
        listed["trace_id"].is_string() && listed.get("thread").is_none(),
        "{listed}"
    );
    // A thread that panics out of a call, and one that has ended, have none.
    let panics = thread::spawn(|| catch_unwind(panicking_leaf).is_err());
    assert!(panics.join().expect("it is caught"));
    assert_eq!(in_flight("panicking_leaf", "").len(), 0);
}

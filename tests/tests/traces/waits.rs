//! Running, waiting and scheduled: the parts of a request's time, of its tasks' and of its calls'.

use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::pin;
use std::time::{Duration, Instant};

use monitor_runtime::{monitored, task};
use monitor_tests::{alone, log, monitor, poll};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::{look, only, request, spans, story};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Occupies the thread.
fn spin(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.expect("a runtime").block_on(future)
}

/// The parts of the time of a span, in milliseconds.
#[derive(Debug)]
struct Spent {
    running: f64,
    waiting: f64,
    scheduled: Option<f64>,
}

#[track_caller]
fn spent(request: &Value, name: &str) -> Spent {
    let mut found = spans(request).iter().filter(|span| span["name"] == name);
    let span = found
        .next()
        .unwrap_or_else(|| panic!("{name} in {request:#}"));
    assert!(found.next().is_none(), "{name} once");
    let waiting = span["waiting_ms"].as_f64().expect("it is a future");
    let scheduled = span.get("scheduled_ms").and_then(Value::as_f64);
    assert!(scheduled.unwrap_or_default() <= waiting, "{span:#}");
    Spent {
        running: span["duration_ms"].as_f64().expect("a duration") - waiting,
        waiting,
        scheduled,
    }
}

#[monitored]
async fn computes_and_asks() {
    spin(ms(6));
    sleep(ms(30)).await;
    spin(ms(6));
    sleep(ms(30)).await;
}

#[monitored]
fn computes() {
    spin(ms(2));
}

#[monitored]
async fn never_waits() {}

/// A call that runs for 12 ms and waits for 60, in a request that runs for 4 more.
async fn handle() -> u16 {
    spin(ms(2));
    computes_and_asks().await;
    computes();
    never_waits().await;
    500
}

#[track_caller]
fn is_split(request: &Value, route: &str) {
    let call = spent(request, "computes_and_asks");
    assert!((12.0..100.0).contains(&call.running), "{call:?}");
    assert!((58.0..300.0).contains(&call.waiting), "{call:?}");
    assert_eq!(call.scheduled, None, "known of tasks");
    let whole = spent(request, &format!("GET {route}"));
    assert!((16.0..120.0).contains(&whole.running), "{whole:?}");
    assert!((58.0..300.0).contains(&whole.waiting), "{whole:?}");
    let scheduled = whole.scheduled.expect("known of requests");
    assert!(scheduled < 58.0, "the thread was free: {whole:?}");
    let ready = spent(request, "never_waits");
    assert!(
        ready.waiting == 0.0 && ready.scheduled.is_none(),
        "{ready:?}"
    );
    let plain = spans(request)
        .iter()
        .find(|span| span["name"] == "computes");
    let plain = plain.expect("it is recorded");
    assert!(plain.get("waiting_ms").is_none(), "no future: {plain}");
}

#[test]
fn the_time_of_a_request_is_split_into_running_and_waiting() {
    monitor();
    let trace = run(request("/waits/split", handle));
    is_split(&only(&trace), "/waits/split");
}

#[test]
fn it_is_split_while_a_subscriber_wants_the_calls() {
    alone!();
    log();
    let trace = run(request("/waits/logged", handle));
    is_split(&only(&trace), "/waits/logged");
}

#[test]
fn a_request_that_is_woken_waits_for_its_thread() {
    monitor();
    let trace = run(async {
        let news = std::sync::Arc::new(Notify::new());
        let told = std::sync::Arc::clone(&news);
        let request = request("/waits/scheduled", || async move {
            tokio::task::spawn(async move {
                sleep(ms(20)).await;
                told.notify_one();
                // The thread is not free for the request.
                spin(ms(40));
            });
            news.notified().await;
            500
        });
        request.await
    });
    let whole = spent(&only(&trace), "GET /waits/scheduled");
    let scheduled = whole.scheduled.expect("known of requests");
    assert!((39.0..200.0).contains(&scheduled), "{whole:?}");
    assert!(whole.waiting - scheduled >= 18.0, "{whole:?}");
    assert!(whole.running < 39.0, "{whole:?}");
}

/// Returns the span of the only task of a request.
fn task_of(request: &Value) -> Spent {
    let tasks = spans(request).iter().filter(|span| span["kind"] == "task");
    let names: Vec<_> = tasks
        .map(|span| span["name"].as_str().expect("a name"))
        .collect();
    let [name] = names[..] else {
        panic!("one task: {names:?}");
    };
    spent(request, name)
}

#[test]
fn a_spawned_task_is_scheduled_until_its_first_poll() {
    monitor();
    let trace = run(request("/waits/spawned", || async {
        let task = task::spawn(async {
            spin(ms(5));
            sleep(ms(20)).await;
        });
        spin(ms(30));
        task.await.expect("it ends");
        500
    }));
    let task = task_of(&only(&trace));
    let scheduled = task.scheduled.expect("known of tasks");
    assert!((29.0..200.0).contains(&scheduled), "{task:?}");
    assert!(task.waiting >= scheduled + 18.0, "{task:?}");
    assert!((5.0..100.0).contains(&task.running), "{task:?}");
}

#[test]
fn blocking_code_is_scheduled_until_the_pool_has_a_thread() {
    monitor();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build();
    let trace = runtime
        .expect("a runtime")
        .block_on(request("/waits/blocking", || async {
            let first = tokio::task::spawn_blocking(|| std::thread::sleep(ms(40)));
            let second = task::spawn_blocking(|| spin(ms(5)));
            second.await.expect("it ends");
            first.await.expect("it ends");
            500
        }));
    let task = task_of(&only(&trace));
    let scheduled = task.scheduled.expect("known of tasks");
    assert!((35.0..200.0).contains(&scheduled), "{task:?}");
    assert!((5.0..100.0).contains(&task.running), "{task:?}");
}

#[monitored]
async fn is_dropped() {
    std::future::pending::<()>().await;
}

#[test]
fn a_call_that_is_cancelled_has_waited_until_then() {
    monitor();
    let trace = run(request("/waits/cancelled", || async {
        let timeout = tokio::time::timeout(ms(30), is_dropped());
        timeout.await.expect_err("it takes for ever");
        500
    }));
    let call = spent(&only(&trace), "is_dropped");
    assert!((29.0..200.0).contains(&call.waiting), "{call:?}");
    assert!(call.running < 29.0, "{call:?}");
}

#[test]
fn the_wait_of_a_request_in_flight_grows() {
    monitor();
    let id = Cell::new(None);
    let handled = request("/waits/in-flight", || async {
        id.set(monitor_runtime::trace::current_trace_id());
        is_dropped().await;
        500
    });
    let mut handled = pin!(handled);
    assert!(poll(handled.as_mut()).is_pending());
    let trace = id.get().expect("inside the request").to_string();
    let waiting = |name| spent(&only(&trace), name).waiting;
    let (before, call_before) = (waiting("GET /waits/in-flight"), waiting("is_dropped"));
    std::thread::sleep(ms(30));
    assert!(waiting("GET /waits/in-flight") >= before + 30.0);
    assert!(waiting("is_dropped") >= call_before + 30.0);
    assert!(story(&trace).is_some());
}

#[test]
fn a_request_and_a_task_in_flight_are_scheduled_from_their_wakes_on() {
    monitor();
    run(async {
        let news = Notify::new();
        let id = Cell::new(None);
        let handled = request("/waits/woken", || async {
            id.set(monitor_runtime::trace::current_trace_id());
            let task = task::spawn(async {});
            news.notified().await;
            task.await.expect("it ends");
            500
        });
        let mut handled = pin!(handled);
        assert!(poll(handled.as_mut()).is_pending());
        let trace = id.get().expect("inside the request").to_string();
        let scheduled = || {
            let request = only(&trace);
            let whole = spent(&request, "GET /waits/woken");
            let task = task_of(&request);
            [whole, task].map(|span| span.scheduled.expect("it is known"))
        };
        spin(ms(20));
        let [whole, task] = scheduled();
        assert!(whole < f64::EPSILON, "it waits for the news");
        assert!(task >= 20.0, "it is spawned, and no thread is free");
        news.notify_one();
        spin(ms(30));
        let [whole, _] = scheduled();
        assert!((30.0..200.0).contains(&whole), "no thread is free: {whole}");
        let calls = look("/calls", &[("Accept", "text/plain")]).body;
        let line = calls.lines().find(|line| line.contains(&trace));
        let line = line.expect("it is in flight");
        assert!(line.contains("GET /waits/woken  scheduled "), "{line}");
        handled.await;
        let [whole, task] = scheduled();
        assert!(whole >= 30.0 && task >= 50.0, "{whole} {task}");
    });
}

/// Occupies the thread when it is dropped.
struct SpinsAtDrop(Duration);

impl Drop for SpinsAtDrop {
    fn drop(&mut self) {
        spin(self.0);
    }
}

#[test]
fn what_a_dropped_future_does_is_no_wait() {
    monitor();
    let (told, trace) = std::sync::mpsc::channel();
    run(async {
        let request = request("/waits/dropped", || async move {
            told.send(monitor_runtime::trace::current_trace_id())
                .expect("it is received");
            let task = task::spawn(async {
                let _late = SpinsAtDrop(ms(30));
                pending::<()>().await;
            });
            sleep(ms(5)).await;
            task.abort();
            task.await.expect_err("it is aborted");
            let _late = SpinsAtDrop(ms(40));
            pending().await
        });
        timeout(ms(60), request).await.expect_err("it never ends");
    });
    let trace = trace.recv().expect("the handler ran").expect("a trace");
    let trace = only(&trace.to_string());
    let task = task_of(&trace);
    assert!(task.running >= 29.0 && task.waiting < 29.0, "{task:?}");
    let whole = spent(&trace, "GET /waits/dropped");
    assert!(whole.running >= 39.0, "{whole:?}");
}

#[test]
fn a_task_that_is_aborted_once_it_was_woken_was_scheduled() {
    monitor();
    let trace = run(request("/waits/aborted", || async {
        let news = std::sync::Arc::new(Notify::new());
        let told = std::sync::Arc::clone(&news);
        let task = task::spawn(async move { news.notified().await });
        sleep(ms(5)).await;
        told.notify_one();
        spin(ms(30));
        task.abort();
        task.await.expect_err("it is aborted");
        500
    }));
    let task = task_of(&only(&trace));
    let scheduled = task.scheduled.expect("known of tasks");
    assert!((29.0..200.0).contains(&scheduled), "{task:?}");
}

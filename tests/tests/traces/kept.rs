//! The judge: which requests are kept, for which reason, and how many.

use std::sync::Arc;
use std::time::Duration;

use monitor_runtime::{Classify, Objective, monitored, task, trace};
use monitor_tests::{alone, monitor, scrape};
use serde_json::Value;
use tokio::sync::Barrier;

use super::{look, only, request, shape, spans, story};

#[monitored(fields(id))]
async fn load(id: u64) -> Result<u64, std::io::Error> {
    if id == 7 {
        return Err(std::io::Error::other("no disk"));
    }
    Ok(id)
}

#[monitored]
async fn handled(id: u64) -> u64 {
    load(id).await.unwrap_or(0)
}

#[monitored]
fn small() {}

#[monitored(slow = "1ms")]
async fn slow() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

const PROMPT: Objective = Objective::new("prompt").latency(Duration::from_millis(100), 99.0);

#[monitored(objective = PROMPT)]
async fn promised(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

fn reason(trace: &str) -> Option<Value> {
    Some(story(trace)?["requests"][0]["reason"].clone())
}

fn judged(reason: &str) -> f64 {
    let counted = scrape().value("monitor_traces_total", &[("reason", reason)]);
    counted.expect("it is there from the start")
}

#[tokio::test]
async fn a_request_is_kept_for_what_went_wrong_in_it() {
    monitor();
    let before = judged("failed");
    let failed = request("/kept/failed", || async { 503 }).await;
    let inside = request("/kept/inside", || async {
        u16::from(handled(7).await > 0) + 200
    })
    .await;
    for (trace, outcome) in [(&failed, "error"), (&inside, "ok")] {
        let kept = only(trace);
        assert_eq!(
            (&kept["reason"], &kept["outcome"]),
            (&"failed".into(), &outcome.into())
        );
    }
    assert!(judged("failed") >= before + 2.0);
    let kept = only(&inside);
    assert_eq!(
        shape(&kept),
        [(0, "GET /kept/inside"), (1, "handled"), (2, "load")]
    );
    let load = &spans(&kept)[2];
    assert_eq!(load["fields"]["id"], 7);
    assert_eq!(load["error"][0]["text"], "no disk");
    assert_eq!(load["outcome"], "error");
    let text = look(&format!("/requests/{inside}?format=text"), &[]).body;
    assert!(
        text.contains("load id=7") && text.contains("no disk"),
        "{text}"
    );
}

#[tokio::test]
async fn slow_and_cancelled_requests_are_kept_as_such() {
    monitor();
    // The first five of a route are its slowest; after them, an ordinary one in ten seconds.
    let mut ordinary = Vec::new();
    for _ in 0..40 {
        ordinary.push(request("/kept/ordinary", || async { 200 }).await);
    }
    let kept: Vec<_> = ordinary.iter().filter_map(|trace| reason(trace)).collect();
    assert!(kept.len() <= 6, "{kept:?}");
    assert!(
        kept.iter()
            .all(|reason| reason == "slow" || reason == "share")
    );
    for _ in 0..8 {
        let trace = request("/kept/slow", || async {
            slow().await;
            200
        });
        let trace = trace.await;
        assert_eq!(reason(&trace).unwrap_or("slow".into()), "slow");
    }
    let listed = look("/requests", &[]).body;
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let of_route = |request: &&Value| request["name"] == "GET /kept/slow";
    let listed = listed["requests"].as_array().expect("a list").iter();
    assert_eq!(
        listed.filter(of_route).count(),
        5,
        "five of a route and reason"
    );
}

#[monitored]
async fn never_done() {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_cancelled_request_or_task_says_who_cancelled_it() {
    const MOMENT: Duration = Duration::from_millis(5);
    monitor();
    let (told, trace) = std::sync::mpsc::channel();
    let tell = move || {
        let sent = told.send(trace::current_trace_id());
        sent.expect("the test waits");
    };
    let asked = request("/kept/cancelled", || async {
        let late = tokio::time::timeout(MOMENT, never_done());
        late.await.expect_err("it waits for ever");
        tell();
        never_done().await;
        200
    });
    let late = tokio::time::timeout(20 * MOMENT, asked);
    late.await.expect_err("it waits for ever");
    let trace = trace.recv().expect("told").expect("a trace").to_string();
    let kept = only(&trace);
    assert_eq!(
        (&kept["reason"], &kept["cancel_reason"]),
        (&"cancelled".into(), &"client".into())
    );
    let classes: Vec<_> = spans(&kept).iter().map(|span| &span["class"]).collect();
    assert_eq!(classes, ["client", "caller", "client"]);
    let text = look(&format!("/requests/{trace}?format=text"), &[]).body;
    assert!(text.contains("never_done  cancelled  client"), "{text}");

    let (told, trace) = tokio::sync::oneshot::channel();
    let aborted = task::spawn(async {
        told.send(trace::current_trace_id())
            .expect("the test waits");
        never_done().await;
    });
    let trace = trace.await.expect("told").expect("a trace").to_string();
    aborted.abort();
    aborted.await.expect_err("aborted");
    let kept = only(&trace);
    assert_eq!(kept["cancel_reason"], "aborted");
    let classes: Vec<_> = spans(&kept).iter().map(|span| &span["class"]).collect();
    assert_eq!(classes, ["aborted", "aborted"]);
}

#[tokio::test]
async fn a_verbose_future_that_is_dropped_says_who_dropped_it() {
    monitor();
    let (told, trace) = tokio::sync::oneshot::channel();
    let verbose = monitor_runtime::logs::verbose(tracing::Level::DEBUG, async {
        told.send(trace::current_trace_id())
            .expect("the test waits");
        never_done().await;
    });
    let aborted = tokio::spawn(verbose);
    let trace = trace.await.expect("told").expect("a trace").to_string();
    aborted.abort();
    aborted.await.expect_err("aborted");
    let kept = only(&trace);
    let classes: Vec<_> = spans(&kept).iter().map(|span| &span["class"]).collect();
    assert_eq!(classes, ["aborted", "aborted"]);
}

#[tokio::test]
async fn a_call_beyond_the_latency_of_its_objective_is_slow() {
    monitor();
    for (milliseconds, slow) in [(150, Some(true)), (0, None)] {
        // Kept as failed, whatever its calls took.
        let trace = request("/kept/promised", move || async move {
            promised(milliseconds).await;
            500
        });
        let kept = only(&trace.await);
        let call = &spans(&kept)[1];
        assert_eq!(call["slow"].as_bool(), slow, "{call}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_fails_after_its_request_has_the_whole_story_kept() {
    monitor();
    let (go, waits) = tokio::sync::oneshot::channel::<()>();
    let trace = request("/kept/task", || async {
        task::spawn(async {
            let _ = waits.await;
            load(7).await
        });
        200
    });
    let trace = trace.await;
    assert_ne!(only(&trace)["reason"], "failed");
    go.send(()).expect("the task waits");
    let kept = monitor_tests::process::wait_for("the failure", || {
        reason(&trace).filter(|reason| *reason == "failed")
    });
    assert_eq!(kept, "failed", "whatever it was kept for before");
    let kept = only(&trace);
    let shape = shape(&kept);
    assert_eq!(shape[0], (0, "GET /kept/task"));
    assert!(
        shape[1].1.starts_with("task tests/tests/traces/kept.rs:"),
        "{shape:?}"
    );
    assert_eq!(shape[2], (2, "load"));
}

#[monitored(fields(id))]
fn breaks(id: u64) {
    panic!("message {id} is broken");
}

#[monitored(fields(id))]
fn boxed(id: u64) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, std::io::Error>> + Send>> {
    Box::pin(load(id))
}

#[derive(Debug, thiserror::Error, Classify)]
enum Refused {
    #[error("as often")]
    #[monitor(expected)]
    AsOften,
}

#[monitored]
fn refuses() -> Result<(), Refused> {
    Err(Refused::AsOften)
}

/// Handles messages until there are no more. Each has the name of the way in which it ends.
#[monitored]
async fn consumes(mut messages: tokio::sync::mpsc::Receiver<&'static str>) {
    while let Some(message) = messages.recv().await {
        match message {
            "sync" => drop(std::panic::catch_unwind(|| breaks(7))),
            "async" => drop(load(7).await),
            "boxed" => drop(boxed(7).await),
            "expected" => drop(refuses()),
            "cancelled" => drop(tokio::time::timeout(Duration::from_millis(1), never_done()).await),
            _ => small(),
        }
    }
}

/// Returns the kept requests that have a name and are not kept for a share or as slow.
fn failed(name: &str) -> Vec<Value> {
    let listed = look("/requests", &[]).body;
    let mut listed: Value = serde_json::from_str(&listed).expect("JSON");
    let mut listed = std::mem::take(listed["requests"].as_array_mut().expect("a list"));
    listed.retain(|one| one["name"].as_str().expect("a name").starts_with(name));
    listed.retain(|one| one["reason"] == "failed");
    listed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_a_worker_that_never_ends_is_kept_at_once_and_counted_once() {
    alone!();
    monitor_tests::log();
    let is_gone =
        |messages: &tokio::sync::mpsc::Sender<_>| messages.capacity() == messages.max_capacity();
    for (count, (message, call)) in
        (0..).zip([("sync", "breaks"), ("async", "load"), ("boxed", "load")])
    {
        for (place, name) in [(0, "consumes"), (1, "task tests/tests/traces/kept.rs:")] {
            let counted = f64::from(2 * count + place);
            let before = failed(name).len();
            let (messages, received) = tokio::sync::mpsc::channel(1);
            let worker = if place == 0 {
                tokio::spawn(consumes(received))
            } else {
                task::spawn(async { consumes(received).await })
            };
            for message in ["ok", "expected", "cancelled", "ok", "ok"] {
                messages.send(message).await.expect("it runs");
            }
            assert_eq!(
                (failed(name).len(), judged("failed")),
                (before, counted),
                "{message}"
            );
            messages.send(message).await.expect("it runs");
            for _ in 0..300 {
                messages.send("ok").await.expect("it runs");
            }
            monitor_tests::process::wait_for("its messages", || is_gone(&messages).then_some(()));
            assert_eq!(
                (failed(name).len(), judged("failed")),
                (before + 1, counted + 1.0),
                "{message}"
            );
            let kept = failed(name).remove(0);
            assert!(kept["outcome"].is_null(), "it runs: {kept}");
            let whole = only(kept["trace_id"].as_str().expect("an id"));
            let fails = spans(&whole)
                .iter()
                .find(|span| span["name"] == call && !span["error"].is_null());
            assert!(fails.is_some(), "among the last 200 spans: {whole:#}");
            drop(messages);
            worker.await.expect("it ends");
            assert_eq!(
                (failed(name).len(), judged("failed")),
                (before + 1, counted + 1.0),
                "{message}"
            );
            let again = failed(name).remove(0);
            assert_eq!(
                (&again["trace_id"], &again["outcome"]),
                (&kept["trace_id"], &"ok".into())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_more_tasks_than_its_record_has_room_for_ends_once() {
    const TASKS: usize = 300;
    const CALLS: usize = 50;
    monitor();
    let trace = request("/kept/tasks", || async {
        let all_run = Arc::new(Barrier::new(TASKS + 1));
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let all_run = Arc::clone(&all_run);
                task::spawn(async move { all_run.wait().await })
            })
            .collect();
        // All places are taken by tasks that have not ended.
        (0..CALLS).for_each(|_| small());
        all_run.wait().await;
        for task in tasks {
            task.await.expect("no panic");
        }
        let here = trace::current_trace_id().expect("inside a request");
        let running = only(&here.to_string());
        assert!(
            running["outcome"].is_null(),
            "only its own end ends it: {running}"
        );
        500
    });
    let kept = only(&trace.await);
    assert_eq!(
        (&kept["outcome"], &kept["reason"]),
        (&"error".into(), &"failed".into())
    );
    let (shown, left_out) = (spans(&kept).len(), kept["spans_left_out"].as_u64());
    assert_eq!(left_out, u64::try_from(TASKS + CALLS + 1 - shown).ok());
    assert!(spans(&kept).iter().all(|span| !span["outcome"].is_null()));
}

#[test]
fn a_wrong_question_names_the_fix() {
    monitor();
    for (path, status, fix) in [
        ("/requests/xyz", 400, "32 hexadecimal digits"),
        (
            "/requests/0123456789abcdef0123456789abcdeF",
            400,
            "32 hexadecimal digits",
        ),
        (
            "/requests/0123456789abcdef0123456789abcdef",
            404,
            "/requests lists",
        ),
        ("/requests?format=xml", 400, "`json` and `text`"),
        ("/calls?older=soon", 400, "older=30s"),
    ] {
        let answer = look(path, &[]);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains(fix), "{path}: {}", answer.body);
    }
}

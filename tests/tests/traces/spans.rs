//! The innermost span: in the log, in headers, and beside the spans of other crates.

use monitor_runtime::monitored;
use monitor_runtime::trace::{self, TraceContext};
use monitor_tests::{alone, monitor};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use super::{only, request, shape, spans};

#[monitored]
fn inner() -> TraceContext {
    trace::current().expect("inside a request")
}

#[monitored]
async fn outer() -> [TraceContext; 4] {
    let before = trace::current().expect("inside a request");
    let inner = inner();
    tokio::task::yield_now().await;
    let child = before.child();
    let in_child = child.scope(|| {
        self::inner();
        trace::current().expect("inside a child")
    });
    assert_eq!(in_child, child, "restored after a call inside it");
    [
        before,
        inner,
        trace::current().expect("inside a request"),
        child,
    ]
}

#[tokio::test]
async fn injected_headers_name_the_innermost_call() {
    monitor();
    let kept = std::cell::Cell::new(None);
    let trace = request("/spans/innermost", || async {
        kept.set(Some(outer().await));
        500
    });
    let trace = trace.await;
    let story = only(&trace);
    assert_eq!(
        shape(&story),
        [
            (0, "GET /spans/innermost"),
            (1, "outer"),
            (2, "inner"),
            (2, "inner")
        ]
    );
    let [before, inner, after, child] = kept.take().expect("it ran");
    assert_eq!(before, after);
    let all = spans(&story);
    assert_eq!(all[1]["span_id"], before.span_id().to_string());
    assert_eq!(all[2]["span_id"], inner.span_id().to_string());
    assert_ne!(child.span_id(), before.span_id());
    assert_eq!(all[0]["parent_id"], serde_json::Value::Null);
}

#[tracing::instrument(fields(password = "hunter2", table = "orders"))]
async fn query() {
    tokio::task::yield_now().await;
    inner();
}

#[test]
fn spans_of_other_crates_stand_between_the_calls() {
    alone!();
    monitor();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::EnvFilter::new("info"))
        .with(monitor_runtime::logs::request_layer());
    let _subscriber = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let handled = request("/spans/foreign", || async {
        query().await;
        let polled = async {
            inner();
            tracing::debug_span!("hidden").in_scope(inner);
        };
        polled.instrument(tracing::info_span!("step")).await;
        500
    });
    let trace = runtime.expect("a runtime").block_on(handled);
    let story = only(&trace);
    assert_eq!(
        shape(&story),
        [
            (0, "GET /spans/foreign"),
            (1, "query"),
            (2, "inner"),
            (1, "step"),
            (2, "inner"),
            (2, "inner")
        ]
    );
    let query = &spans(&story)[1];
    assert_eq!(query["kind"], "span");
    assert_eq!(query["outcome"], "ok");
    assert_eq!(query["fields"]["table"], "orders");
    assert!(!query.to_string().contains("hunter2"), "{query}");
}

#[monitored]
fn keeps_entered() -> tracing::span::EnteredSpan {
    tracing::info_span!("kept").entered()
}

#[monitored]
fn around_kept() {
    let kept = keeps_entered();
    inner();
    drop(kept);
    inner();
}

#[test]
fn calls_end_although_a_span_inside_is_left_after_them() {
    alone!();
    monitor();
    let subscriber = tracing_subscriber::registry().with(monitor_runtime::logs::request_layer());
    let _subscriber = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let handled = request("/spans/kept", || async {
        around_kept();
        inner();
        500
    });
    let trace = runtime.expect("a runtime").block_on(handled);
    let story = only(&trace);
    let spans = spans(&story);
    assert_eq!(spans.len(), 7, "{story}");
    for span in &spans[1..] {
        assert_eq!(span["outcome"], "ok", "{story}");
    }
    let last = spans.last().expect("a span");
    assert_eq!(last["parent_id"], spans[0]["span_id"], "{story}");
}

#[test]
fn a_span_of_another_crate_in_a_child_leaves_the_child_as_it_was() {
    alone!();
    monitor();
    let subscriber = tracing_subscriber::registry().with(monitor_runtime::logs::request_layer());
    let _subscriber = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let handled = request("/spans/child", || async {
        let child = trace::current().expect("inside a request").child();
        let after = child.scope(|| {
            tracing::info_span!("inside a child").in_scope(inner);
            trace::current().expect("inside a child")
        });
        assert_eq!(after, child);
        500
    });
    let trace = runtime.expect("a runtime").block_on(handled);
    let story = only(&trace);
    let names: Vec<_> = shape(&story).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["GET /spans/child", "inside a child", "inner"]);
}

//! The monitored calls of a sampled request are the spans of its transaction.

use std::convert::Infallible;
use std::pin::pin;

use http::{Request, Response};
use http_body_util::BodyExt;
use monitor_runtime::{http::layer, monitored};
use monitor_tests::process::{Sentry, wait_for};
use monitor_tests::{alone, pause, poll};
use serde_json::Value;
use tower::ServiceExt;

#[monitored]
async fn waits(times: usize) -> Result<usize, String> {
    for _ in 0..times {
        pause().await;
    }
    inner(times)
}

#[monitored]
fn inner(times: usize) -> Result<usize, String> {
    if times == 3 {
        Err("three".into())
    } else {
        Ok(times)
    }
}

#[monitored]
async fn never() {
    pause().await;
    pause().await;
}

#[monitored(level = "trace")]
fn too_short() {}

async fn handle(request: Request<String>) -> Result<Response<String>, Infallible> {
    if request.uri().path() == "/many" {
        (0..250).for_each(|_| drop(inner(1)));
    } else {
        // They take turns on this thread.
        let (one, three) = tokio::join!(waits(1), waits(3));
        assert!(one.is_ok() && three.is_err());
        let mut cancelled = pin!(Some(never()));
        assert!(poll(cancelled.as_mut().as_pin_mut().expect("not dropped")).is_pending());
        cancelled.set(None);
        too_short();
    }
    Ok(Response::new("done".into()))
}

async fn ask(path: &str, parent: Option<&str>) {
    let mut request = Request::get(path);
    if let Some(parent) = parent {
        request = request.header("traceparent", parent);
    }
    let service = layer()
        .routes(["/steps", "/many"])
        .wrap(tower::service_fn(handle));
    let request = request.body(String::new()).expect("a request");
    let answer = service.oneshot(request).await.expect("infallible");
    answer.into_body().collect().await.expect("a body");
}

fn spans<'a>(transaction: &'a Value, name: &str) -> Vec<&'a Value> {
    let spans = transaction["spans"].as_array().expect("spans").iter();
    spans.filter(|span| span["description"] == name).collect()
}

#[tokio::test]
async fn calls_are_spans_where_they_were_made() {
    alone!();
    let sentry = Sentry::start();
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .log_filter("info")
        .sentry_dsn(sentry.dsn())
        .traces_sample_rate(1.0)
        .start_blocking()
        .expect("the runtime starts");
    ask("/steps", None).await;
    ask("/many", None).await;
    // A caller who samples nothing is followed.
    ask(
        "/steps",
        Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
    )
    .await;
    // Outside a request a call has no transaction.
    let _ = inner(7);
    monitor.shutdown().await;

    let sent = wait_for("two transactions", || {
        Some(sentry.items("transaction")).filter(|sent| sent.len() >= 2)
    });
    let [steps, many] = &sent[..] else {
        panic!("two transactions: {sent:#?}");
    };
    let root = &steps["contexts"]["trace"]["span_id"];
    let waits = spans(steps, "waits");
    let inners = spans(steps, "inner");
    assert_eq!((waits.len(), inners.len()), (2, 2));
    for (outer, inner) in waits.iter().zip(&inners) {
        assert_eq!(&outer["parent_span_id"], root);
        assert_eq!(
            inner["parent_span_id"], outer["span_id"],
            "of the same call"
        );
        assert_eq!(outer["data"]["code.namespace"], "http::steps");
    }
    let status = |spans: &[&Value]| {
        spans
            .iter()
            .map(|span| span["status"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(status(&waits), ["ok", "unknown_error"]);
    assert_eq!(status(&spans(steps, "never")), ["cancelled"]);
    assert!(spans(steps, "too_short").is_empty(), "it is not logged");
    assert_eq!(steps["spans"].as_array().map(Vec::len), Some(5));
    // The last ones, with the request itself at most 200.
    let (shown, left_out) = (
        spans(many, "inner").len(),
        many["contexts"]["trace"]["data"]["calls_without_span"].as_u64(),
    );
    assert!((150..200).contains(&shown), "{shown}");
    assert_eq!(left_out, u64::try_from(250 - shown).ok());
}

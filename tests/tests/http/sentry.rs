//! Tests the reports of requests to Sentry: one event per failure, transactions whose number the
//! service decides, and one trace with the services before and after.

use std::convert::Infallible;
use std::future::Future;

use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use monitor_runtime::testkit::{Seen, capture_async};
use monitor_runtime::{Monitor, http::layer, monitored, trace::TracesSampler};
use monitor_tests::alone;
use monitor_tests::process::Sentry;
use serde_json::Value;
use tower::ServiceExt;

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct NotFound(u64);

#[monitored(sentry(throttle = false))]
async fn find(key: u64) -> Result<String, NotFound> {
    tokio::task::yield_now().await;
    Err(NotFound(key))
}

/// Sends one request through the edge, to a handler with code of the service's around it.
async fn ask<H, F>(headers: &[(&str, &str)], handle: H) -> HeaderMap
where
    H: FnOnce(Request<String>) -> F,
    F: Future<Output = StatusCode>,
{
    let mut request = Request::get("/find");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let handle = std::cell::Cell::new(Some(handle));
    let service = tower::service_fn(|request| {
        let handle = handle.take().expect("one request");
        async move {
            let mut response = Response::new(String::new());
            *response.status_mut() = handle(request).await;
            Ok::<_, Infallible>(response)
        }
    });
    let service = layer().routes(["/find"]).wrap(service);
    let request = request.body(String::new()).expect("a request");
    let answer = service.oneshot(request).await.expect("infallible");
    let (head, body) = answer.into_parts();
    body.collect().await.expect("a body");
    head.headers
}

mod lines;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn start(sentry: &Sentry, rate: Option<f32>, sampler: Option<TracesSampler>) -> Monitor {
    let mut builder = monitor_runtime::builder!().addr("off").release("shop@1 b");
    builder = builder.sentry_dsn(sentry.dsn()).environment("testing");
    if let Some(rate) = rate {
        builder = builder.traces_sample_rate(rate);
    }
    if let Some(sampler) = sampler {
        builder = builder.traces_sampler(sampler);
    }
    builder.start_blocking().expect("the runtime starts")
}

async fn ok(_: Request<String>) -> StatusCode {
    StatusCode::OK
}

/// Sends requests and returns how many of them became transactions.
async fn transactions(
    (rate, sampler): (Option<f32>, Option<TracesSampler>),
    requests: usize,
    parent: Option<&str>,
) -> usize {
    let sentry = Sentry::start();
    let monitor = start(&sentry, rate, sampler);
    let headers: Vec<_> = parent
        .map(|parent| ("traceparent", parent))
        .into_iter()
        .collect();
    for _ in 0..requests {
        ask(&headers, ok).await;
    }
    flush();
    monitor.shutdown().await;
    sentry.items("transaction").len()
}

/// Waits until all has arrived, however busy the machine is.
fn flush() {
    let client = sentry::Hub::main().client().expect("a client is bound");
    client.flush(Some(std::time::Duration::from_secs(20)));
}

/// One test, because there is one runtime in a process at a time.
#[tokio::test]
async fn transactions_and_traces() {
    alone!();
    whose_decision_counts().await;
    a_transaction_tells_no_secret().await;
    a_trace_goes_on_from_sentrys_headers().await;
    a_trace_goes_on_to_the_next_service().await;
}

async fn whose_decision_counts() {
    let [yes, no] = ["01", "00"].map(|flags| format!("00-{TRACE}-{SPAN}-{flags}"));
    let (yes, no) = (Some(yes.as_str()), Some(no.as_str()));
    let (caller, own, both) = (
        TracesSampler::Caller,
        TracesSampler::Own,
        TracesSampler::Both,
    );
    // At a rate of 0 a stranger gets no transactions.
    for sampler in [None, Some(caller), Some(own), Some(both)] {
        assert_eq!(transactions((Some(0.0), sampler), 20, yes).await, 0);
        assert_eq!(transactions((None, sampler), 20, yes).await, 0);
    }
    // And not more than a few otherwise.
    let asked_for = transactions((Some(1e-9), None), 100, yes).await;
    assert!((5..60).contains(&asked_for), "{asked_for}");
    assert_eq!(transactions((Some(1e-9), Some(own)), 100, yes).await, 0);
    assert_eq!(transactions((Some(1e-9), Some(both)), 100, yes).await, 0);
    // A proxy's `00` turns them off only where it is listened to.
    assert_eq!(transactions((Some(1.0), None), 5, no).await, 0);
    assert_eq!(transactions((Some(1.0), Some(both)), 5, no).await, 0);
    assert_eq!(transactions((Some(1.0), Some(own)), 5, no).await, 5);
    assert_eq!(transactions((Some(1.0), Some(both)), 5, yes).await, 5);
    assert_eq!(transactions((Some(1.0), Some(own)), 5, None).await, 5);
}

async fn a_transaction_tells_no_secret() {
    let sentry = Sentry::start();
    let monitor = start(&sentry, Some(1.0), None);
    ask(&[], async |_| {
        sentry::configure_scope(|scope| {
            scope.set_tag("password", "hunter2");
            scope.set_extra("api_key", "hunter2".into());
            scope.set_extra("url", "postgres://app:hunter2@db/orders".into());
            let nested = serde_json::json!({ "session": "hunter2", "shown": "a value" });
            let nested = nested.as_object().expect("an object").clone();
            scope.set_context(
                "mine",
                sentry::protocol::Context::Other(nested.into_iter().collect()),
            );
            let span = scope.get_span().expect("a transaction");
            span.set_data("token", "hunter2".into());
            let child = span.start_child("db", "postgres://app:hunter2@db/orders");
            child.set_data("cookie", "hunter2".into());
            child.set_tag("secret", "hunter2");
            child.finish();
        });
        StatusCode::OK
    })
    .await;
    flush();
    monitor.shutdown().await;
    let [transaction] = &sentry.items("transaction")[..] else {
        panic!("one transaction");
    };
    let text = transaction.to_string();
    assert!(!text.contains("hunter2"), "{transaction:#}");
    assert_eq!(text.matches("[redacted]").count(), 8, "{transaction:#}");
    assert_eq!(transaction["contexts"]["mine"]["shown"], "a value");
}

/// The headers that the next service is sent by a handler, and the trace of its event.
async fn next(sentry: &Sentry, headers: &[(&str, &str)]) -> (HeaderMap, Value) {
    let before = sentry.events().len();
    let mut sent = HeaderMap::new();
    sent.insert(
        "baggage",
        "own=1,sentry-release=forged".parse().expect("a value"),
    );
    let injected = std::sync::Mutex::new(sent);
    let answer = ask(headers, async |_| {
        monitor_runtime::trace::inject(&mut injected.lock().expect("not poisoned"));
        let _ = find(11).await;
        StatusCode::OK
    })
    .await;
    flush();
    let event = sentry.events().split_off(before).remove(0);
    let trace = event["contexts"]["trace"]["trace_id"].clone();
    let response = answer["traceresponse"].to_str().expect("text");
    assert!(
        response.contains(trace.as_str().expect("an id")),
        "{response}"
    );
    (injected.into_inner().expect("not poisoned"), trace)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().expect("text")
}

async fn a_trace_goes_on_from_sentrys_headers() {
    let sentry = Sentry::start();
    let monitor = start(&sentry, None, None);
    let baggage = format!("sentry-trace_id={TRACE},sentry-environment=theirs,user=7");
    for (decision, sent_on) in [("-1", "-1"), ("-0", ""), ("", "")] {
        let parent = format!("{TRACE}-{SPAN}{decision}");
        let headers = [("sentry-trace", parent.as_str()), ("baggage", &baggage)];
        let (sent, trace) = next(&sentry, &headers).await;
        assert_eq!(trace, TRACE);
        let on = text(&sent, "sentry-trace");
        assert!(on.starts_with(TRACE) && !on.contains(SPAN), "{on}");
        assert_eq!(&on[49..], sent_on, "after {decision}");
        assert!(text(&sent, "traceparent").contains(TRACE));
        let theirs = format!("own=1,user=7,sentry-trace_id={TRACE},sentry-environment=theirs");
        assert_eq!(text(&sent, "baggage"), theirs);
    }
    // A valid header of W3C takes precedence over Sentry's.
    let other = "1".repeat(32);
    let parent = format!("{other}-{SPAN}-1");
    for (traceparent, expected) in [
        (format!("00-{TRACE}-{SPAN}-00"), TRACE),
        ("00".into(), &other),
    ] {
        let headers = [
            ("traceparent", traceparent.as_str()),
            ("sentry-trace", &parent),
            ("baggage", &baggage),
        ];
        let (sent, trace) = next(&sentry, &headers).await;
        assert_eq!(trace, expected);
        let forged = text(&sent, "baggage").contains("theirs");
        assert!(!forged, "members of another trace: {sent:?}");
    }
    for malformed in [
        "",
        "0-0",
        &parent[1..],
        &format!("{}-{SPAN}", "0".repeat(32)),
    ] {
        let (_, trace) = next(&sentry, &[("sentry-trace", malformed)]).await;
        assert!(trace != other && trace != TRACE, "{malformed}");
    }
    monitor.shutdown().await;
}

async fn a_trace_goes_on_to_the_next_service() {
    let sentry = Sentry::start();
    let monitor = start(&sentry, Some(1.0), Some(TracesSampler::Own));
    let (sent, trace) = next(&sentry, &[]).await;
    let trace = trace.as_str().expect("an id");
    assert!(text(&sent, "sentry-trace").starts_with(trace));
    assert!(text(&sent, "sentry-trace").ends_with("-1"));
    let expected = format!(
        "own=1,sentry-trace_id={trace},sentry-public_key=public,sentry-release=shop%401%20b,\
         sentry-environment=testing,sentry-sample_rate=1,sentry-sampled=true"
    );
    assert_eq!(text(&sent, "baggage"), expected);
    // However much a stranger sends along.
    let much: Vec<String> = (0..1000)
        .map(|number| format!("m{number}=0123456789"))
        .collect();
    let parent = format!("00-{TRACE}-{SPAN}-00");
    let headers = [
        ("traceparent", parent.as_str()),
        ("baggage", &much.join(",")),
    ];
    let (sent, _) = next(&sentry, &headers).await;
    let baggage = text(&sent, "baggage");
    assert!(
        baggage.len() < 5000 && baggage.contains("m0=0"),
        "{}",
        baggage.len()
    );
    monitor.shutdown().await;
    let mut sent = HeaderMap::new();
    let outside = monitor_runtime::trace::TraceContext::new();
    outside.inject(&mut sent);
    assert_eq!(sent.len(), 1, "Sentry is off: {sent:?}");
}

//! The record of a request: its tree of calls, the reason for which it is kept, and what is in flight.

mod in_flight;
mod kept;
mod opentelemetry;
mod outermost;
mod panicking_layer;
mod random_trees;
mod spans;
mod waits;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Mutex;

use http::Request;
use http_body_util::BodyExt;
use monitor_runtime::http::layer;
use monitor_tests::http::ask;
use monitor_tests::{Response, addr};
use serde_json::Value;
use tower::ServiceExt;

/// Serves one request on a route, in code of the test, and returns its trace id.
async fn request<F>(route: &'static str, handler: impl FnOnce() -> F) -> String
where
    F: Future<Output = u16>,
{
    let trace = Mutex::new(None);
    let handler = Mutex::new(Some(handler));
    let handle = |_: Request<String>| async {
        *trace.lock().expect("not poisoned") = monitor_runtime::trace::current_trace_id();
        let handler = handler.lock().expect("not poisoned").take();
        let status = handler.expect("one request")().await;
        let answer = http::Response::builder().status(status).body(String::new());
        Ok::<_, Infallible>(answer.expect("a response"))
    };
    let service = layer().routes([route]).wrap(tower::service_fn(handle));
    let asked = Request::get(route).body(String::new()).expect("a request");
    let answer = service.oneshot(asked).await.expect("infallible");
    answer.into_body().collect().await.expect("a body");
    let trace = trace.into_inner().expect("not poisoned");
    trace.expect("the edge begins a trace").to_string()
}

/// Asks the management server as a client of this machine, which may see details.
fn look(path: &str, headers: &[(&str, &str)]) -> Response {
    ask(addr(), "GET", path, headers)
}

/// Returns the document of a trace; `None` if it is neither kept nor in flight.
fn story(trace: &str) -> Option<Value> {
    let answer = look(&format!("/requests/{trace}"), &[]);
    match answer.status {
        200 => Some(serde_json::from_str(&answer.body).expect("JSON")),
        404 => None,
        other => panic!("{other}: {}", answer.body),
    }
}

/// Returns the only request of a trace that is kept or in flight.
fn only(trace: &str) -> Value {
    let mut story = story(trace).expect("the trace is known");
    let requests = story["requests"].as_array_mut().expect("requests");
    assert_eq!(requests.len(), 1, "{requests:#?}");
    requests.remove(0)
}

fn spans(request: &Value) -> &[Value] {
    request["spans"].as_array().expect("spans")
}

/// Returns depth and name of each span.
fn shape(request: &Value) -> Vec<(u64, &str)> {
    spans(request)
        .iter()
        .map(|span| {
            let depth = span["depth"].as_u64().expect("a depth");
            (depth, span["name"].as_str().expect("a name"))
        })
        .collect()
}

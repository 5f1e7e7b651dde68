//! From a sampled request to the exemplar of a bucket.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use monitor_runtime::{monitored, trace::TraceContext};
use monitor_tests::get_with;

#[monitored]
fn slow() {
    // Beyond the first bucket, on any machine.
    std::thread::sleep(Duration::from_millis(2));
}

#[monitored]
fn failing() -> Result<(), &'static str> {
    Err("no")
}

/// The context of a request, as its header gives it.
fn request(traceparent: &'static str) -> TraceContext {
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_static(traceparent));
    TraceContext::extract(&headers).expect("a sound traceparent")
}

#[test]
fn a_sampled_trace_is_on_the_bucket_of_its_call() {
    request("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").scope(slow);
    request("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").scope(slow);
    let failing = || failing().expect_err("it fails");
    request("00-aaf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").scope(failing);
    slow();
    let accept = "Accept: application/openmetrics-text; version=1.0.0";
    let page = get_with("/metrics", &[accept]).body;
    let buckets = |function: &str| {
        let function = format!("function=\"{function}\"");
        let lines = page
            .lines()
            .filter(|line| line.contains("_bucket{") && line.contains(&function));
        lines
            .filter(|line| line.contains(" # {"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let slow = buckets("slow");
    assert_eq!(slow.len(), 1, "{slow:?}");
    assert!(
        slow[0].contains("trace_id=\"0af7651916cd43dd8448eb211c80319c\""),
        "{slow:?}"
    );
    let span = slow[0].split("span_id=\"").nth(1).expect("a span");
    assert_eq!(span.find('"'), Some(16), "{slow:?}");
    let failing = buckets("failing");
    assert_eq!(failing.len(), 1, "{failing:?}");
    assert!(failing[0].contains("result=\"error\""), "{failing:?}");
    assert!(
        !page.contains("4bf92f3577b34da6a3ce929d0e0e4736"),
        "it was not sampled"
    );
}

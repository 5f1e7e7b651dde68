//! The traces and lines of one process, beside what it shows itself.

use std::collections::BTreeSet;

use monitor_tests::http::ask;
use monitor_tests::process::{Service, get, wait_for};
use serde_json::{Map, Value, json};

use super::{EXPORTING, receiver, start, text};

const SAMPLED: (&str, &str) = (
    "traceparent",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
);

/// Sends requests that end in each way, and waits until all of them have ended.
fn drive(service: &Service) {
    for (path, status) in [("/orders/7", 200), ("/orders/700", 500), ("/panic", 500)] {
        assert_eq!(get(service.addr, path).0, status);
    }
    let answer = ask(service.addr, "GET", "/outgoing", &[SAMPLED]);
    assert_eq!(answer.status, 200);
    let hung_up = monitor_tests::http::begin(service.addr, "GET", "/slow", &[]);
    let concurrent = |calls: u32| {
        let gauge = format!(
            "function_calls_concurrent{{function=\"slow\",module=\"exporting\",service_name=\"exporting\"}} {calls}\n"
        );
        wait_for(&gauge, || {
            let (_, page) = get(service.management, "/metrics");
            page.contains(&gauge).then_some(())
        });
    };
    concurrent(1);
    drop(hung_up);
    concurrent(0);
}

#[test]
fn spans_and_records_are_those_that_the_process_shows() {
    let key = "signals";
    // Traces wait for their fellows: the end of the process sends them.
    let late = [
        ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
        ("OTEL_METRICS_EXPORTER", "none"),
        // Shown late, if the request fails.
        ("MONITOR_RECORD_LEVEL", "exporting=debug"),
    ];
    let mut service = start(EXPORTING, key, "take", &late);
    drive(&service);
    let kept = kept(&service, 5);
    assert_eq!(kept.len(), 5, "{kept:#?}");
    let open_metrics = ("Accept", "application/openmetrics-text; version=1.0.0");
    let page = ask(service.management, "GET", "/metrics", &[open_metrics]).body;
    assert_eq!(receiver().requests(key, "traces"), [] as [Value; 0]);
    service.signal("TERM");
    assert!(service.wait().success());

    let shown: usize = kept.iter().map(|trace| spans_of(trace).len()).sum();
    let spans = receiver().spans(key, shown);
    assert_eq!(receiver().requests(key, "traces").len(), 1, "in one batch");
    for trace in &kept {
        let id = text(trace, "trace_id");
        for shown in spans_of(trace) {
            let of = |span: &&Value| text(span, "span_id") == text(shown, "span_id");
            let span = spans.iter().find(of).unwrap_or_else(|| panic!("{shown:#}"));
            assert_eq!(text(span, "trace_id"), id);
            is_as_shown(span, shown, trace);
        }
    }
    a_failure_is_told(&spans);
    lines_have_records(&service, key, &spans);
    exemplars_have_spans(&page, &spans);
}

/// Returns the kept requests of a process, in full.
pub(super) fn kept(service: &Service, count: usize) -> Vec<Value> {
    let read = |path: &str| -> Value {
        let (status, body) = get(service.management, path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    };
    // A request is kept a moment after its answer.
    let listed = wait_for("the kept requests", || {
        let listed = read("/requests")["requests"]
            .as_array()
            .expect("a list")
            .clone();
        (listed.len() >= count).then_some(listed)
    });
    let traces = listed.iter().map(|request| {
        let id = text(request, "trace_id");
        let mut story = read(&format!("/requests/{id}"));
        let mut request = story["requests"][0].take();
        request["trace_id"] = id.into();
        request
    });
    traces.collect()
}

pub(super) fn spans_of(trace: &Value) -> &Vec<Value> {
    trace["spans"].as_array().expect("spans")
}

/// Asserts that a span says what `/requests/<id>` says.
pub(super) fn is_as_shown(span: &Value, shown: &Value, trace: &Value) {
    let spans = spans_of(trace);
    let is_root = shown["span_id"] == spans[0]["span_id"];
    let attributes = &span["attributes"];
    assert_eq!(span["name"], shown["name"], "{span:#}");
    // The parent is the last span before it whose depth is smaller.
    let at = spans
        .iter()
        .position(|other| other == shown)
        .expect("it is one of them");
    let depth = |span: &Value| span["depth"].as_u64().expect("a depth");
    let parent = spans[..at]
        .iter()
        .rev()
        .find(|other| depth(other) < depth(shown));
    let remote = if text(trace, "trace_id") == &SAMPLED.1[3..35] {
        &SAMPLED.1[36..52]
    } else {
        ""
    };
    let parent = parent.map_or(remote, |parent| text(parent, "span_id"));
    assert_eq!(span["parent"], parent, "{span:#}");
    let is_remote = span["flags"]
        .as_u64()
        .is_some_and(|flags| flags & 0x200 > 0);
    assert_eq!(is_remote, is_root && !remote.is_empty(), "{span:#}");
    assert_eq!(span["kind"], if is_root { 2 } else { 1 }, "{span:#}");
    let kept = if is_root {
        trace["reason"].clone()
    } else {
        Value::Null
    };
    if kept != "share" {
        assert_eq!(attributes["monitor.kept"], kept, "{span:#}");
    }
    let outcome = match text(shown, "outcome") {
        "ok" => Value::Null,
        other => other.into(),
    };
    assert_eq!(attributes["monitor.result"], outcome, "{span:#}");
    for (name, value) in shown["fields"].as_object().into_iter().flatten() {
        let name = if name == "status" {
            "http.response.status_code"
        } else {
            name
        };
        assert_eq!(&attributes[name], value, "{name}: {span:#}");
    }
    let took = |of: &Value| of["end"].as_u64().zip(of["start"].as_u64());
    let (end, start) = took(span).expect("times");
    assert!(start <= end, "{span:#}");
    let shown_ms = shown["duration_ms"].as_f64().expect("a duration");
    #[expect(clippy::cast_precision_loss, reason = "a short time")]
    let exported_ms = (end - start) as f64 / 1e6;
    assert!(
        (exported_ms - shown_ms).abs() < 0.01,
        "{exported_ms}, {shown_ms}: {span:#}"
    );
}

/// Asserts what a request that failed has beyond what the page shows.
fn a_failure_is_told(spans: &[Value]) {
    let find = |name: &str, key: &str, value: Value| {
        let mut found = spans
            .iter()
            .filter(|span| span["name"] == name && span["attributes"][key] == value);
        let span = found.next().unwrap_or_else(|| panic!("{name}: {spans:#?}"));
        assert!(found.next().is_none(), "one alone");
        span
    };
    let failed = find("find", "order.id", 700.into());
    assert_eq!(failed["status"], json!([2, "order 700 cannot be read"]));
    assert_eq!(failed["events"][0]["name"], "exception");
    assert_eq!(failed["events"][0]["at"], failed["end"]);
    assert_eq!(
        failed["events"][0]["attributes"],
        json!({
            "exception.type": "OrderError",
            "exception.message": "order 700 cannot be read",
            "exception.stacktrace": "order 700 cannot be read\nCaused by: no row with key 700",
        })
    );
    let attributes = &failed["attributes"];
    assert_eq!(attributes["code.function.name"], "exporting::find");
    assert_eq!(attributes["code.file.path"], "tests/src/bin/exporting.rs");
    let root = find("GET /orders/{id}", "http.response.status_code", 500.into());
    assert_eq!(root["attributes"]["error.type"], "500");
    assert_eq!(root["status"][0], 2);
    let found = find("find", "order.id", 7.into());
    assert_eq!(
        (&found["status"], &found["events"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(found["attributes"]["order.weight"], 0.5);
    let panic = find("explode", "monitor.result", "panic".into());
    assert_eq!(panic["attributes"]["error.type"], "panic");
    let message = text(&panic["events"][0]["attributes"], "exception.message");
    assert!(
        message.contains("this is what a bug looks like"),
        "{message}"
    );
    let slow = find("slow", "monitor.result", "cancelled".into());
    assert_eq!(slow["attributes"]["monitor.cancel_reason"], "client");
    assert_eq!(slow["status"], Value::Null);
}

/// Asserts that each line of the log has one record, and each record a line.
fn lines_have_records(service: &Service, key: &str, spans: &[Value]) {
    let mut records = receiver().taken(key, "logs");
    let spans: BTreeSet<(&str, &str)> = spans
        .iter()
        .map(|span| (text(span, "trace_id"), text(span, "span_id")))
        .collect();
    let (mut in_spans, mut late) = (0, 0);
    for line in service.lines() {
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let wanted = fields(&line["fields"]);
        let at = records.iter().position(|record| {
            record["body"] == wanted["message"]
                && record["severity"][1] == line["level"]
                && record["scope"] == line["target"]
                && ids(record) == ids(&line)
                && record["attributes"]["late"] == line["late"]
                && wanted.iter().all(|(name, value)| {
                    // The line shows the beginning of a backtrace.
                    name == "message" || name == "backtrace" || record["attributes"][name] == *value
                })
        });
        let at = at.unwrap_or_else(|| panic!("no record of {line:#} in {records:#?}"));
        let record = records.swap_remove(at);
        late += u32::from(line["late"] == true);
        if let (trace, Some(span)) = ids(&record) {
            let ids = (trace.expect("both"), span);
            assert!(spans.contains(&ids), "a span of {record:#}");
            in_spans += 1;
        }
    }
    assert!(records.is_empty(), "no line of {records:#?}");
    assert_eq!(late, 1, "the line of the request that failed");
    assert!(in_spans >= 14, "{in_spans} lines of requests");
}

fn fields(of: &Value) -> &Map<String, Value> {
    of.as_object().expect("fields")
}

/// Returns the trace and span id of a line or record.
fn ids(of: &Value) -> (Option<&str>, Option<&str>) {
    let id = |name: &str| of[name].as_str().filter(|id| !id.is_empty());
    (id("trace_id"), id("span_id"))
}

/// Asserts that each exemplar of the page names a span that was exported.
fn exemplars_have_spans(page: &str, spans: &[Value]) {
    let exemplars: Vec<&str> = page
        .lines()
        .filter_map(|line| Some(line.split_once(" # ")?.1))
        .collect();
    assert!(exemplars.len() >= 5, "{page}");
    for exemplar in exemplars {
        let label = |name: &str| {
            let begin = format!("{name}=\"");
            let value = exemplar.split_once(&begin).expect("an id").1;
            value.split('"').next().expect("a value")
        };
        let is_there = spans.iter().any(|span| {
            span["trace_id"] == label("trace_id") && span["span_id"] == label("span_id")
        });
        assert!(is_there, "{exemplar}");
    }
}

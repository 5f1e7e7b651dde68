//! The request that is sent for a trace, decoded as a whole.

use std::panic::Location;
use std::sync::Arc;

use prost::Message;

use super::encode::spans::Encoder;
use super::messages::common::{KeyValue, Value};
use super::messages::trace::{ExportTraceServiceRequest, ResourceSpans, ScopeSpans, Span};
use super::workers::request;
use crate::base::clock;
use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::base::verdict::Link;
use crate::callsite::Site;
use crate::traces::span::Detail;
use crate::traces::{Ids, LocalTrace, Origin, SpanEnd, SpanId, SpanKey, Subject, TraceId};

static LOAD: Site = Site::new(|| "shop::load", "shop");

fn decoded(spans: &[u8]) -> Vec<Span> {
    let resource = ResourceSpans {
        schema_url: "here".to_owned(),
        ..ResourceSpans::default()
    };
    let scope = ScopeSpans::default();
    let body = request(&resource.encode_to_vec(), &scope.encode_to_vec(), spans);
    let mut request = ExportTraceServiceRequest::decode(body.as_slice()).expect("a request");
    assert_eq!(request.resource_spans.len(), 1);
    let mut resource = request.resource_spans.remove(0);
    assert_eq!(
        (resource.schema_url.as_str(), resource.scope_spans.len()),
        ("here", 1)
    );
    resource.scope_spans.remove(0).spans
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> &'a str {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|found| found.value.as_ref()?.value.as_ref()) {
        Some(Value::String(text)) => text,
        other => panic!("{key}: {other:?}"),
    }
}

/// Returns a number in units of a thousandth, `None` without the attribute.
fn thousandths(span: &Span, key: &str) -> Option<f64> {
    let found = span.attributes.iter().find(|found| found.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::Double(number) => Some((number * 1000.0).round()),
        other => panic!("{key}: {other:?}"),
    }
}

fn begin() -> Arc<LocalTrace> {
    let ids = Ids {
        trace: TraceId([7; 16]),
        span: SpanId([9; 8]),
        sampled: false,
        shared: true,
        open: false,
    };
    let origin = Origin {
        ids,
        remote_parent: Some(SpanId([5; 8])),
        state: Some("a=1,ot=th:8".into()),
    };
    LocalTrace::begin(origin, Subject::Task(Location::caller()))
}

#[test]
fn a_request_of_encoded_spans_is_one_message() {
    let trace = begin();
    let (ok, _) = trace
        .begin_call(SpanKey::ROOT, &LOAD, clock::now)
        .expect("room");
    trace.end_call(ok, &LOAD, clock::now());
    let fields = Detail::of_values(vec![("id", FieldValue::Unsigned(7))]);
    let failed = trace
        .begin_span(SpanKey::ROOT, Subject::Call(&LOAD), Some(fields))
        .expect("room");
    let open = trace
        .begin_span(failed, Subject::Call(&LOAD), None)
        .expect("room");
    let link = |text: &str| Link {
        text: text.to_owned(),
        type_name: "Lost".to_owned(),
    };
    trace.end_span(
        failed,
        SpanEnd {
            class: "lost",
            chain: vec![link("no row"), link("no disk")],
            ..SpanEnd::new(clock::now(), Outcome::Error)
        },
    );
    trace.end_root(SpanEnd::new(clock::now(), Outcome::Ok));

    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    assert_eq!(encoder.encode(&trace, &mut out), 3, "one is open");
    let [root, call, lost] = &decoded(&out)[..] else {
        panic!("three spans");
    };
    assert!(root.name.starts_with("task "), "{}", root.name);
    assert_eq!((&root.parent_span_id, root.flags), (&vec![5; 8], 0x301));
    assert_eq!(text(&root.attributes, "monitor.kept"), "failed");
    assert_eq!(
        (call.name.as_str(), call.kind, call.flags),
        ("load", 1, 0x101)
    );
    assert_eq!(text(&call.attributes, "code.function.name"), "shop::load");
    assert_eq!((call.status.as_ref(), call.events.len()), (None, 0));
    for span in [call, lost] {
        assert_eq!(span.parent_span_id, root.span_id);
        assert_eq!(
            (&span.trace_id, span.trace_state.as_str()),
            (&vec![7; 16], "ot=th:0,a=1")
        );
        assert!(span.start_time_unix_nano >= root.start_time_unix_nano);
        assert!(span.end_time_unix_nano <= root.end_time_unix_nano);
    }
    assert_eq!(text(&lost.attributes, "error.type"), "lost");
    assert_eq!(lost.status.as_ref().map(|status| status.code), Some(2));
    let event = &lost.events[0].attributes;
    assert_eq!(text(event, "exception.type"), "Lost");
    assert_eq!(
        text(event, "exception.stacktrace"),
        "no row\nCaused by: no disk"
    );

    trace.end_span(open, SpanEnd::new(clock::now(), Outcome::Cancelled));
    out.clear();
    assert_eq!(encoder.encode(&trace, &mut out), 1, "each span once");
    let late = &decoded(&out)[0];
    assert_eq!(late.parent_span_id, lost.span_id);
    assert_eq!(text(&late.attributes, "monitor.result"), "cancelled");
    out.clear();
    assert_eq!(encoder.encode(&trace, &mut out), 0);
}

#[test]
fn a_span_has_the_time_that_its_future_waited() {
    enum Here {}
    static WAIT: Site = Site::of_async::<Here>("shop");
    let trace = begin();
    let root = SpanKey::ROOT;
    let begun = |site| trace.begin_call(root, site, clock::now).expect("room").0;
    let (at, millisecond) = (clock::now(), clock::ticks_of(1_000_000));
    let (waits, ready, plain) = (begun(&WAIT), begun(&WAIT), begun(&LOAD));
    // The request waits for 40 ms, 10 of them woken, and its call for 30.
    for (key, from, woken, to) in [(waits, 5, 0, 35), (root, 5, 35, 45)] {
        trace.begin_wait(key, at + from * millisecond);
        let woken = if woken == 0 {
            0
        } else {
            at + woken * millisecond
        };
        trace.end_wait(key, at + to * millisecond, woken);
    }
    let end = at + 50 * millisecond;
    for (key, site) in [(waits, &WAIT), (ready, &WAIT), (plain, &LOAD)] {
        trace.end_call(key, site, end);
    }
    // Dropped while it waits.
    let (cancelled, _) = trace.begin_call(root, &WAIT, || end).expect("room");
    trace.begin_wait(cancelled, end);
    trace.end_span(
        cancelled,
        SpanEnd::new(end + 7 * millisecond, Outcome::Cancelled),
    );
    trace.end_root(SpanEnd::new(end + 10 * millisecond, Outcome::Ok));

    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    encoder.encode(&trace, &mut out);
    let spans = decoded(&out);
    let all = |key| {
        spans
            .iter()
            .map(|span| thousandths(span, key))
            .collect::<Vec<_>>()
    };
    let calls = [Some(30.0), None, None, Some(7.0)];
    assert_eq!(all("monitor.waiting"), [&[Some(40.0)], &calls[..]].concat());
    assert_eq!(
        all("monitor.scheduled"),
        [Some(10.0), None, None, None, None]
    );
}

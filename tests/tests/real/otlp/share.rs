//! A share of one in a hundred: what arrives, and what other services are told.

use std::collections::BTreeMap;
use std::thread;

use monitor_tests::Response;
use monitor_tests::http::{ask, begin};
use monitor_tests::process::{Service, get, wait_for};
use serde_json::Value;

use super::{EXPORTING, receiver, start, text};

/// `OTEL_TRACES_SAMPLER_ARG`, the random values that are in the share, and their threshold in a `tracestate`.
const ARG: &str = "0.01";
const IN_SHARE: u64 = 0xfd_70a3_d70a_3d70;
const STATE: &str = "ot=th:fd70a3d70a3d7";

/// Returns `true` if the random value of a trace is in the share: the last 56 bits of its id.
fn is_in_share(trace: &str) -> bool {
    let low = u64::from_str_radix(&trace[18..], 16).expect("hexadecimal");
    low >= IN_SHARE
}

#[test]
fn all_failures_arrive_and_others_are_told_of_the_share_alone() {
    let key = "share";
    let own = [
        ("OTEL_TRACES_SAMPLER_ARG", ARG),
        ("OTEL_METRICS_EXPORTER", "none"),
    ];
    let mut service = start(EXPORTING, key, "take", &own);
    let failed: Vec<String> = (100..200)
        .map(|id| {
            let answer = ask(service.addr, "GET", &format!("/orders/{id}"), &[]);
            assert_eq!(answer.status, 500);
            told(&answer).0
        })
        .collect();
    let ordinary: Vec<String> = (0..200)
        .map(|_| {
            let answer = ask(service.addr, "GET", "/outgoing", &[]);
            let (trace, is_sampled) = told(&answer);
            assert_eq!(is_sampled, is_in_share(&trace), "{answer:?}");
            let headers = outgoing(&answer);
            assert_eq!(sampled(&headers["traceparent"]), is_sampled, "{headers:?}");
            let state = headers.get("tracestate").map(String::as_str);
            assert_eq!(state, is_sampled.then_some(STATE), "{headers:?}");
            trace
        })
        .collect();
    hang_up(&service, 5);
    service.signal("TERM");
    assert!(service.wait().success());

    let spans = receiver().taken(key, "traces");
    let mut roots: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for span in &spans {
        roots.entry(text(span, "trace_id")).or_default().push(span);
    }
    let kept = |trace: &str| {
        let spans = &roots[trace];
        spans
            .iter()
            .find_map(|span| span["attributes"]["monitor.kept"].as_str())
    };
    for trace in &failed {
        assert_eq!(
            roots.get(trace.as_str()).map(Vec::len),
            Some(4),
            "{trace} failed"
        );
        assert_eq!(kept(trace), Some("failed"));
    }
    let cancelled = roots
        .keys()
        .filter(|trace| kept(trace) == Some("cancelled"));
    assert_eq!(cancelled.count(), 5);
    let mut arrived = 0;
    for trace in &ordinary {
        let reason = roots.contains_key(trace.as_str()).then(|| kept(trace));
        match reason {
            None => assert!(!is_in_share(trace), "{trace} has not arrived"),
            Some(None) => assert!(is_in_share(trace), "{trace} has no reason"),
            Some(Some(reason)) => assert_eq!(reason, "slow"),
        }
        arrived += usize::from(reason.is_some());
    }
    assert!(
        arrived < 60,
        "{arrived} of {} ordinary requests",
        ordinary.len()
    );
    for (trace, spans) in &roots {
        let state = if kept(trace).is_some() {
            "ot=th:0"
        } else {
            STATE
        };
        assert!(
            spans.iter().all(|span| span["state"] == state),
            "{spans:#?}"
        );
    }
}

#[test]
fn a_task_that_outlives_its_request_is_sent_when_it_ends_or_fails() {
    let own = [("OTEL_METRICS_EXPORTER", "none")];
    let all = start(EXPORTING, "later-all", "take", &own);
    let none = [own[0], ("OTEL_TRACES_SAMPLER", "always_off")];
    let failed = start(EXPORTING, "later-failed", "take", &none);
    // The first requests of a route are its slowest, and kept for that.
    for _ in 0..20 {
        assert_eq!(get(failed.addr, "/later/7").0, 202);
    }
    let answer = ask(all.addr, "GET", "/later/7", &[]);
    assert_eq!(answer.status, 202);
    let tree = ["GET /later/{id}", "later", "task", "load", "query"];
    let spans = receiver().spans("later-all", tree.len());
    is_tree(&spans, &told(&answer).0, &tree);
    assert!(
        receiver().requests("later-all", "traces").len() > 1,
        "in two parts"
    );

    let answer = ask(failed.addr, "GET", "/later/700", &[]);
    let (trace, is_sampled) = told(&answer);
    assert!(!is_sampled, "{answer:?}");
    let own = |spans: Vec<Value>| -> Vec<Value> {
        let of = |span: &Value| span["trace_id"] == trace.as_str();
        spans.into_iter().filter(of).collect()
    };
    wait_for("the whole trace", || {
        let spans = own(receiver().taken("later-failed", "traces"));
        (spans.len() == tree.len()).then_some(())
    });
    let spans = own(receiver().taken("later-failed", "traces"));
    is_tree(&spans, &trace, &tree);
}

/// Asserts that spans are a chain, by name.
fn is_tree(spans: &[Value], trace: &str, names: &[&str]) {
    let mut parent = "";
    for name in names {
        let mut found = spans.iter().filter(|span| {
            span["parent"] == parent
                && text(span, "name").split(' ').next() == name.split(' ').next()
        });
        let span = found.next().unwrap_or_else(|| panic!("{name}: {spans:#?}"));
        assert_eq!(text(span, "trace_id"), trace);
        parent = text(span, "span_id");
    }
}

#[test]
fn a_callers_decision_is_followed_with_parentbased_alone() {
    // The trace ids are those that the share has, and does not have.
    let (high, low) = (
        "4bf92f3577b34da6a3ffffffffffffff",
        "4bf92f3577b34da6a300000000000001",
    );
    assert!(is_in_share(high) && !is_in_share(low));
    let decides = |sampler: &'static str, wanted: [bool; 4], state: [&'static str; 4]| {
        let own = [
            ("OTEL_TRACES_SAMPLER", sampler),
            ("OTEL_TRACES_SAMPLER_ARG", ARG),
            ("OTEL_METRICS_EXPORTER", "none"),
        ];
        let service = start(EXPORTING, sampler, "take", &own);
        let calls = [(high, "01"), (high, "00"), (low, "01"), (low, "00")];
        for ((trace, flags), (wanted, state)) in
            calls.into_iter().zip(wanted.into_iter().zip(state))
        {
            let parent = format!("00-{trace}-00f067aa0ba902b7-{flags}");
            let headers = [
                ("traceparent", parent.as_str()),
                ("tracestate", "ot=th:8,other=1"),
            ];
            let answer = ask(service.addr, "GET", "/outgoing", &headers);
            assert_eq!(
                told(&answer),
                (trace.to_owned(), wanted),
                "{sampler} {parent}"
            );
            let sent = outgoing(&answer);
            assert_eq!(sampled(&sent["traceparent"]), wanted, "{sampler} {parent}");
            assert_eq!(sent["tracestate"], state, "{sampler} {parent}");
        }
    };
    let kept = "ot=th:8,other=1";
    let own = "ot=th:fd70a3d70a3d7,other=1";
    thread::scope(|scope| {
        scope.spawn(|| {
            decides(
                "parentbased_traceidratio",
                [true, false, true, false],
                [kept; 4],
            );
        });
        let states = [own, own, "other=1", "other=1"];
        scope.spawn(move || decides("traceidratio", [true, true, false, false], states));
        scope.spawn(|| decides("always_off", [false; 4], ["other=1"; 4]));
        scope.spawn(|| decides("always_on", [true; 4], ["ot=th:0,other=1"; 4]));
    });
}

/// Returns the trace of `traceresponse`, and `true` if it is sampled.
fn told(answer: &Response) -> (String, bool) {
    let header = answer.header("traceresponse").expect("a traceresponse");
    (header[3..35].to_owned(), sampled(header))
}

/// Returns `true` if a `traceparent` or `traceresponse` is sampled.
fn sampled(header: &str) -> bool {
    let flags = u8::from_str_radix(&header[53..], 16).expect("flags");
    flags & 1 > 0
}

/// Returns the headers that the service would send to another one.
fn outgoing(answer: &Response) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    // The body is chunked.
    let lines = answer.body.lines().filter_map(|line| line.split_once(": "));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Asks for what takes long, and leaves.
fn hang_up(service: &Service, times: usize) {
    let concurrent = |calls: usize| {
        let gauge = format!(
            "function_calls_concurrent{{function=\"slow\",module=\"exporting\",service_name=\"exporting\"}} {calls}\n"
        );
        wait_for(&gauge, || {
            let (_, page) = get(service.management, "/metrics");
            page.contains(&gauge).then_some(())
        });
    };
    let left: Vec<_> = (0..times)
        .map(|_| begin(service.addr, "GET", "/slow", &[]))
        .collect();
    concurrent(times);
    drop(left);
    concurrent(0);
}

//! One trace id from the caller's `traceparent` to the log, the next service and Sentry, in real
//! processes.

use std::collections::BTreeSet;

use monitor_tests::http::ask;
use monitor_tests::process::{Sentry, Service, wait_for};
use serde_json::Value;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// The JSON lines whose fields have this value.
fn lines(service: &Service, field: &str, value: &str) -> Vec<Value> {
    let lines = service.lines();
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["fields"][field] == value)
        .collect()
}

fn wait_for_line(service: &Service, field: &str, value: &str) -> Value {
    wait_for(&format!("a line with {field}={value}"), || {
        lines(service, field, value).into_iter().next()
    })
}

fn follow_an_error(example: &str) {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    let service = Service::example(example, &[("SENTRY_DSN", &dsn)]);
    let headers = [
        ("traceparent", PARENT),
        ("tracestate", "vendor=7"),
        ("x-request-id", "order-999"),
        ("authorization", "Bearer do-not-tell"),
    ];
    let answer = ask(service.addr, "GET", "/orders/999?card=not-yours", &headers);
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("x-request-id"), Some("order-999"));
    let trace = answer.header("traceresponse").expect("the trace");
    assert!(trace.starts_with(&format!("00-{TRACE}-")), "{trace}");
    let span = &trace[36..52];
    assert_ne!(span, &PARENT[36..52], "a span of our own");

    let access = wait_for_line(&service, "message", "GET /orders/{id} 404");
    assert_eq!(access["fields"]["route"], "/orders/{id}");
    assert_eq!(access["fields"]["request_id"], "order-999");
    let of_request: Vec<Value> = service
        .lines()
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["trace_id"] == TRACE)
        .collect();
    let messages: BTreeSet<&str> = of_request
        .iter()
        .filter_map(|line| line["fields"]["message"].as_str())
        .collect();
    for message in ["looking for an order", "GET /orders/{id} 404"] {
        assert!(messages.contains(message), "{messages:?}");
    }
    let functions: BTreeSet<&str> = of_request
        .iter()
        .filter_map(|line| line["fields"]["function"].as_str())
        .collect();
    assert_eq!(functions, BTreeSet::from(["get_order", "load"]));
    let span_of = |key: &str, value: &str| {
        let line = of_request.iter().find(|line| line["fields"][key] == value);
        line.expect("a line")["span_id"].clone()
    };
    assert_eq!(span_of("message", "GET /orders/{id} 404"), span);
    // Each line names the innermost call.
    let (outer, inner) = (
        span_of("function", "get_order"),
        span_of("function", "load"),
    );
    assert_eq!(span_of("message", "looking for an order"), outer);
    assert!(outer != inner && outer != span && inner != span);
    for line in &of_request {
        assert_eq!(line["spans"][0]["name"], "http_request", "{line}");
    }

    let event = wait_for("the event", || sentry.events().pop());
    assert_eq!(sentry.events().len(), 1);
    assert_eq!(event["contexts"]["trace"]["trace_id"], TRACE);
    assert_eq!(event["contexts"]["trace"]["span_id"], inner);
    assert_eq!(event["tags"]["trace_id"], TRACE);
    assert_eq!(event["tags"]["request_id"], "order-999");
    assert_eq!(event["tags"]["http.route"], "/orders/{id}");
    assert_eq!(event["request"]["method"], "GET");
    assert_eq!(crumbs(&event)[0]["data"]["trace_id"], TRACE);
    for secret in ["do-not-tell", "not-yours", "orders/999"] {
        assert!(!event.to_string().contains(secret), "{secret} in {event:#}");
        let logged = of_request
            .iter()
            .any(|line| line.to_string().contains(secret));
        assert!(!logged, "{secret} is logged");
    }
    assert_eq!(
        sentry.items("transaction"),
        Vec::<Value>::new(),
        "off by default"
    );
}

#[test]
fn an_error_below_axum() {
    follow_an_error("axum_service");
}

#[test]
fn an_error_below_warp() {
    follow_an_error("warp_service");
}

#[test]
fn errors_at_once_keep_their_traces_and_breadcrumbs_apart() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    let service = Service::example("axum_service", &[("SENTRY_DSN", &dsn)]);
    // Few enough for none to be suppressed as a storm.
    let (addr, keys) = (service.addr, 901..=905);
    std::thread::scope(|scope| {
        for key in keys.clone() {
            scope.spawn(move || {
                let parent = format!("00-{key:032}-{key:016}-00");
                let path = format!("/orders/{key}");
                ask(addr, "GET", &path, &[("traceparent", &parent)]);
            });
        }
    });
    wait_for("five events", || (sentry.events().len() == 5).then_some(()));
    let mut seen = BTreeSet::new();
    for event in sentry.events() {
        let key = event["contexts"]["fields"]["id"].as_u64().expect("a key");
        let trace = format!("{key:032}");
        assert_eq!(event["contexts"]["trace"]["trace_id"], trace);
        assert_eq!(event["tags"]["trace_id"], trace);
        let crumbs = crumbs(&event);
        let arrivals = crumbs.iter().filter(|crumb| crumb["category"] == "request");
        let traces: Vec<&Value> = arrivals.map(|crumb| &crumb["data"]["trace_id"]).collect();
        assert_eq!(
            traces,
            [&Value::from(trace)],
            "its own arrival and no other"
        );
        seen.insert(key);
    }
    assert!(seen.into_iter().eq(keys), "one event each");
}

/// The breadcrumbs of an event, in either form that the protocol allows.
fn crumbs(event: &Value) -> &[Value] {
    let crumbs = &event["breadcrumbs"];
    let list = crumbs["values"].as_array().or(crumbs.as_array());
    list.expect("breadcrumbs")
}

#[test]
fn a_panic_is_one_event_of_its_request() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    for example in ["axum_service", "warp_service"] {
        let before = sentry.events().len();
        let service = Service::example(example, &[("SENTRY_DSN", &dsn)]);
        let answer = ask(service.addr, "GET", "/panic", &[]);
        assert_eq!((answer.status, answer.body.as_str()), (500, ""));
        let trace = answer.header("traceresponse").expect("the trace")[3..35].to_owned();
        let access = wait_for_line(&service, "outcome", "panic");
        assert_eq!(access["trace_id"], trace);
        wait_for("the event", || {
            (sentry.events().len() > before).then_some(())
        });
        assert_eq!(
            ask(service.addr, "GET", "/orders/7", &[]).status,
            200,
            "it lives on"
        );
        let events = sentry.events().split_off(before);
        assert_eq!(events.len(), 1, "{events:#?}");
        assert_eq!(events[0]["contexts"]["trace"]["trace_id"], trace);
        assert_eq!(events[0]["tags"]["function"], "explode");
        assert_eq!(events[0]["tags"]["http.route"], "/panic");
    }
}

#[test]
fn the_next_service_goes_on_with_the_trace() {
    let service = Service::example("axum_service", &[]);
    let parent = PARENT.replace("-00", "-01");
    let headers = [("traceparent", parent.as_str()), ("tracestate", "vendor=7")];
    let answer = ask(service.addr, "GET", "/relay", &headers);
    assert_eq!(answer.status, 200);
    let access = || lines(&service, "outcome", "ok");
    wait_for("both access lines", || (access().len() == 2).then_some(()));
    let requests = access();
    assert!(requests.iter().all(|line| line["trace_id"] == TRACE));
    assert_ne!(requests[0]["span_id"], requests[1]["span_id"]);
    let trace = answer.header("traceresponse").expect("the trace");
    assert!(
        trace.ends_with("-01"),
        "the caller's decision is passed on: {trace}"
    );
}

#[test]
fn malformed_headers_begin_a_new_trace() {
    let service = Service::example("warp_service", &[]);
    let malformed = [
        "00",
        "garbage",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ];
    let mut seen = BTreeSet::new();
    for parent in malformed {
        let answer = ask(service.addr, "GET", "/orders/7", &[("traceparent", parent)]);
        assert_eq!(answer.status, 200);
        let trace = answer.header("traceresponse").expect("a trace").to_owned();
        assert!(trace.ends_with("-00"), "it is not recorded: {trace}");
        assert!(!trace.contains(TRACE));
        let id = answer.header("x-request-id").expect("an id");
        assert!(trace.contains(id), "the request id is the trace id");
        assert!(seen.insert(trace));
    }
}

#[test]
fn transactions_are_sent_when_asked_for() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    let env = [
        ("SENTRY_DSN", dsn.as_str()),
        ("SENTRY_TRACES_SAMPLE_RATE", "1"),
    ];
    let service = Service::example("warp_service", &env);
    ask(service.addr, "GET", "/orders/7", &[]);
    // The caller that sends a context has decided not to sample it.
    ask(service.addr, "GET", "/slow/not", &[("traceparent", PARENT)]);
    let sampled = PARENT.replace("-00", "-01");
    ask(service.addr, "GET", "/none", &[("traceparent", &sampled)]);
    let transactions = wait_for("two transactions", || {
        let transactions = sentry.items("transaction");
        (transactions.len() == 2).then_some(transactions)
    });
    let named = |name: &str| {
        let found = transactions.iter().find(|sent| sent["transaction"] == name);
        found.unwrap_or_else(|| panic!("{name} in {transactions:#?}"))
    };
    let order = &named("GET /orders/{id}")["contexts"]["trace"];
    assert_eq!(
        (&order["status"], &order["op"]),
        (&"ok".into(), &"http.server".into())
    );
    // Its calls are its steps, one in the other.
    let spans = named("GET /orders/{id}")["spans"]
        .as_array()
        .expect("spans");
    let span = |name: &str| {
        let mut of = spans.iter().filter(|span| span["description"] == name);
        let span = of.next().unwrap_or_else(|| panic!("{name} in {spans:#?}"));
        assert_eq!(
            (&span["op"], &span["status"]),
            (&"function".into(), &"ok".into())
        );
        assert_eq!(span["trace_id"], order["trace_id"]);
        assert!(span["timestamp"].is_string(), "it has ended: {span}");
        assert!(of.next().is_none(), "once");
        span
    };
    let (outer, inner) = (span("get_order"), span("load"));
    assert_eq!(spans.len(), 2);
    assert_eq!(outer["parent_span_id"], order["span_id"]);
    assert_eq!(inner["parent_span_id"], outer["span_id"]);
    let none = &named("GET unmatched")["contexts"]["trace"];
    assert_eq!(none["status"], "not_found");
    assert_eq!(none["trace_id"], TRACE);
    assert_eq!(none["parent_span_id"], &PARENT[36..52]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(sentry.items("transaction").len(), 2);
}

#[test]
fn a_rate_that_is_none_is_refused() {
    for (rate, problem) in [
        ("1.5", "is not from 0 to 1"),
        ("NaN", "is not from 0 to 1"),
        ("often", "is not a number"),
    ] {
        let env = [("SENTRY_TRACES_SAMPLE_RATE", rate)];
        let program = monitor_tests::process::example("warp_service");
        let output = monitor_tests::process::command(&program, &env)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{rate}");
        assert!(
            said.contains("SENTRY_TRACES_SAMPLE_RATE") && said.contains(problem),
            "{said}"
        );
    }
}

//! Scrapes the real quickstart with a real Prometheus.

mod native;
mod objectives;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use monitor_runtime::__private::{Settings, Site, Verdict, offer_exemplar, run, site};
use monitor_runtime::monitored;
use monitor_tests::http::ask;
use monitor_tests::process::{Service, get, wait_for};
use monitor_tests::prometheus::{Prometheus, programs};
use monitor_tests::{addr, get_with};
use serde_json::Value;

/// Requests sent to the quickstart, by what they must be counted as.
struct Load {
    hello: u64,
    found: u64,
    missing: u64,
    hung_up: usize,
    panics: u64,
}

const LOAD: Load = Load {
    hello: 40,
    found: 25,
    missing: 13,
    hung_up: 5,
    panics: 4,
};

/// Sends the load from several clients at once and waits until nothing is in flight.
fn drive(service: &Service, load: &Load) {
    let addr = service.addr;
    let send = |times: u64, first: u64, path: &str, status: u16| {
        for id in first..first + times {
            assert_eq!(
                get(addr, &path.replace("{id}", &id.to_string())).0,
                status,
                "{path}"
            );
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| send(load.hello, 0, "/hello/you", 200));
        scope.spawn(|| send(load.found, 1, "/orders/{id}", 200));
        scope.spawn(|| send(load.missing, 500, "/orders/{id}", 500));
        scope.spawn(|| send(load.panics, 0, "/panic", 500));
        service.hang_up_on_slow(load.hung_up);
    });
    let in_flight =
        |line: &str| line.starts_with("function_calls_concurrent{") && !line.ends_with(" 0");
    wait_for("nothing in flight", || {
        let (_, page) = get(service.management, "/metrics");
        (!page.lines().any(in_flight)).then_some(())
    });
}

/// The series that the load must show, as `(labels, value)` of `function_calls_total`.
fn expected(load: &Load) -> Vec<(&'static str, &'static str, &'static str, u64)> {
    let find = load.found;
    vec![
        ("hello", "ok", "", load.hello),
        ("hello", "error", "", 0),
        ("Orders::find", "ok", "", find),
        ("Orders::find", "error", "", load.missing),
        ("<Memory as Store>::load", "ok", "", find),
        ("<Memory as Store>::load", "error", "", load.missing),
        ("price", "ok", "", find),
        ("slow", "cancelled", "client", load.hung_up as u64),
        ("slow", "cancelled", "caller", 0),
        ("slow", "ok", "", 0),
        ("explode", "error", "panic", load.panics),
        ("explode", "error", "", 0),
    ]
}

#[test]
fn promtool_finds_no_error_in_the_page() {
    let service = Service::quickstart(&[]);
    drive(&service, &LOAD);
    let (_, page) = get(service.management, "/metrics");
    let (code, said) = pipe(Command::new("promtool").args(["check", "metrics"]), &page);
    assert_eq!((code, said.trim()), (0, ""), "not even a warning");
}

/// A program's exit code, and what it says of a text.
fn pipe(command: &mut Command, text: &str) -> (i32, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program that tests/run installs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    (
        output.status.code().expect("it ends by itself"),
        said.into_owned(),
    )
}

#[test]
fn a_scrape_gives_back_the_numbers_sent() {
    let service = Service::quickstart(&[]);
    drive(&service, &LOAD);
    for program in programs() {
        for features in FORMATS {
            gives_back(&service, &program, features);
        }
    }
}

/// Features with which a Prometheus asks for OpenMetrics, and with which it asks for protobuf.
const FORMATS: [&str; 2] = ["exemplar-storage", "exemplar-storage,native-histograms"];

fn gives_back(service: &Service, program: &Path, features: &str) {
    let prometheus = Prometheus::scraping_with(service.management, program, features, "");
    for (function, result, error, calls) in expected(&LOAD) {
        let query = format!(
            r#"function_calls_total{{function="{function}",result="{result}",error="{error}"}}"#
        );
        let value = wait_for(&query, || prometheus.query(&query));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let calls = calls as f64;
        assert!((value - calls).abs() < 0.1, "{query}: {value}, not {calls}");
    }
    let ratio = "sum(function_calls_duration_seconds_count) / sum(function_calls_total)";
    let value = wait_for(ratio, || prometheus.query(ratio));
    assert!(
        (value - 1.0).abs() < 1e-9,
        "every call has a duration: {value}"
    );
    let slow = r#"histogram_quantile(0.5, sum by (le) (function_calls_duration_seconds_bucket{function="slow"}))"#;
    let value = wait_for(slow, || prometheus.query(slow));
    assert!(
        (0.0..=5.0).contains(&value),
        "hung up before its five seconds: {value}"
    );
    let build = r#"build_info{service_name="quickstart"}"#;
    assert!(wait_for(build, || prometheus.query(build)) > 0.0);
    let bound = r#"function_calls_duration_seconds_bucket{function="hello",result="ok",le="1.0"}"#;
    let value = wait_for(bound, || prometheus.query(bound));
    assert!(
        value > 0.0,
        "a bound is spelled alike in every format: {value}"
    );
    // Text 0.0.4 knows no units: it came as OpenMetrics or protobuf.
    let path = "/api/v1/targets/metadata?metric=function_calls_duration_seconds";
    let metadata = prometheus.ask(path);
    // Prometheus 2.42 reads no units from protobuf.
    let [installed, _] = programs();
    let unit = if program == installed && features == FORMATS[1] {
        ""
    } else {
        "seconds"
    };
    assert_eq!(metadata[0]["unit"], unit, "{metadata}");
    assert_eq!(metadata[0]["type"], "histogram", "{metadata}");
}

#[monitored]
fn served(fail: bool) -> Result<(), &'static str> {
    if fail { Err("not served") } else { Ok(()) }
}

#[monitored(buckets = fast, name = "quote\" back\\slash\nline")]
fn oddly_named() {}

/// A function whose calls have trace ids.
fn traced() -> &'static Site {
    site!(with_settings(&const { Settings::new().name("traced") }))
}

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Calls the traced function, the last time as part of a trace.
fn call_traced() {
    (0..20).for_each(|_| run(traced().begin(), || (), |()| Verdict::Ok));
    let trace_id = u128::from_str_radix(TRACE_ID, 16).expect("hexadecimal");
    offer_exemplar(traced(), 0.000_01, trace_id.to_be_bytes());
}

/// Prints every family as JSON: its type, unit and samples, as the reference parser reads them.
const REFERENCE: &str = "
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
exemplar = lambda sample: sample.exemplar and [sample.exemplar.labels, sample.exemplar.value]
samples = lambda family: [[s.name, s.labels, str(s.value), exemplar(s)] for s in family.samples]
json.dump({f.name: [f.type, f.unit, samples(f)] for f in families}, sys.stdout)
";

#[test]
fn the_reference_parser_reads_the_page_as_open_metrics() {
    addr();
    served(false).expect("ok");
    served(true).expect_err("an error");
    oddly_named();
    call_traced();
    metrics::describe_counter!("mine_total", "Of \"mine\".");
    metrics::counter!("mine_total", "kind" => "a \"b\" \\ \n", "a.b" => "", "a_b" => "")
        .increment(1);
    metrics::counter!("mine_total", "kind" => "c").increment(2);
    metrics::counter!("mine").increment(3);
    metrics::counter!("").increment(4);
    metrics::gauge!("mine_total_count").set(f64::NAN);
    metrics::gauge!("function_calls").set(5.0);
    metrics::histogram!("mine_seconds").record(0.03);
    metrics::histogram!("mine_sizes").record(-17.0);
    metrics::gauge!("mine_sizes_sum").set(6.0);
    let accept = "Accept: application/openmetrics-text; version=1.0.0";
    let page = get_with("/metrics", &[accept]).body;
    let here = std::env::current_exe().expect("a test has a path");
    let target = here.ancestors().nth(3).expect("target/<profile>/deps");
    let python = target.join("python/bin/python");
    let (code, read) = pipe(Command::new(python).args(["-c", REFERENCE]), &page);
    assert_eq!(code, 0, "{read}\n{page}");
    let read: Value = serde_json::from_str(&read).expect("JSON");
    for (family, kind, unit, samples) in [
        ("build", "info", "", Some(1)),
        ("function_calls", "counter", "", None),
        (
            "function_calls_duration_seconds",
            "histogram",
            "seconds",
            None,
        ),
        ("function_calls_concurrent", "gauge", "", None),
        ("monitor_function_errors", "counter", "", None),
        ("monitor_http_requests", "counter", "", Some(3)),
        ("mine", "unknown", "", Some(1)),
        ("mine_total", "unknown", "", Some(1)),
        ("mine_total_count", "gauge", "", Some(1)),
        ("mine_seconds", "histogram", "", Some(20)),
        // Its quantiles and its sum are negative.
        ("mine_sizes", "summary", "", Some(0)),
    ] {
        let found = &read[family];
        assert_eq!(
            (&found[0], &found[1]),
            (&kind.into(), &unit.into()),
            "{family}: {found}"
        );
        if let Some(samples) = samples {
            assert_eq!(
                found[2].as_array().map(Vec::len),
                Some(samples),
                "{family}: {found}"
            );
        }
    }
    let calls = read["function_calls"][2].as_array();
    let served = |sample: &&Value| sample[1]["function"] == "served" && sample[1]["result"] == "ok";
    let served: Vec<_> = calls.into_iter().flatten().filter(served).collect();
    assert_eq!(served.len(), 1, "{served:?}");
    assert_eq!(
        (&served[0][0], &served[0][2]),
        (&"function_calls_total".into(), &"1".into())
    );
    let buckets = read["function_calls_duration_seconds"][2].as_array();
    let exemplars = buckets
        .into_iter()
        .flatten()
        .filter(|sample| !sample[3].is_null());
    let exemplars: Vec<_> = exemplars.map(|sample| &sample[3]).collect();
    assert_eq!(exemplars.len(), 1, "{exemplars:?}");
    assert_eq!(exemplars[0][0]["trace_id"], TRACE_ID);
    assert_eq!(exemplars[0][1].as_f64().map(microseconds), Some(10.0));
    let text = get_with("/metrics", &[]).body;
    let (code, said) = pipe(Command::new("promtool").args(["check", "metrics"]), &text);
    // 3: it does not like the names, which are chosen to be odd; 1: it cannot read the page.
    assert_eq!(code, 3, "{said}\n{text}");
}

#[test]
fn an_exemplar_comes_back_with_its_trace() {
    let service = Service::quickstart(&[]);
    for program in programs() {
        for features in FORMATS {
            gives_back_exemplars(&service, &program, features);
        }
    }
}

fn gives_back_exemplars(service: &Service, program: &Path, features: &str) {
    let prometheus = Prometheus::scraping_with(service.management, program, features, "");
    let path = format!(
        "/api/v1/query_exemplars?query=function_calls_duration_seconds_bucket&start=0&end={}",
        4_000_000_000_u64
    );
    let sampled = format!("00-{TRACE_ID}-00f067aa0ba902b7-01");
    let find = |found: &Value, function: &str| {
        let mut series = found.as_array().into_iter().flatten();
        let of = |series: &&Value| series["seriesLabels"]["function"] == *function;
        series.find(of).map(|series| series["exemplars"][0].clone())
    };
    // Each function the request went through has it, by the path to the store and back.
    let functions = ["Orders::find", "<Memory as Store>::load"];
    let exemplars = wait_for("exemplars", || {
        let answer = ask(
            service.addr,
            "GET",
            "/orders/7",
            &[("traceparent", &sampled)],
        );
        assert_eq!(answer.status, 200);
        let found = prometheus.ask(&path);
        let found = functions.map(|function| find(&found, function));
        let all: Vec<Value> = found.into_iter().flatten().collect();
        (all.len() == functions.len()).then_some(all)
    });
    for exemplar in exemplars {
        assert_eq!(exemplar["labels"]["trace_id"], TRACE_ID, "{exemplar}");
        let seconds = exemplar["value"]
            .as_str()
            .and_then(|text| text.parse().ok());
        // The time that the store sleeps.
        assert!(
            seconds.is_some_and(|seconds: f64| seconds >= 0.002),
            "{exemplar}"
        );
    }
}

/// Rounds to microseconds, because ticks of the clock are not a whole number of them.
fn microseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round()
}

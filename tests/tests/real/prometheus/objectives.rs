//! A burst of failures as the first calls of functions: Prometheus sees each of them, its alerts fire, and
//! the process says the same.

use std::convert::Infallible;
use std::future::pending;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use monitor_runtime::{Class, Classify, Objective, http, monitored, slo};
use monitor_tests::process::{get, wait_for};
use monitor_tests::prometheus::{Prometheus, config, programs};
use monitor_tests::{addr, poll};
use serde_json::Value;
use tower::{ServiceExt, service_fn};

use crate::inventory_of;

/// An hour becomes 36 s, and 5 minutes become 3 s.
const FASTER: u32 = 100;

/// Calls of each burst.
const BURST: u32 = 1_000;

#[derive(Debug, Classify)]
enum PayError {
    BankDown,
    #[monitor(expected)]
    Declined,
}

const CLASSED: Objective = Objective::new("classed").success_rate(99.9);
const PANICKING: Objective = Objective::new("panicking").success_rate(99.9);
const HUNG: Objective = Objective::new("hung").success_rate(99.9);
const LATE: Objective = Objective::new("late").latency(Duration::from_nanos(1), 99.0);
const DECLINED: Objective = Objective::new("declined").success_rate(99.9);

#[monitored(objective = CLASSED)]
fn classed() -> Result<(), PayError> {
    Err(PayError::BankDown)
}

#[monitored(objective = PANICKING)]
fn panicking() {
    std::panic::resume_unwind(Box::new("as it should"));
}

#[monitored(objective = HUNG)]
async fn hung() {
    pending::<()>().await;
}

#[monitored(objective = LATE)]
fn late() {}

#[monitored(objective = DECLINED)]
fn declined() -> Result<(), PayError> {
    Err(PayError::Declined)
}

/// A function without an objective.
#[monitored]
fn unpromised() -> Result<(), PayError> {
    Err(PayError::BankDown)
}

/// An error whose class no type declares.
#[monitored(classify = |_: &Result<(), String>| Class::Error("Unknown"))]
fn undeclared() -> Result<(), String> {
    Err("down".to_owned())
}

/// Requests of a route that only the router knows.
async fn request() {
    let layer = http::layer().route_by(|_| Some("/late"));
    let service = layer.wrap(service_fn(|_: hyper::Request<()>| async {
        let mut answer = hyper::Response::new(Full::new(Bytes::new()));
        *answer.status_mut() = hyper::StatusCode::SERVICE_UNAVAILABLE;
        Ok::<_, Infallible>(answer)
    }));
    drop(service.oneshot(hyper::Request::new(())).await);
}

#[monitored(labels(cached))]
fn labelled(cached: bool) -> Result<(), PayError> {
    if cached {
        Ok(())
    } else {
        Err(PayError::BankDown)
    }
}

/// Calls a function, and the client gives up.
fn give_up() {
    let mut future = pin!(hung());
    let future: Pin<&mut dyn Future<Output = ()>> = future.as_mut();
    assert!(poll(future).is_pending());
}

/// Objectives, their promise, and calls that break it.
type Case = (&'static str, &'static str, fn());

const CASES: [Case; 4] = [
    ("classed", "success_rate", || _ = classed()),
    ("panicking", "success_rate", || {
        _ = std::panic::catch_unwind(panicking);
    }),
    ("hung", "success_rate", give_up),
    ("late", "latency", late),
];

/// An objective as `/objectives` has it.
fn in_process(name: &str) -> Value {
    let all: Value = serde_json::from_str(&get(addr(), "/objectives").1).expect("JSON");
    let all = all.as_array().expect("a list");
    let one = all.iter().find(|known| known["name"] == name);
    one.expect("known").clone()
}

/// The ratio of failures that the process knows of an objective.
fn ratio_in_process(name: &str) -> f64 {
    let one = in_process(name);
    let budget = 1.0 - one["target_percent"].as_f64().expect("a target") / 100.0;
    one["burn_rate"]["3d"].as_f64().expect("a rate") * budget
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

#[test]
fn a_burst_as_the_first_calls_of_a_function_is_seen_to_the_last_call() {
    let target = addr();
    let rules = slo::rules(&inventory_of(module_path!()))
        .faster(FASTER)
        .to_string();
    let [_, newest] = programs();
    let files = [("rules.yaml", &*rules)];
    let config = config(&[target], "rule_files: [rules.yaml]\n");
    let prometheus = Prometheus::start(newest, &config, &files);
    for (name, slo, _) in CASES {
        let zeros = format!(
            "min(count_over_time(monitor_objective_calls_total{{objective_name=\"{name}\",slo=\"{slo}\"}}[1m]) >= 3)"
        );
        wait_for("counters at 0 before the first call", || {
            prometheus.query(&zeros)
        });
    }
    let begun = Instant::now();
    for (_, _, call) in CASES {
        (0..BURST).for_each(|_| call());
    }
    (0..BURST).for_each(|_| {
        _ = declined();
        _ = unpromised();
        _ = labelled(false);
        _ = undeclared();
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(async {
        for _ in 0..BURST {
            request().await;
        }
    });

    for (name, slo, _) in CASES {
        let of = format!("{{objective_name=\"{name}\",slo=\"{slo}\"}}");
        for family in ["calls", "failures"] {
            let series = format!("monitor_objective_{family}_total{of}");
            wait_for(&series, || {
                prometheus
                    .query(&series)
                    .filter(|count| close(*count, BURST.into()))
            });
            // A rate sees only the difference between two samples, and no call came before the
            // first.
            let seen = format!("max_over_time({series}[5m]) - min_over_time({series}[5m])");
            assert_eq!(prometheus.query(&seen), Some(BURST.into()), "{seen}");
            let increase = prometheus.query(&format!("increase({series}[5m])"));
            let increase = increase.expect("an increase");
            assert!(increase > 0.99 * f64::from(BURST), "{series}: {increase}");
        }
        let ratio = format!(
            "sum(monitor_objective_failures_total{of}) / sum(monitor_objective_calls_total{of})"
        );
        let ratio = prometheus.query(&ratio).expect("a ratio");
        let own = ratio_in_process(name);
        assert!(close(ratio, own), "{name}: {ratio} there, {own} here");
        assert_eq!(in_process(name)["alert"], "page");
        let fired = format!(
            "max(max_over_time(ALERTS{{alertname=\"ErrorBudgetBurn\",severity=\"page\",alertstate=\"firing\",\
             objective_name=\"{name}\",slo=\"{slo}\"}}[5m]))"
        );
        while prometheus.query(&fired).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(90), "{fired}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    // autometrics' series have every result and known class from the start, and no rule for objectives needs them.
    for (function, more) in [
        ("panicking", "error=\"panic\""),
        ("hung", "result=\"cancelled\",error=\"\""),
        ("unpromised", "error=\"BankDown\""),
        ("labelled", "error=\"BankDown\",cached=\"false\""),
    ] {
        let series = format!("function_calls_total{{function=\"{function}\",{more}}}");
        let seen = format!("max_over_time({series}[5m]) - min_over_time({series}[5m])");
        assert_eq!(prometheus.query(&seen), Some(BURST.into()), "{seen}");
    }
    // What is known only when it happens is counted where a rate sees it.
    for series in [
        "monitor_function_errors_total{function=\"undeclared\"}",
        "monitor_http_requests_total{result=\"error\"}",
    ] {
        let seen = format!("max_over_time({series}[5m]) - min_over_time({series}[5m])");
        assert_eq!(prometheus.query(&seen), Some(BURST.into()), "{seen}");
    }
    let late = "function_calls_duration_seconds_count{function=\"late\",result=\"ok\"}";
    let seen = format!("max_over_time({late}[5m]) - min_over_time({late}[5m])");
    assert_eq!(prometheus.query(&seen), Some(BURST.into()), "{seen}");
    // Expected errors count as success, and never page.
    assert!(close(ratio_in_process("declined"), 0.0));
    let declined = "monitor_objective_failures_total{objective_name=\"declined\"}";
    assert_eq!(prometheus.query(declined), Some(0.0));
    let fired = prometheus.results(
        "max_over_time(ALERTS{alertname=\"ErrorBudgetBurn\",objective_name=\"declined\"}[5m])",
    );
    assert!(fired.is_empty(), "{fired:?}");
}

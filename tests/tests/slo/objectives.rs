//! Objectives in process: labels, thresholds, budgets, and what is made of them.

mod classes;
mod counting;

use std::time::Duration;

use monitor_runtime::slo::{self, Kind, ObjectiveStatus, Severity};
use monitor_runtime::{Objective, inventory, monitored};
use monitor_tests::process::get;
use monitor_tests::{addr, monitor, run, scrape};
use serde_json::Value;

/// A function, and an objective of its own for it.
macro_rules! promising {
    ($($name:ident: $objective:expr;)*) => {$(
        #[monitored(objective = $name::OBJECTIVE)]
        fn $name(fail: bool) -> Result<(), &'static str> {
            if fail { Err("broken") } else { Ok(()) }
        }
        mod $name {
            use super::*;
            pub(super) const OBJECTIVE: Objective = $objective;
        }
    )*};
}

promising! {
    broken: Objective::new("broken").success_rate(99.0);
    quiet: Objective::new("quiet").success_rate(99.9);
    unused: Objective::new("unused").success_rate(99.9);
    lax: Objective::new("lax").success_rate(50.0);
    spent: Objective::new("spent").success_rate(90.0);
    instant: Objective::new("instant").latency(Duration::from_nanos(1), 95.0);
    relaxed: Objective::new("relaxed").latency(Duration::from_secs(60), 95.0);
}

const PAIR: Objective = Objective::new("pair")
    .success_rate(99.0)
    .latency(Duration::from_millis(320), 90.0);

#[monitored(objective = PAIR, buckets = fast)]
fn first() {}

#[monitored(objective = PAIR, buckets = slow)]
async fn second() {
    monitor_tests::pause().await;
}

fn call(function: fn(bool) -> Result<(), &'static str>, ok: u32, failed: u32) {
    (0..ok).for_each(|_| function(false).expect("ok"));
    (0..failed).for_each(|_| function(true).map_or_else(drop, |()| panic!("not failed")));
}

/// The one status of this name and kind.
fn status(name: &str, kind: Kind) -> ObjectiveStatus {
    let all = slo::status().into_iter();
    let mut found: Vec<_> = all
        .filter(|status| status.name == name && status.kind == kind)
        .collect();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.remove(0)
}

#[test]
fn a_budget_burns_as_fast_as_calls_fail() {
    monitor();
    call(broken, 60, 40);
    let broken = status("broken", Kind::SuccessRate);
    assert!((broken.target_percent - 99.0).abs() < 1e-9);
    assert_eq!(broken.functions, ["broken"]);
    // 40 % of calls fail, 1 % may.
    for rate in [
        broken.burn_rate.five_minutes,
        broken.burn_rate.one_hour,
        broken.burn_rate.six_hours,
        broken.burn_rate.three_days,
    ] {
        assert!((rate - 40.0).abs() < 1e-6, "{broken:?}");
    }
    assert_eq!(broken.budget_left, Some(0.0));
    assert_eq!(broken.alert, Some(Severity::Page));
}

#[test]
fn few_failures_are_no_page() {
    monitor();
    call(quiet, 1, 9);
    let nine = status("quiet", Kind::SuccessRate);
    assert!(nine.burn_rate.one_hour > 14.4, "{nine:?}");
    assert_eq!(nine.alert, None, "{nine:?}");
    call(quiet, 0, 1);
    let ten = status("quiet", Kind::SuccessRate);
    assert_eq!(ten.alert, Some(Severity::Page), "{ten:?}");
}

#[test]
fn a_budget_is_spent_bit_by_bit() {
    monitor();
    let _: fn(bool) -> _ = unused;
    let unused = status("unused", Kind::SuccessRate);
    assert_eq!((unused.budget_left, unused.alert), (None, None));
    assert!(unused.burn_rate.one_hour.abs() < 1e-9);
    // 6 % of calls fail, 10 % may.
    call(spent, 188, 12);
    let spent = status("spent", Kind::SuccessRate);
    let left = spent.budget_left.expect("called");
    assert!((left - 0.4).abs() < 1e-6, "{spent:?}");
    assert_eq!(spent.alert, None);
    // All of them fail, half of them may: twice as fast as it lasts, and as bad as can be.
    call(lax, 0, 12);
    assert_eq!(status("lax", Kind::SuccessRate).alert, Some(Severity::Page));
}

#[test]
fn a_latency_is_kept_or_not() {
    monitor();
    call(instant, 6, 6);
    let late = status("instant", Kind::Latency);
    assert_eq!(late.threshold_seconds, Some(1e-9));
    assert_eq!(
        (late.budget_left, late.alert),
        (Some(0.0), Some(Severity::Page))
    );
    call(relaxed, 6, 6);
    let soon = status("relaxed", Kind::Latency);
    assert_eq!((soon.budget_left, soon.alert), (Some(1.0), None));
}

#[test]
fn a_promise_is_of_all_functions_that_make_it() {
    monitor();
    first();
    run(second());
    for kind in [Kind::SuccessRate, Kind::Latency] {
        let pair = status("pair", kind);
        assert_eq!(pair.functions, ["first", "second"]);
        assert_eq!(pair.budget_left, Some(1.0), "{pair:?}");
    }
    let page = scrape();
    let bucket = "function_calls_duration_seconds_bucket";
    for function in ["first", "second"] {
        let labels = [
            ("function", function),
            ("objective_name", "pair"),
            ("objective_percentile", "90"),
            ("objective_latency_threshold", "0.32"),
            ("le", "0.32"),
            ("result", "ok"),
        ];
        let found: Vec<_> = page.find(bucket, &labels).collect();
        assert_eq!(found.len(), 1, "{function}: {found:?}");
        let labels = [("function", function), ("objective_percentile", "99")];
        let counters: Vec<_> = page.find("function_calls_total", &labels).collect();
        // Three results, panics, and the reasons of a cancellation.
        let series = if function == "second" { 8 } else { 4 };
        assert_eq!(counters.len(), series, "{function}: {counters:?}");
    }
}

#[test]
fn the_page_is_what_is_documented() {
    call(quiet, 0, 0);
    let (status, page) = get(addr(), "/objectives");
    assert_eq!(status, 200);
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let all = page.as_array().expect("a list");
    assert_eq!(all.len(), slo::status().len());
    let relaxed = all.iter().find(|known| known["name"] == "relaxed");
    let relaxed = relaxed.expect("known");
    assert_eq!(relaxed["kind"], "latency");
    assert_eq!(relaxed["target_percent"], 95.0);
    assert_eq!(relaxed["threshold_seconds"], 60.0);
    assert_eq!(relaxed["functions"], serde_json::json!(["relaxed"]));
    let rates = relaxed["burn_rate"].as_object().expect("rates");
    let mut windows: Vec<_> = rates.keys().collect();
    windows.sort();
    assert_eq!(windows, ["1d", "1h", "2h", "30m", "3d", "5m", "6h"]);
    assert!(relaxed["alert"].is_null());
    let unused = all.iter().find(|known| known["name"] == "unused");
    assert!(unused.expect("known")["budget_left"].is_null());
}

#[test]
fn rules_are_the_same_each_time_and_of_one_service() {
    let rules = |name: &str| slo::rules(&inventory::collect().service(name, "1")).to_string();
    assert_eq!(rules("shop"), rules("shop"));
    for line in rules("shop").lines() {
        let reads = [
            "function_calls_",
            "build_info",
            "monitor_slo:",
            "monitor_objective_",
        ];
        if reads.iter().any(|name| line.contains(&format!("{name}{{"))) {
            assert!(
                line.contains("service_name=\"shop\"")
                    || line.contains("service_name=\\\"shop\\\""),
                "{line}"
            );
        }
    }
    monitor();
    let budgets = rules("shop")
        .matches("record: \"monitor_slo:error_budget:ratio\"")
        .count();
    assert_eq!(budgets, slo::status().len());
    let linked = slo::rules(&inventory::collect().service("shop", "1"))
        .runbooks("https://runbooks.example.com/")
        .grafana("https://grafana.example.com")
        .server("https://shop.example.com/")
        .to_string();
    assert!(linked.contains("incidents_url: \"https://shop.example.com/incidents\""));
    assert_eq!(
        linked.matches("incidents_url").count(),
        linked.matches("alert: \"ErrorBudgetBurn\"").count() + 1,
        "on these and on MonitorCallStuck"
    );
    assert!(linked.contains("runbook_url: \"https://runbooks.example.com/ErrorBudgetBurn\""));
    assert!(linked.contains("dashboard_url: \"https://grafana.example.com/d/monitor-shop?from={{"));
    let page = slo::rules(&inventory::collect())
        .runbooks("https://example.com/slo.md#")
        .to_string();
    assert!(page.contains("runbook_url: \"https://example.com/slo.md#errorbudgetburn\""));
    assert!(!rules("shop").contains("_url"));
}

#[test]
fn pages_of_objectives_are_what_the_functions_return() {
    let (_, served) = get(addr(), "/rules.yaml");
    assert_eq!(served, slo::rules(&inventory::collect()).to_string());
    assert!(served.contains("service_name=\"monitor-tests\""));
    let (_, served) = get(addr(), "/grafana.json");
    assert_eq!(served, slo::dashboard(&inventory::collect()).to_string());
}

#[test]
fn the_dashboard_of_any_name_has_an_id_grafana_takes() {
    let uid = |name: &str| {
        let dashboard = slo::dashboard(&inventory::collect().service(name, "1")).to_string();
        let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
        assert_eq!(dashboard["title"], name);
        dashboard["uid"].as_str().expect("an id").to_owned()
    };
    assert_eq!(uid("shop"), "monitor-shop");
    let long = "a very long name of a service, \"quoted\" and with ümlauts";
    for name in [long, "", "ü", &format!("{long}!")] {
        let uid = uid(name);
        let fits = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        assert!(uid.len() <= 40 && uid.chars().all(fits), "{uid}");
    }
    assert_ne!(uid(long), uid(&format!("{long}!")));
}

#[test]
fn parameters_adjust_what_is_served() {
    let ours = || slo::rules(&inventory::collect());
    let (_, served) = get(
        addr(),
        "/rules.yaml?by=env,region&selector=zone%3D~%22eu-.%2B%22&label=team%3Dpayments&annotation=note=a+b",
    );
    let made = ours().by("env,region").and_then(|rules| {
        let rules = rules
            .selector("zone=~\"eu-.+\"")?
            .label("team", "payments")?;
        rules.annotation("note", "a b")
    });
    assert_eq!(served, made.expect("no mistake").to_string());
    assert!(served.contains("sum by (service_name, env, region, zone, objective_name, slo)"));
    let (_, served) = get(addr(), "/grafana.json?by=env");
    let made = slo::dashboard(&inventory::collect())
        .by("env")
        .expect("a label");
    assert_eq!(served, made.to_string());
    for (query, named) in [
        ("rules.yaml?by=1env", "by=\"1env\": "),
        (
            "rules.yaml?by=env,",
            "by=\"env,\": the name of a label is missing",
        ),
        (
            "rules.yaml?by=function",
            "the label `function` is one that the runtime or the rules set",
        ),
        ("rules.yaml?by=__x", "labels that begin with `__`"),
        ("rules.yaml?selector=env=prod", "write `env=\"prod\"`"),
        ("rules.yaml?label=team", "such as `team=payments`"),
        (
            "rules.yaml?label=severity=x",
            "alerts have the label `severity` already",
        ),
        ("rules.yaml?label=team=", "the value is empty"),
        (
            "rules.yaml?label=a=1&label=a=2",
            "alerts have the label `a` already",
        ),
        (
            "rules.yaml?annotation=summary=x",
            "alerts have the annotation `summary` already",
        ),
        (
            "rules.yaml?bye=env",
            "bye=\"env\": no such parameter; /rules.yaml takes by=env",
        ),
        (
            "grafana.json?label=a=b",
            "no such parameter; /grafana.json takes by=env",
        ),
        ("grafana.json?selector=", "there is no matcher"),
    ] {
        let (status, answer) = get(addr(), &format!("/{query}"));
        assert_eq!(status, 400, "{query}: {answer}");
        assert!(answer.contains(named), "{query}: {answer}");
    }
}

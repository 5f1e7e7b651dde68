//! The dashboard over native histograms with exponential buckets, which have no series of buckets beside them.

use std::path::Path;
use std::process::Command;

use monitor_runtime::slo;
use serde_json::Value;

use super::scenario::{Folder, promtools};
use super::{declared, rules};

/// Calls of one duration: all are in the bucket from 0.5 s to 1 s, of every schema below.
const SERIES: [&str; 2] = [
    "function_calls_duration_seconds{service_name=\"shop\",function=\"serve\",module=\"shop\",result=\"ok\"",
    "http_server_request_duration_seconds{http_request_method=\"GET\",http_route=\"/orders\"",
];

/// The time in which they ran: a quarter of what they took.
const BUSY: &str =
    "function_calls_busy_seconds_total{service_name=\"shop\",function=\"serve\",module=\"shop\"";

/// Calls of both instances in the five minutes of a query.
const CALLS: f64 = 2.0 * 5.0 * 64.0;

/// Returns a query with Grafana's variables as Grafana would fill them in.
fn fill(query: &str) -> String {
    let values = [
        ("$service", "shop"),
        ("$env", "prod"),
        ("$version", ".*"),
        ("$instance", ".*"),
        ("$function", ".*"),
        ("$top", "10"),
        ("$__rate_interval", "5m"),
    ];
    let fill = |query: String, (name, value): (&str, &str)| query.replace(name, value);
    values.into_iter().fold(query.to_owned(), fill)
}

/// Returns the queries of panels that read a histogram.
fn queries() -> Vec<String> {
    let dashboard = slo::dashboard(&declared().service("shop", "1")).by("env");
    let dashboard = dashboard.expect("a label").to_string();
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array());
    let queries = targets
        .flatten()
        .filter_map(|target| target["expr"].as_str());
    let histograms = [
        "function_calls_duration_seconds",
        "http_server_request_duration_seconds",
    ];
    let reads = |query: &&str| histograms.iter().any(|name| query.contains(name));
    queries.filter(reads).map(fill).collect()
}

/// Returns what a query gives for calls that all took from 0.5 s to 1 s, rounded; of a heatmap the calls.
fn expected(query: &str) -> (String, f64) {
    if query.contains("function_calls_busy_seconds_total") {
        return (format!("round(sum({query}), 0.0001)"), 0.25);
    }
    let quantile = query.split_once("histogram_quantile(");
    let Some((_, rest)) = quantile else {
        return (format!("round(sum(histogram_count({query})))"), CALLS);
    };
    let (quantile, _) = rest.split_once(',').expect("two arguments");
    let quantile: f64 = quantile.parse().expect("a quantile");
    // Within an exponential bucket, Prometheus 3 interpolates as the bucket's bounds grow.
    let value = (quantile - 1.0).exp2();
    (
        format!("round(sum({query}), 0.0001)"),
        (value * 10_000.0).round() / 10_000.0,
    )
}

/// A test of promtool: two instances, whose histograms have buckets of this schema.
fn scenario(schema: u32, queries: &[String]) -> String {
    use std::fmt::Write as _;
    let mut test = "evaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n".to_owned();
    let (at, parts) = match schema {
        0 => (0, 1_usize),
        schema => (1 - (1_i32 << schema), 1_usize << schema),
    };
    for instance in ["one", "two"] {
        let own = format!("job=\"shop\",instance=\"{instance}\",env=\"prod\"");
        for series in SERIES {
            let histogram = |calls: usize| {
                let each = vec![calls.to_string(); parts].join(" ");
                let all = calls * parts;
                format!(
                    "{{{{schema:{schema} sum:{all} count:{all} offset:{at} buckets:[{each}]}}}}"
                )
            };
            let (none, some) = (histogram(0), histogram(64 / parts));
            let _ = writeln!(
                test,
                "  - series: '{series},{own}}}'\n    values: '{none}+{some}x20'"
            );
        }
        let _ = writeln!(test, "  - series: '{BUSY},{own}}}'\n    values: '0+16x20'");
        let _ = writeln!(
            test,
            "  - series: 'build_info{{service_name=\"shop\",version=\"1\",{own}}}'\n    values: '1x20'"
        );
    }
    test += "  promql_expr_test:\n";
    for query in queries {
        let (query, value) = expected(query);
        let query = query.replace('\'', "''");
        let _ = writeln!(
            test,
            "  - expr: '{query}'\n    eval_time: 15m\n    exp_samples: [{{labels: '{{}}', value: {value}}}]"
        );
    }
    test
}

/// Returns `true` if a promtool has series of native histograms, which it got after 2.42.
fn reads_native(promtool: &Path) -> bool {
    let folder = Folder::new();
    let file = folder.write("test.yaml", &scenario(0, &[]));
    let output = Command::new(promtool)
        .args(["test", "rules"])
        .arg(file)
        .output();
    output
        .expect("promtool, which tests/run installs")
        .status
        .success()
}

#[test]
fn every_quantile_of_the_dashboard_reads_native_histograms() {
    let queries = queries();
    let quantiles = queries
        .iter()
        .filter(|query| query.contains("histogram_quantile"));
    assert!(quantiles.count() >= 6 && queries.len() >= 7, "{queries:#?}");
    let [installed, newest] = promtools();
    assert!(reads_native(&newest));
    let promtools = [newest]
        .into_iter()
        .chain(Some(installed).filter(|it| reads_native(it)));
    for promtool in promtools {
        for schema in [0, 3] {
            let folder = Folder::new();
            let test = scenario(schema, &queries);
            let file = folder.write("test.yaml", &test);
            let output = Command::new(&promtool)
                .args(["test", "rules"])
                .arg(file)
                .output();
            let output = output.expect("promtool");
            let said =
                String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{}: {said}\n{test}",
                promtool.display()
            );
        }
    }
}

#[test]
fn no_rule_reads_a_histogram() {
    for rules in [
        rules(),
        slo::rules(&declared())
            .by("env")
            .expect("a label")
            .to_string(),
    ] {
        for part in [
            "_bucket",
            "histogram_",
            "function_calls_duration",
            "_request_duration",
        ] {
            assert!(!rules.contains(part), "{part}\n{rules}");
        }
    }
}

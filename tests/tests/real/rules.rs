//! Verdicts of Prometheus on the rules: the installed one and the newest, over hours of made-up time.

mod burning;
mod groups;
mod native;
mod scenario;
mod silent;
mod texts;

use std::process::Command;
use std::time::Duration;

use monitor_runtime::inventory::Inventory;
use monitor_runtime::{Objective, monitored, slo};
use monitor_tests::process::get;
use monitor_tests::target;
use monitor_tests::{addr, monitor};
use scenario::{Folder, assert_evaluates, assert_passes, firing};

const API: Objective = Objective::new("api")
    .success_rate(99.9)
    .latency(Duration::from_millis(250), 99.0);

#[monitored(objective = API)]
fn serve() {}

const JOBS: Objective = Objective::new("jobs").latency(Duration::from_secs(1), 90.0);

#[monitored(objective = JOBS)]
fn work() {}

/// Returns the inventory of the functions that these tests declare.
fn declared() -> Inventory {
    super::inventory_of(module_path!())
}

fn rules() -> String {
    slo::rules(&declared().service("shop", "1")).to_string()
}

#[test]
fn both_versions_of_prometheus_accept_rules_of_any_name() {
    let odd = "a \"b\" \\ {{ .x }} '}`\n%s";
    for name in ["shop", odd, "ü\u{2028}\u{85}\r\t😀: - #", "", "{{", "x}y"] {
        let inventory = declared().service(name, "1");
        let rules = slo::rules(&inventory)
            .runbooks("https://runbooks.example.com/{{x}}")
            .grafana("https://grafana.example.com")
            .server("https://{instance}/{{x}}/monitor");
        let quoted = format!("zone!~{:?}", "a|`b`|{{ .x }}|100%");
        let apart = rules.clone().by("env,region").and_then(|rules| {
            let rules = rules.selector(&quoted)?.label("no", odd)?;
            rules
                .label("team", "{{ $labels.x }}")?
                .annotation("note", odd)
        });
        let apart = apart.expect("no mistake");
        for rules in [rules.clone(), rules.faster(60), apart] {
            let folder = Folder::new();
            let text = rules.to_string();
            let file = folder.write("rules.yaml", &text);
            assert_passes(&["check", "rules"], &file, &text);
        }
    }
}

/// Takes the rules out of a manifest, with an independent parser.
const SPEC: &str = "
import sys, yaml
manifest = yaml.safe_load(sys.stdin)
assert (manifest['apiVersion'], manifest['kind']) == ('monitoring.coreos.com/v1', 'PrometheusRule')
assert manifest['metadata'] == {'name': 'shop-rules'}
yaml.safe_dump(manifest['spec'], sys.stdout)
";

#[test]
fn the_operator_is_given_the_same_rules() {
    let odd = "a \"b\" \\ {{ .x }} '}\n\u{85}\u{feff}😀";
    let rules = slo::rules(&declared().service(odd, "1"));
    let folder = Folder::new();
    let manifest = folder.write("manifest.yaml", &rules.for_operator("shop-rules"));
    let output = Command::new(target().join("python/bin/python"))
        .args(["-c", SPEC])
        .stdin(std::fs::File::open(manifest).expect("written"))
        .output()
        .expect("python, which tests/run installs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let spec = String::from_utf8(output.stdout).expect("UTF-8");
    let file = folder.write("rules.yaml", &spec);
    assert_passes(&["check", "rules"], &file, &spec);
    let alerts = |text: &str| text.matches("alert: ").count();
    assert_eq!(alerts(&spec), alerts(&rules.to_string()));
}

/// The recording rule and the alert of autometrics' rule file (autometrics-shared,
/// `autometrics.rules.yml`) for one percentile, in the terms of its specification: what selects
/// series, and that a bucket counts whose `le` is the threshold.
fn autometrics(percentile: &str, latency: bool) -> String {
    let of = "sum by (objective_name, objective_percentile, service_name)";
    let ratio = |window: &str| {
        let rate = |name: &str, more: &str| {
            format!(
                "rate({{__name__=~\"{name}\",objective_percentile=\"{percentile}\"{more}}}[{window}])"
            )
        };
        if latency {
            let (all, bucket) = (
                "function_calls_duration(_seconds)?_count",
                "function_calls_duration(_seconds)?_bucket",
            );
            let (all, bucket) = (rate(all, ""), rate(bucket, ""));
            let same = |label: &str| format!("label_join({bucket}, \"same\", \"\", \"{label}\")");
            let within = format!("{} and {}", same("objective_latency_threshold"), same("le"));
            format!("({of} ({all}) - {of} ({within})) / ({of} ({all}) >= 1 / 60)")
        } else {
            let name = "function_calls(_count)?(_total)?";
            let (failed, all) = (rate(name, ",result=\"error\""), rate(name, ""));
            format!("{of} ({failed}) / ({of} ({all}) >= 1 / 60)")
        }
    };
    let budget = (100.0 - percentile.parse::<f64>().expect("a number")) / 100.0;
    let rules = ["5m", "1h"].map(|window| {
        let ratio = ratio(window).replace('\'', "''");
        format!("  - record: slo:sli_error:ratio_rate{window}\n    expr: '{ratio}'\n")
    });
    let over =
        ["5m", "1h"].map(|window| format!("slo:sli_error:ratio_rate{window} > 14.4 * {budget}"));
    format!(
        "groups:\n- name: autometrics\n  rules:\n{}  - alert: Burns\n    expr: '{}'\n",
        rules.concat(),
        over.join(" and "),
    )
}

/// 5 ms too late, or in time; and what it returns.
#[monitored(objective = TIMED)]
fn timed(late: bool, fail: bool) -> Result<(), &'static str> {
    std::thread::sleep(Duration::from_millis(if late { 25 } else { 0 }));
    if fail { Err("failed") } else { Ok(()) }
}

const TIMED: Objective = Objective::new("timed")
    .success_rate(99.9)
    .latency(Duration::from_millis(20), 95.0);

/// The samples of our own page that grow by what a minute of calls adds to them.
fn a_minute(calls: impl Fn()) -> Vec<(String, String)> {
    let samples = || -> Vec<(String, f64)> {
        let page = get(addr(), "/metrics").1;
        let own = page.lines().filter(|line| line.contains("\"timed\""));
        let split = own.filter_map(|line| line.rsplit_once(' '));
        split
            .map(|(series, value)| (series.to_owned(), value.parse().expect("a number")))
            .collect()
    };
    // Every series is there before the minute.
    for late in [false, true] {
        let _ = (timed(late, false), timed(late, true));
    }
    let before = samples();
    calls();
    let after = samples();
    let grown = before
        .iter()
        .zip(&after)
        .map(|((series, before), (same, after))| {
            assert_eq!(series, same);
            (series.clone(), format!("{before}+{}x70", after - before))
        });
    grown.collect()
}

#[test]
fn rules_of_autometrics_say_of_our_series_what_is_true() {
    monitor();
    let burns = firing("Burns", ",objective_name=\"timed\"");
    let times = |times: u32, late: bool, fail: bool| {
        for _ in 0..times {
            assert_eq!(timed(late, fail).is_err(), fail);
        }
    };
    for (failed, late, fails_page, late_page) in [
        (0, 0, None, None),
        (20, 0, Some(1.0), None),
        (0, 95, None, Some(1.0)),
    ] {
        let series = a_minute(|| {
            times(100 - failed - late, false, false);
            times(failed, false, true);
            times(late, true, false);
        });
        assert_evaluates(
            &autometrics("99.9", false),
            &series,
            &[(65, &burns, fails_page)],
        );
        assert_evaluates(
            &autometrics("95", true),
            &series,
            &[(65, &burns, late_page)],
        );
        let ratio = f64::from(failed) / 100.0;
        let own = slo::rules(&declared()).to_string();
        let ours =
            "monitor_slo:failures:ratio_rate1h{objective_name=\"timed\",slo=\"success_rate\"}";
        assert_evaluates(&own, &series, &[(65, ours, Some(ratio))]);
    }
    serve();
    work();
}

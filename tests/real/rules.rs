//! What Prometheus makes of the rules: the installed one and the newest, over hours of made-up time.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use monitor_runtime::{Objective, inventory, monitored, slo};
use monitor_tests::process::get;
use monitor_tests::target;
use monitor_tests::{addr, monitor};

const API: Objective = Objective::new("api")
    .success_rate(99.9)
    .latency(Duration::from_millis(250), 99.0);

#[monitored(objective = API)]
fn serve() {}

/// Of a whole second: collectors spell its bound in two ways.
const JOBS: Objective = Objective::new("jobs").latency(Duration::from_secs(1), 90.0);

#[monitored(objective = JOBS)]
fn work() {}

/// The installed promtool, and the newest there is.
fn promtools() -> [PathBuf; 2] {
    let newest = target().join("prometheus-newest/usr/bin/promtool");
    ["promtool".into(), newest]
}

/// A folder of its own, gone with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("monitor-rules-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Both promtools find nothing wrong.
fn assert_passes(arguments: &[&str], file: &Path, text: &str) {
    for promtool in promtools() {
        let output = Command::new(&promtool).args(arguments).arg(file).output();
        let output = output.expect("promtool, which tests/run installs");
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let promtool = promtool.display();
        assert!(output.status.success(), "{promtool}: {said}\n{text}");
        assert!(!said.contains("FAILED"), "{promtool}: {said}");
    }
}

/// An expression and its only value at a minute; `None` for no result.
type Expected<'a> = (u32, &'a str, Option<f64>);

/// Runs rules over series, of which each has a value a minute.
fn assert_evaluates(rules: &str, series: &[(String, String)], expected: &[Expected<'_>]) {
    let folder = Folder::new();
    folder.write("rules.yaml", rules);
    let quote = |text: &str| text.replace('\'', "''");
    let mut test = "rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n".to_owned();
    for (series, values) in series {
        let _ = writeln!(
            test,
            "  - series: '{}'\n    values: '{values}'",
            quote(series)
        );
    }
    test += "  promql_expr_test:\n";
    for (minute, expression, value) in expected {
        let expression = quote(expression);
        let _ = writeln!(
            test,
            "  - expr: 'sum(round({expression}, 0.0001))'\n    eval_time: {minute}m"
        );
        if let Some(value) = value {
            let _ = writeln!(
                test,
                "    exp_samples: [{{labels: '{{}}', value: {value}}}]"
            );
        }
    }
    let file = folder.write("test.yaml", &test);
    assert_passes(&["test", "rules"], &file, &test);
}

fn rules() -> String {
    slo::rules(&inventory().service("shop", "1")).to_string()
}

/// The alert's series, which is 1 while it fires.
fn firing(name: &str, labels: &str) -> String {
    format!("ALERTS{{alertname=\"{name}\",alertstate=\"firing\"{labels}}}")
}

fn page(objective: &str, slo: &str) -> String {
    let labels = format!(
        ",severity=\"page\",objective_name=\"{objective}\",slo=\"{slo}\",service_name=\"shop\""
    );
    firing("ErrorBudgetBurn", &labels)
}

fn ticket(objective: &str, slo: &str) -> String {
    page(objective, slo).replace("\"page\"", "\"ticket\"")
}

/// The counter of an instance, for calls that ended so.
fn calls(service: &str, instance: u32, result: &str, values: &str) -> (String, String) {
    let labels = "objective_name=\"api\",objective_percentile=\"99.9\",function=\"serve\"";
    let series = format!(
        "function_calls_total{{service_name=\"{service}\",instance=\"{instance}\",result=\"{result}\",{labels}}}"
    );
    (series, values.to_owned())
}

#[test]
fn both_find_nothing_wrong_in_rules_of_any_name() {
    for name in [
        "shop",
        "a \"b\" \\ {{ .x }} '}\n",
        "ü\u{2028}\u{85}\r\t😀: - #",
        "",
        "{{",
        "x}y",
    ] {
        let inventory = inventory().service(name, "1");
        let rules = slo::rules(&inventory)
            .runbooks("https://runbooks.example.com/{{x}}")
            .grafana("https://grafana.example.com");
        for rules in [rules.clone(), rules.faster(60)] {
            let folder = Folder::new();
            let text = rules.to_string();
            let file = folder.write("rules.yaml", &text);
            assert_passes(&["check", "rules"], &file, &text);
        }
    }
}

/// Takes the rules out of a manifest, read by a parser that is not ours.
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
    let rules = slo::rules(&inventory().service(odd, "1"));
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

#[test]
fn a_page_fires_and_resolves() {
    let failing = [
        // 5 % of calls fail for 20 minutes, then none for 6 hours and more.
        calls("shop", 1, "ok", "0+95x20 1995+100x400"),
        calls("shop", 1, "error", "0+5x20 100+0x60"),
    ];
    let (page, ticket) = (page("api", "success_rate"), ticket("api", "success_rate"));
    let expected: &[Expected<'_>] = &[
        (0, &page, None),
        // 14.4 times too fast over an hour; not before ten calls have failed.
        (1, &page, None),
        (10, &page, Some(1.0)),
        (10, &ticket, Some(1.0)),
        (
            10,
            "monitor_slo:failures:ratio_rate5m{slo=\"success_rate\"}",
            Some(0.05),
        ),
        (
            10,
            "monitor_slo:error_budget:ratio{slo=\"success_rate\",objective_name=\"api\"}",
            Some(0.001),
        ),
        // The last 5 minutes are good, the last 30 and 6 hours are not: still 6 times too fast.
        (40, &page, Some(1.0)),
        (60, &page, None),
        (60, &ticket, Some(1.0)),
        // 6 hours are good: over 3 days it is still too fast, but no longer going on.
        (400, &ticket, None),
    ];
    assert_evaluates(&rules(), &failing, expected);
}

#[test]
fn a_little_too_much_is_a_ticket() {
    // 0.5 % fail: 5 times too fast.
    let failing = [
        calls("shop", 1, "ok", "0+995x60"),
        calls("shop", 1, "error", "0+5x60"),
    ];
    let (page, ticket) = (page("api", "success_rate"), ticket("api", "success_rate"));
    assert_evaluates(
        &rules(),
        &failing,
        &[(60, &page, None), (60, &ticket, Some(1.0))],
    );
    // 0.05 % fail: half of what may.
    let fine = [
        calls("shop", 1, "ok", "0+9995x60"),
        calls("shop", 1, "error", "0+5x60"),
    ];
    let left = "monitor_slo:error_budget_left:ratio{slo=\"success_rate\"}";
    assert_evaluates(
        &rules(),
        &fine,
        &[
            (60, &page, None),
            (60, &ticket, None),
            (60, left, Some(0.5)),
        ],
    );
}

#[test]
fn few_calls_that_fail_wake_nobody() {
    // A call every ten minutes, of which every other fails; nine fail in a day and more.
    let few = [
        calls(
            "shop",
            1,
            "ok",
            "0 1 1x18 2x19 3x19 4x19 5x19 6x19 7x19 8x19 9x19",
        ),
        calls(
            "shop",
            1,
            "error",
            "0x10 1x19 2x19 3x19 4x19 5x19 6x19 7x19 8x19 8x19",
        ),
    ];
    let (page, ticket) = (page("api", "success_rate"), ticket("api", "success_rate"));
    let high = "monitor_slo:failures:ratio_rate1h{slo=\"success_rate\"} > bool 0.0144";
    let expected: &[Expected<'_>] = &[
        (100, high, Some(1.0)),
        (100, &page, None),
        (160, &page, None),
        (160, &ticket, None),
    ];
    assert_evaluates(&rules(), &few, expected);
}

#[test]
fn instances_are_one_service_and_others_are_not() {
    let series = [
        // One is restarted at 10 minutes, and counts from 0; the other is killed and gone.
        calls("shop", 1, "ok", "0+100x10 0+100x30"),
        calls("shop", 1, "error", "0x10 0x30"),
        calls("shop", 2, "ok", "0+100x15 stale"),
        calls("shop", 2, "error", "0x15 stale"),
        // Another service keeps an objective of the same name, and breaks it.
        calls("other", 1, "ok", "0x40"),
        calls("other", 1, "error", "0+100x40"),
    ];
    let all = "monitor_slo:calls:rate5m{slo=\"success_rate\"} * 60";
    let bad = "monitor_slo:failures:ratio_rate5m{slo=\"success_rate\"}";
    let expected: &[Expected<'_>] = &[
        (9, all, Some(200.0)),
        (40, all, Some(100.0)),
        (40, bad, Some(0.0)),
        (40, &page("api", "success_rate"), None),
    ];
    assert_evaluates(&rules(), &series, expected);
}

/// The histogram of calls, of which so many a minute are within the threshold.
fn durations(
    objective: &str,
    threshold: &str,
    le: &str,
    all: u32,
    within: u32,
) -> [(String, String); 3] {
    let percent = if objective == "api" { 99 } else { 90 };
    let series = |suffix: &str, le: &str, calls: u32| {
        let labels = format!(
            "service_name=\"shop\",result=\"ok\",objective_name=\"{objective}\",\
             objective_percentile=\"{percent}\",objective_latency_threshold=\"{threshold}\"{le}"
        );
        let series = format!("function_calls_duration_seconds_{suffix}{{{labels}}}");
        (series, format!("0+{calls}x60"))
    };
    [
        series("count", "", all),
        series("bucket", &format!(",le=\"{le}\""), within),
        series("bucket", ",le=\"+Inf\"", all),
    ]
}

#[test]
fn a_latency_that_is_broken_pages() {
    let ratio = "monitor_slo:failures:ratio_rate5m{slo=\"latency\"}";
    // 20 % take longer, 1 % may.
    let late = durations("api", "0.25", "0.25", 100, 80);
    let expected: &[Expected<'_>] = &[
        (30, ratio, Some(0.2)),
        (30, &page("api", "latency"), Some(1.0)),
        (30, &ticket("api", "latency"), Some(1.0)),
        (30, &page("jobs", "latency"), None),
    ];
    assert_evaluates(&rules(), &late, expected);
    // All in time.
    let soon = durations("api", "0.25", "0.25", 100, 100);
    assert_evaluates(
        &rules(),
        &soon,
        &[(30, ratio, Some(0.0)), (30, &page("api", "latency"), None)],
    );
    // A bound of a whole number, as we spell it and as others do. A budget of 10 % cannot burn 14.4
    // times too fast, and an outage pages all the same.
    for le in ["1.0", "1"] {
        let broken = durations("jobs", "1.0", le, 100, 5);
        let expected: &[Expected<'_>] = &[
            (30, ratio, Some(0.95)),
            (30, &page("jobs", "latency"), Some(1.0)),
        ];
        assert_evaluates(&rules(), &broken, expected);
    }
}

#[test]
fn nobody_there_is_a_page_and_one_instance_down_a_ticket() {
    let build = |instance: u32, values: &str| {
        let labels = format!("job=\"shop\",instance=\"{instance}\",service_name=\"shop\"");
        (format!("build_info{{{labels}}}"), values.to_owned())
    };
    let up = |instance: u32, values: &str| {
        let series = format!("up{{job=\"shop\",instance=\"{instance}\"}}");
        (series, values.to_owned())
    };
    let (gone, down) = (
        firing("MonitorServiceAbsent", ""),
        firing("MonitorInstanceDown", ""),
    );
    // The second is killed at 10 minutes, the first at 40; the third was taken away, not lost.
    let series = [
        build(1, "1x40 stale"),
        up(1, "1x40 0x60"),
        build(2, "1x10 stale"),
        up(2, "1x10 0x90"),
        build(3, "1x10 stale"),
        up(3, "1x10 stale"),
    ];
    let expected: &[Expected<'_>] = &[
        (9, &down, None),
        (13, &down, None),
        (20, &down, Some(1.0)),
        (20, &gone, None),
        (43, &gone, None),
        (60, &gone, Some(1.0)),
        (60, &down, Some(2.0)),
    ];
    assert_evaluates(&rules(), &series, expected);
}

#[test]
fn a_name_that_is_odd_is_matched_as_it_is() {
    let name = "a \"b\" \\ é {{x}} '}";
    let rules = slo::rules(&inventory().service(name, "1")).to_string();
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    let series = [
        calls(&escaped, 1, "ok", "0+50x30"),
        calls(&escaped, 1, "error", "0+50x30"),
    ];
    let page = firing(
        "ErrorBudgetBurn",
        &format!(",severity=\"page\",service_name=\"{escaped}\""),
    );
    assert_evaluates(&rules, &series, &[(30, &page, Some(1.0))]);
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
        let own = slo::rules(&inventory()).to_string();
        let ours =
            "monitor_slo:failures:ratio_rate1h{objective_name=\"timed\",slo=\"success_rate\"}";
        assert_evaluates(&own, &series, &[(65, ours, Some(ratio))]);
    }
    serve();
    work();
}

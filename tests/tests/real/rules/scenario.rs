//! Scenarios: rules, made-up series with a value a minute, and what has to hold when.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use monitor_tests::target;

/// The installed promtool, and the newest there is.
pub(crate) fn promtools() -> [PathBuf; 2] {
    let newest = target().join("prometheus-newest/usr/bin/promtool");
    ["promtool".into(), newest]
}

/// A folder of its own, gone with its owner.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("monitor-rules-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
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
pub(crate) fn assert_passes(arguments: &[&str], file: &Path, text: &str) {
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
pub(crate) type Expected<'a> = (u32, &'a str, Option<f64>);

/// Series and their values, a minute apart.
pub(crate) type Series = (String, String);

/// An alert's name, the minute, and the one alert there is then: its labels, summary and description.
pub(crate) struct Told<'a> {
    pub(crate) name: &'a str,
    pub(crate) minute: u32,
    pub(crate) labels: &'a [(&'a str, &'a str)],
    pub(crate) summary: &'a str,
    pub(crate) description: &'a str,
}

/// Runs rules over series.
pub(crate) fn assert_evaluates(rules: &str, series: &[Series], expected: &[Expected<'_>]) {
    assert_tells(rules, series, expected, &[]);
}

/// Evaluates the rules and compares the texts of alerts.
pub(crate) fn assert_tells(
    rules: &str,
    series: &[Series],
    expected: &[Expected<'_>],
    told: &[Told<'_>],
) {
    let folder = Folder::new();
    folder.write("rules.yaml", rules);
    let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
    // Hours and days are evaluated in larger steps, as they would take minutes otherwise.
    let minutes = expected.iter().map(|(minute, ..)| *minute);
    let last = minutes.chain(told.iter().map(|told| told.minute)).max();
    let step = match last {
        Some(2001..) => 30,
        Some(61..) => 5,
        _ => 1,
    };
    let mut test = format!(
        "rule_files: [rules.yaml]\nevaluation_interval: {step}m\ntests:\n- interval: 1m\n  input_series:\n"
    );
    for (series, values) in series {
        let series = quote(series);
        let _ = writeln!(test, "  - series: {series}\n    values: '{values}'");
    }
    test += "  promql_expr_test:\n";
    for (minute, expression, value) in expected {
        let expression = quote(&format!("sum(round({expression}, 0.0001))"));
        let _ = writeln!(test, "  - expr: {expression}\n    eval_time: {minute}m");
        if let Some(value) = value {
            let _ = writeln!(
                test,
                "    exp_samples: [{{labels: '{{}}', value: {value}}}]"
            );
        }
    }
    test += if told.is_empty() {
        ""
    } else {
        "  alert_rule_test:\n"
    };
    for told in told {
        let (name, minute) = (told.name, told.minute);
        let labels = told.labels.iter();
        let labels = labels.map(|(key, value)| format!("{key}: {}", quote(value)));
        let labels = labels.collect::<Vec<_>>().join(", ");
        let (summary, description) = (quote(told.summary), quote(told.description));
        let _ = writeln!(
            test,
            "  - eval_time: {minute}m\n    alertname: {name}\n    exp_alerts:\n    - exp_labels: {{{labels}}}\n      \
             exp_annotations:\n        summary: {summary}\n        description: {description}"
        );
    }
    let file = folder.write("test.yaml", &test);
    assert_passes(&["test", "rules"], &file, &test);
}

/// The alert's series, which is 1 while it fires.
pub(crate) fn firing(name: &str, labels: &str) -> String {
    format!("ALERTS{{alertname=\"{name}\",alertstate=\"firing\"{labels}}}")
}

pub(crate) fn page(objective: &str, slo: &str) -> String {
    let labels = format!(
        ",severity=\"page\",objective_name=\"{objective}\",slo=\"{slo}\",service_name=\"shop\""
    );
    firing("ErrorBudgetBurn", &labels)
}

pub(crate) fn ticket(objective: &str, slo: &str) -> String {
    page(objective, slo).replace("\"page\"", "\"ticket\"")
}

/// An instance of the service `shop`, and what it is given beside its own labels.
#[derive(Clone, Copy)]
pub(crate) struct Instance<'a> {
    pub(crate) name: &'a str,
    /// With a comma before each.
    pub(crate) more: &'a str,
}

/// The instance that most scenarios do with.
pub(crate) const ONE: Instance<'static> = Instance {
    name: "one",
    more: "",
};

impl Instance<'_> {
    /// A series of a family with these labels before those of the instance.
    pub(crate) fn series(&self, family: &str, labels: &str, values: &str) -> Series {
        let (name, more) = (self.name, self.more);
        let comma = if labels.is_empty() { "" } else { "," };
        let series = format!("{family}{{{labels}{comma}job=\"shop\",instance=\"{name}\"{more}}}");
        (series, values.to_owned())
    }

    /// The counters of a function's calls, and of those that break its promise.
    pub(crate) fn function(
        &self,
        function: &str,
        objective: &str,
        slo: &str,
        [calls, failures]: [&str; 2],
    ) -> Vec<Series> {
        let labels = format!(
            "service_name=\"shop\",objective_name=\"{objective}\",slo=\"{slo}\",function=\"{function}\",module=\"shop\""
        );
        vec![
            self.series("monitor_objective_calls_total", &labels, calls),
            self.series("monitor_objective_failures_total", &labels, failures),
        ]
    }

    /// The counters of `api`'s calls, and of those that fail.
    pub(crate) fn calls(&self, calls: &str, failures: &str) -> Vec<Series> {
        self.function("serve", "api", "success_rate", [calls, failures])
    }

    /// Returns the series of an instance that is up.
    pub(crate) fn there(&self, build: &str, up: &str) -> Vec<Series> {
        let labels = "service_name=\"shop\",version=\"1.2.0\"";
        vec![
            self.series("build_info", labels, build),
            self.series("up", "", up),
        ]
    }
}

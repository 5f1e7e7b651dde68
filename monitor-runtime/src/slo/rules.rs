//! Recording rules and alerts for Prometheus.

mod promql;

use std::fmt;
use std::time::Duration;

use self::promql::{equal, selector};
use super::promise::{Promise, promises};
use super::window::{BURNS, Burn, H6, M5, MIN_FAILURES, PERIOD, Severity, WINDOWS, Window};
use super::yaml::Yaml;
use super::{dashboard, links};
use crate::inventory::Inventory;
use crate::metrics::{BUILD_INFO, slo};
use crate::objective::Kind;
use crate::redact::without_secrets;

/// How long nobody, or an instance, answers before somebody is told.
const DOWN: Window = M5;
/// An instance that was there so recently is missed.
const MISSED: Window = H6;

/// Rules for the objectives of these functions: what `GET /rules.yaml` answers.
///
/// For each success rate and each latency there are the ratios of calls that break it, over windows
/// from 5 minutes to 3 days, its error budget and what is left of it over 30 days, and the alert
/// `ErrorBudgetBurn`, once as a page and once as a ticket. `MonitorServiceAbsent` and
/// `MonitorInstanceDown` say that there is nothing to go by. The same functions give the same text.
///
/// All of it is about one `service_name`, summed over its instances.
///
/// ```
/// use monitor_runtime::{inventory, slo};
///
/// let rules = slo::rules(&inventory().service("shop", "1.2.0"))
///     .runbooks("https://runbooks.example.com")
///     .to_string();
/// assert!(rules.contains("runbook_url: \"https://runbooks.example.com/MonitorServiceAbsent\""));
/// // std::fs::write("shop.rules.yaml", rules)
/// ```
pub fn rules(inventory: &Inventory) -> Rules {
    let links = links();
    let promises = promises(inventory).into_iter();
    let owned = |(promise, functions): (Promise, Vec<&str>)| (promise, functions.join(", "));
    Rules {
        service: inventory.service_name.clone(),
        promises: promises.map(owned).collect(),
        runbooks: links.runbooks,
        grafana: links.grafana,
        min_failures: MIN_FAILURES,
        faster: 1,
    }
}

/// Rules for Prometheus, as YAML by their `Display`; see [`rules`].
#[derive(Clone, Debug)]
#[must_use = "the rules are its text"]
pub struct Rules {
    service: String,
    /// Each with the names of the functions that make it.
    promises: Vec<(Promise, String)>,
    runbooks: Option<String>,
    grafana: Option<String>,
    min_failures: u32,
    faster: u32,
}

impl Rules {
    /// Puts a `runbook_url` on alerts: this, a slash, and the alert's name. A login in it is hidden.
    pub fn runbooks(mut self, url: impl Into<String>) -> Self {
        self.runbooks = Some(without_secrets(url.into()));
        self
    }

    /// Puts a `dashboard_url` on alerts: [`dashboard`](super::dashboard) in the Grafana at this URL. A login
    /// in it is hidden.
    pub fn grafana(mut self, url: impl Into<String>) -> Self {
        self.grafana = Some(without_secrets(url.into()));
        self
    }

    /// How many calls have to break a promise in an alert's long window before it fires; 10 if not
    /// set.
    ///
    /// Without it, one of three calls that fails at night would wake somebody.
    pub fn min_failures(mut self, calls: u32) -> Self {
        self.min_failures = calls;
        self
    }

    /// Divides every window and delay by this, to see in a minute what takes an hour: for tests of
    /// alerting from end to end. 0 counts as 1.
    pub fn faster(mut self, times: u32) -> Self {
        self.faster = times.max(1);
        self
    }
}

impl Rules {
    /// The same as a `PrometheusRule` of this name, for the Prometheus operator:
    /// <https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule>.
    pub fn for_operator(&self, name: &str) -> String {
        let metadata = vec![("name", Yaml::text(name))];
        let manifest = Yaml::Map(vec![
            ("apiVersion", Yaml::text("monitoring.coreos.com/v1")),
            ("kind", Yaml::text("PrometheusRule")),
            ("metadata", Yaml::Map(metadata)),
            ("spec", self.document()),
        ]);
        manifest.print()
    }

    fn document(&self) -> Yaml {
        let mut groups = vec![self.service_group()];
        let promises = self.promises.iter();
        groups.extend(promises.map(|(promise, functions)| self.group(promise, functions)));
        Yaml::Map(vec![("groups", Yaml::List(groups))])
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.document().print())
    }
}

/// An alert, before it is written.
#[derive(Clone)]
struct Alert<'a> {
    name: &'static str,
    expr: String,
    /// How long it has to hold.
    delay: Option<Window>,
    severity: Severity,
    /// Beside the severity and what the expression has.
    labels: &'a [(&'static str, String)],
    summary: String,
    description: Option<String>,
}

/// What is the same for every promise.
impl Rules {
    fn service_group(&self) -> Yaml {
        let build = BUILD_INFO.name;
        let service = selector([("service_name", "=", self.service.as_str())]);
        let missed = self.range(MISSED);
        let name = untemplated(&self.service);
        let absent = Alert {
            name: "MonitorServiceAbsent",
            expr: format!("absent({build}{service})"),
            delay: Some(DOWN),
            severity: Severity::Page,
            labels: &[],
            summary: format!("No instance of {name} is scraped: there is nothing to alert on."),
            description: None,
        };
        let down = Alert {
            name: "MonitorInstanceDown",
            expr: format!(
                "up == 0\nand on (job, instance)\nlast_over_time({build}{service}[{missed}])"
            ),
            severity: Severity::Ticket,
            summary: format!(
                "{{{{ $labels.instance }}}} cannot be scraped; it was an instance of {name} before."
            ),
            ..absent.clone()
        };
        let rules = vec![self.alert(absent), self.alert(down)];
        group(format!("monitor/{}", self.service), rules)
    }

    fn alert(&self, alert: Alert<'_>) -> Yaml {
        let Alert {
            name,
            expr,
            delay,
            severity,
            labels,
            summary,
            description,
        } = alert;
        let mut entries = vec![("alert", Yaml::text(name)), ("expr", Yaml::Text(expr))];
        entries.extend(delay.map(|delay| ("for", Yaml::Text(self.range(delay)))));
        let severity = ("severity", Yaml::text(severity.as_str()));
        let labels = labels.iter();
        let labels = labels.map(|(key, value)| (*key, Yaml::text(value.as_str())));
        let labels = [severity].into_iter().chain(labels).collect();
        entries.push(("labels", Yaml::Map(labels)));
        let join = |base: &String, path: &str| format!("{}/{path}", base.trim_end_matches('/'));
        let board = format!("d/{}", dashboard::uid(&self.service));
        let annotations = [
            ("summary", Some(summary)),
            ("description", description),
            (
                "runbook_url",
                self.runbooks
                    .as_ref()
                    .map(|base| untemplated(&join(base, name))),
            ),
            (
                "dashboard_url",
                self.grafana
                    .as_ref()
                    .map(|base| untemplated(&join(base, &board))),
            ),
        ];
        let annotations = annotations.into_iter();
        let annotations = annotations.filter_map(|(key, text)| Some((key, Yaml::Text(text?))));
        entries.push(("annotations", Yaml::Map(annotations.collect())));
        Yaml::Map(entries)
    }
}

/// What is recorded and alerted of one promise.
impl Rules {
    fn group(&self, promise: &Promise, functions: &str) -> Yaml {
        let labels = self.labels(promise);
        let own = selector(labels.iter().map(equal));
        let record = |name: String, expr: String| {
            let labels = labels.iter();
            let labels = labels.map(|(key, value)| (*key, Yaml::text(value.as_str())));
            Yaml::Map(vec![
                ("record", Yaml::Text(name)),
                ("expr", Yaml::Text(expr)),
                ("labels", Yaml::Map(labels.collect())),
            ])
        };
        let mut rules = Vec::new();
        for window in WINDOWS {
            let (bad, all) = self.rates(promise, window);
            let ratio = format!("{bad}\n/\n({all} > 0)");
            rules.push(record(slo::ratio(window.name), ratio));
        }
        for Burn { long, .. } in &BURNS {
            let (bad, _) = self.rates(promise, *long);
            let seconds = Duration::from_millis(self.milliseconds(*long)).as_secs_f64();
            rules.push(record(
                slo::failures(long.name),
                format!("{bad}\n* {seconds}"),
            ));
        }
        let (bad, all) = self.rates(promise, M5);
        let period = self.range(PERIOD);
        let (bad_rate, rate) = (slo::FAILURES, slo::CALLS);
        let (budget, left) = (promise.budget(), slo::BUDGET);
        let spent = format!(
            "1 - sum_over_time({bad_rate}{own}[{period}])\n\
             / (sum_over_time({rate}{own}[{period}]) > 0)\n/ {left}{own}"
        );
        rules.extend([
            record(bad_rate.to_owned(), bad),
            record(rate.to_owned(), all),
            record(left.to_owned(), format!("vector({budget})")),
            record(slo::BUDGET_LEFT.to_owned(), spent),
        ]);
        for severity in [Severity::Page, Severity::Ticket] {
            rules.push(self.burn_alert(promise, severity, &own, functions));
        }
        group(self.name(promise), rules)
    }

    fn burn_alert(
        &self,
        promise: &Promise,
        severity: Severity,
        own: &str,
        functions: &str,
    ) -> Yaml {
        let burns = BURNS.iter().filter(|burn| burn.severity == severity);
        let conditions = burns.map(|burn| {
            let threshold = burn.threshold(promise.budget());
            let (long, short) = (slo::ratio(burn.long.name), slo::ratio(burn.short.name));
            let (failures, least) = (slo::failures(burn.long.name), self.min_failures);
            format!(
                "(\n{long}{own} > {threshold}\nand\n{short}{own} > {threshold}\nand\n{failures}{own} >= {least}\n)"
            )
        });
        let conditions: Vec<String> = conditions.collect();
        let broken = match promise.kind {
            Kind::SuccessRate => "fail",
            Kind::Latency => "take longer",
        };
        let description = format!(
            "{{{{ $value | humanizePercentage }}}} of calls {broken}; the objective: {}. Functions: {}.",
            promise.in_words(),
            untemplated(functions),
        );
        let kind = promise.kind.as_str();
        // They tell alerts of different promises apart; the service's name comes with the series.
        let labels = promise.labels.clone();
        self.alert(Alert {
            name: "ErrorBudgetBurn",
            expr: conditions.join("\nor\n"),
            delay: None,
            severity,
            labels: &[labels, vec![("slo", kind.to_owned())]].concat(),
            summary: format!(
                "{} spends the error budget of {} ({kind}) too fast.",
                untemplated(&self.service),
                promise.name,
            ),
            description: Some(description),
        })
    }

    /// The labels of what is recorded.
    fn labels(&self, promise: &Promise) -> Vec<(&'static str, String)> {
        let service = ("service_name", self.service.clone());
        let kind = ("slo", promise.kind.as_str().to_owned());
        let labels = promise.labels.iter().cloned();
        [service].into_iter().chain(labels).chain([kind]).collect()
    }

    fn name(&self, promise: &Promise) -> String {
        let labels = promise.labels.iter().map(|(_, value)| value.as_str());
        let labels: Vec<&str> = labels.collect();
        let kind = promise.kind.as_str();
        format!("monitor/{}/{}/{kind}", self.service, labels.join("/"))
    }
}

fn group(name: String, rules: Vec<Yaml>) -> Yaml {
    Yaml::Map(vec![
        ("name", Yaml::Text(name)),
        ("rules", Yaml::List(rules)),
    ])
}

/// A text that Prometheus' templates leave as it is.
fn untemplated(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

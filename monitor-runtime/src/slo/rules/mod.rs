//! Recording rules and alerts for Prometheus.
//!
//! Rules read the objectives' own counters (`monitor_objective_calls_total`,
//! `monitor_objective_failures_total`). No bucket, error class or target is part of a selector. So
//! a Prometheus that converts histograms measures the same, and a changed target keeps the budget's
//! history. [`records`] has the recording rules, [`service`], [`objective`] and [`burn`] the
//! alerts, [`text`] their words.

mod alert;
mod burn;
mod objective;
mod promql;
mod records;
mod service;
mod text;

use std::fmt;

use super::links;
use super::promise::{Promise, promises};
use super::scope::{ParameterError, Scope, label_name};
use super::window::Window;
use super::yaml::Yaml;
use crate::base::redact::without_secrets;
use crate::inventory::Inventory;
pub(crate) use service::STUCK_SECONDS;

/// Makes the rules for the objectives of these functions, as `GET /rules.yaml` serves them.
///
/// For each success rate and each latency the rules record the ratio of calls that break it, over
/// windows from 5 minutes to 3 days, and the error budget of 30 days with the part that is left.
/// Alerts fire on these. Alerts on the service itself fire if there is nothing to measure. The
/// guide to objectives (`docs/slo.md`) lists every alert with what to do about it. The same
/// functions give the same text.
///
/// All rules are about one `service_name`, summed over its instances. If one Prometheus scrapes
/// several environments, [`by`](Rules::by) keeps them apart.
///
/// ```
/// use monitor_runtime::{inventory, slo};
///
/// # fn main() -> Result<(), slo::ParameterError> {
/// let rules = slo::rules(&inventory::collect().service("shop", "1.2.0"))
///     .runbooks("https://runbooks.example.com")
///     .by("env")?
///     .label("team", "payments")?
///     .to_string();
/// assert!(rules.contains("runbook_url: \"https://runbooks.example.com/MonitorServiceAbsent\""));
/// // std::fs::write("shop.rules.yaml", rules)
/// # Ok(())
/// # }
/// ```
pub fn rules(inventory: &Inventory) -> Rules {
    let links = links();
    let promises = promises(inventory).into_iter();
    let owned = |(promise, functions): (Promise, Vec<&str>)| (promise, functions.join(", "));
    Rules {
        scope: Scope::new(&inventory.service_name),
        promises: promises.map(owned).collect(),
        runbooks: links.runbooks,
        grafana: links.grafana,
        server: links.server,
        labels: Vec::new(),
        annotations: Vec::new(),
        faster: 1,
    }
}

/// Rules for Prometheus, as YAML by their `Display`; see [`rules`].
#[derive(Clone, Debug)]
#[must_use = "the rules are its text"]
pub struct Rules {
    scope: Scope,
    /// Each with the names of the functions that make it.
    promises: Vec<(Promise, String)>,
    runbooks: Option<String>,
    grafana: Option<String>,
    server: Option<String>,
    /// Labels of every alert, beside those of the rules.
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    faster: u32,
}

/// Labels that alerts have already.
const LABELS: [&str; 7] = [
    "alertname",
    "severity",
    "service_name",
    "objective_name",
    "slo",
    "job",
    "instance",
];
/// Annotations that alerts have already.
const ANNOTATIONS: [&str; 5] = [
    "summary",
    "description",
    "runbook_url",
    "dashboard_url",
    "incidents_url",
];

impl Rules {
    /// Puts a `runbook_url` on alerts: this URL, a slash, and the alert's name. A login in it is
    /// hidden.
    ///
    /// A URL that ends with `#` links to a section of one page instead, such as `docs/slo.md` on a
    /// site whose headings have anchors as on GitHub.
    pub fn runbooks(mut self, url: impl Into<String>) -> Self {
        self.runbooks = Some(without_secrets(url.into()));
        self
    }

    /// Puts a `dashboard_url` on alerts: [`dashboard`](super::dashboard) in the Grafana at this URL, for the
    /// time and the group of the alert. A login in it is hidden.
    pub fn grafana(mut self, url: impl Into<String>) -> Self {
        self.grafana = Some(without_secrets(url.into()));
        self
    }

    /// Puts an `incidents_url` on alerts whose condition makes a process freeze its evidence:
    /// `/incidents` of the management server at this URL. A login in it is hidden.
    ///
    /// `{instance}` in the URL, as in `http://{instance}`, stands for the instance that had most
    /// incidents in the last 6 hours, as Prometheus names it. The guide to incidents
    /// (`docs/incidents.md`) describes what they have.
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.server = Some(without_secrets(url.into()));
        self
    }

    /// Keeps groups of instances apart that differ in a label, such as `env`: each has ratios, a
    /// budget and alerts of its own, with that label on them. Several labels have commas between
    /// them.
    ///
    /// The label has to be on every series of a target, as one of `static_configs` or of
    /// relabelling is; `MonitorLabelMissing` fires where it is missing.
    ///
    /// # Errors
    ///
    /// For a text that is not a valid name of a label, and for a label that the runtime or the
    /// rules set.
    pub fn by(mut self, labels: &str) -> Result<Self, ParameterError> {
        self.scope.by(labels)?;
        Ok(self)
    }

    /// Narrows the rules to series with these labels, in PromQL: `env="prod",region=~"eu-.*"`.
    ///
    /// The labels tell groups apart as those of [`by`](Self::by) do, so rules for two environments
    /// can be loaded side by side.
    ///
    /// # Errors
    ///
    /// For text that is not valid PromQL, and for a label that the runtime or the rules set.
    ///
    /// ```
    /// # use monitor_runtime::{inventory, slo};
    /// let refused = slo::rules(&inventory::collect()).selector("env=prod").unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     r#"selector="env=prod": the value of `env` is not in quotes; write `env="prod"`"#,
    /// );
    /// ```
    pub fn selector(mut self, matchers: &str) -> Result<Self, ParameterError> {
        self.scope.select(matchers)?;
        Ok(self)
    }

    /// Puts a label on every alert, for Alertmanager to route by. Its value is text, never a
    /// template.
    ///
    /// # Errors
    ///
    /// For a text that is not a valid name of a label, a label that alerts have already, and an
    /// empty value.
    pub fn label(mut self, name: &str, value: &str) -> Result<Self, ParameterError> {
        let taken = LABELS.contains(&name) || self.scope.by.iter().any(|by| by == name);
        let known = self.labels.iter().any(|(known, _)| known == name);
        own("label", name, value, taken || known)?;
        self.labels.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Puts an annotation on every alert. Its value is text, never a template.
    ///
    /// # Errors
    ///
    /// For a text that is not a valid name of an annotation, an annotation that alerts have
    /// already, and an empty value.
    pub fn annotation(mut self, name: &str, value: &str) -> Result<Self, ParameterError> {
        let known = self.annotations.iter().any(|(known, _)| known == name);
        own(
            "annotation",
            name,
            value,
            ANNOTATIONS.contains(&name) || known,
        )?;
        self.annotations.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Sets for every objective the number of calls that have to break it in an alert's long window
    /// before the alert fires. It replaces the objective's own number.
    ///
    /// Without such a minimum, one failure among three calls at night would page.
    pub fn min_failures(mut self, calls: u32) -> Self {
        for (promise, _) in &mut self.promises {
            promise.min_failures = calls;
        }
        self
    }

    /// Divides every window and delay by this number, for end-to-end tests of alerting: an hour
    /// becomes a minute. 0 counts as 1.
    pub fn faster(mut self, times: u32) -> Self {
        self.faster = times.max(1);
        self
    }

    /// Returns the rules as a `PrometheusRule` of this name, for the Prometheus operator:
    /// <https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule>.
    pub fn for_operator(&self, name: &str) -> String {
        let metadata = Yaml::map([("name", Yaml::text(name))]);
        let manifest = Yaml::map([
            ("apiVersion", Yaml::text("monitoring.coreos.com/v1")),
            ("kind", Yaml::text("PrometheusRule")),
            ("metadata", metadata),
            ("spec", self.document()),
        ]);
        manifest.print()
    }

    /// Makes one group. Prometheus evaluates its rules from top to bottom at one time, so each rule
    /// may read series that a rule above it has just recorded.
    fn document(&self) -> Yaml {
        let mut rules = self.service_alerts();
        rules.extend(self.records());
        rules.extend(self.objectives());
        let group = Yaml::map([
            (
                "name",
                Yaml::Text(format!("monitor/{}", self.scope.service)),
            ),
            ("rules", Yaml::List(rules)),
        ]);
        Yaml::map([("groups", Yaml::List(vec![group]))])
    }

    /// Returns a window as PromQL writes it.
    fn range(&self, window: Window) -> String {
        if self.faster == 1 {
            return window.name.to_owned();
        }
        let milliseconds = (window.seconds * 1000 / u64::from(self.faster)).max(1);
        format!("{milliseconds}ms")
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.document().print())
    }
}

/// Returns an error for a label or annotation that cannot be put on alerts.
fn own(parameter: &str, name: &str, value: &str, taken: bool) -> Result<(), ParameterError> {
    let given = format!("{name}={value}");
    label_name(parameter, &given, name)?;
    let problem = if taken {
        format!("alerts have the {parameter} `{name}` already; take another name")
    } else if value.is_empty() {
        format!("the value is empty, which is the same as no {parameter}; write `{name}=value`")
    } else {
        return Ok(());
    };
    Err(ParameterError::new(parameter, given, problem))
}

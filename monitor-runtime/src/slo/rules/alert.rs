//! Prints one alert as YAML: its labels, its annotations and their links.

use super::Rules;
use super::text::{ask, selecting, untemplated};
use crate::metrics::{BUILD_INFO, INCIDENTS as INCIDENTS_BEGUN};
use crate::settings::config::INSTANCE;
use crate::slo::dashboard;
use crate::slo::window::{H6, Severity, Window};
use crate::slo::yaml::Yaml;

/// An alert, before it is written.
pub(super) struct Alert<'a> {
    pub(super) name: &'static str,
    pub(super) expr: String,
    /// The time for which the expression has to hold.
    pub(super) delay: Option<Window>,
    pub(super) severity: Severity,
    /// Labels beside the severity and those of the expression.
    pub(super) labels: &'a [(&'static str, String)],
    /// The text behind `(page) ` or `(ticket) `.
    pub(super) summary: String,
    pub(super) description: String,
    /// The window that the linked dashboard shows.
    pub(super) looks_back: Window,
}

impl Rules {
    pub(super) fn alert(&self, alert: &Alert<'_>) -> Yaml {
        let severity = alert.severity.as_str();
        let mut entries = vec![
            ("alert".to_owned(), Yaml::text(alert.name)),
            ("expr".to_owned(), Yaml::text(&*alert.expr)),
        ];
        if let Some(delay) = alert.delay {
            entries.push(("for".to_owned(), Yaml::Text(self.range(delay))));
        }
        let labels = alert.labels.iter();
        let labels = labels.map(|(key, value)| (*key, value.clone()));
        let own = self.labels.iter();
        let own = own.map(|(key, value)| (key.as_str(), untemplated(value)));
        let labels = [("severity", severity.to_owned())]
            .into_iter()
            .chain(labels)
            .chain(own);
        let labels = labels.map(|(key, value)| (key.to_owned(), Yaml::Text(value)));
        entries.push(("labels".to_owned(), Yaml::Map(labels.collect())));
        entries.push(("annotations".to_owned(), Yaml::Map(self.annotations(alert))));
        Yaml::Map(entries)
    }

    fn annotations(&self, alert: &Alert<'_>) -> Vec<(String, Yaml)> {
        let severity = alert.severity.as_str();
        let mut annotations = vec![
            (
                "summary",
                Yaml::Text(format!("({severity}) {}", alert.summary)),
            ),
            ("description", Yaml::text(&*alert.description)),
        ];
        if let Some(base) = &self.runbooks {
            annotations.push(("runbook_url", Yaml::Text(runbook(base, alert.name))));
        }
        if let Some(base) = &self.grafana {
            let url = self.dashboard_url(base, alert);
            annotations.push(("dashboard_url", Yaml::Text(url)));
        }
        if let Some(base) = self
            .server
            .as_deref()
            .filter(|_| INCIDENTS.contains(&alert.name))
        {
            let url = self.incidents_url(base);
            annotations.push(("incidents_url", Yaml::Text(url)));
        }
        let own = self.annotations.iter();
        let own = own.map(|(key, value)| (key.clone(), Yaml::Text(untemplated(value))));
        let ours = annotations.into_iter();
        let ours = ours.map(|(key, value)| (key.to_owned(), value));
        ours.chain(own).collect()
    }

    /// Returns the URL of the dashboard, for the alert's service and group, beginning some time
    /// before the alert.
    fn dashboard_url(&self, base: &str, alert: &Alert<'_>) -> String {
        let base = untemplated(base.trim_end_matches('/'));
        let uid = dashboard::uid(&self.scope.service);
        let by = self.scope.by.iter();
        let groups = by.map(|label| {
            format!(
                "{{{{ with $labels.{label} }}}}&var-{label}={{{{ . | urlquery }}}}{{{{ end }}}}"
            )
        });
        let groups: String = groups.collect();
        let seconds = alert.looks_back.seconds / u64::from(self.faster);
        let from = format!(
            "{{{{ query \"(time() - {seconds}) * 1000\" | first | value | printf \"%.0f\" }}}}"
        );
        let service = "{{ with $labels.service_name }}&var-service={{ . | urlquery }}{{ end }}";
        format!("{base}/d/{uid}?from={from}&to=now{service}{groups}")
    }
}

/// Alerts whose condition begins an incident in the process.
const INCIDENTS: [&str; 2] = ["ErrorBudgetBurn", "MonitorCallStuck"];

impl Rules {
    /// Returns the URL of the incidents: of the instance that began most of them in the last 6 hours, if
    /// the base says where an instance stands.
    fn incidents_url(&self, base: &str) -> String {
        let base = base.trim_end_matches('/');
        let Some((before, behind)) = base.split_once(INSTANCE) else {
            return format!("{}/incidents", untemplated(base));
        };
        let (incidents, build) = (INCIDENTS_BEGUN.name, BUILD_INFO.name);
        let range = self.range(H6);
        // The counter has no label of the service or the group; the other series of its target have.
        let most = ask(
            &format!(
                "topk(1, sum by (job, instance) (increase({incidents}[{range}])) > 0 \
                 and on (job, instance) {build}{{%[1]s}})"
            ),
            "$i",
        );
        // Without an instance there is no link.
        format!(
            "{}{{{{ with {most} }}}}{}{{{{ . | first | label \"instance\" }}}}{}/incidents{{{{ end }}}}",
            selecting("$i", &self.scope, &[]),
            untemplated(before),
            untemplated(behind),
        )
    }
}

/// Returns the URL of an alert's runbook.
fn runbook(base: &str, name: &str) -> String {
    let url = match base.strip_suffix('#') {
        Some(page) => format!("{page}#{}", name.to_ascii_lowercase()),
        None => format!("{}/{name}", base.trim_end_matches('/')),
    };
    untemplated(&url)
}

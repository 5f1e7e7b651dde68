//! Alerts for a service as a whole.

use super::Rules;
use super::alert::Alert;
use super::text::{group_words, untemplated};
use crate::metrics::{BUILD_INFO, CALLS, OBJECTIVE_TARGET, OLDEST_CALL};
use crate::settings::objective::Kind;
use crate::slo::window::{D1, H6, M5, M30, Severity, Window};
use crate::slo::yaml::Yaml;

/// The time without an answer before an alert, for all instances or for one.
const DOWN: Window = M5;
/// The time for which an instance is missed after its last answer.
const MISSED: Window = H6;
/// The time for which a group of instances is missed. It is longer, because the alert must not end
/// by itself during an outage.
const REMEMBERED: Window = D1;

/// The age from which a call hangs, in seconds.
pub(crate) const STUCK_SECONDS: u64 = 300;

impl Rules {
    pub(super) fn service_alerts(&self) -> Vec<Yaml> {
        let mut rules = vec![
            self.absent(),
            self.instance_down(),
            self.call_stuck(),
            self.without_rules(),
        ];
        rules.extend(self.by_nothing());
        rules
    }

    /// Returns the service's name as in alerts.
    fn name(&self) -> String {
        format!(
            "{}{}",
            untemplated(&self.scope.service),
            group_words(&self.scope)
        )
    }

    /// Alerts on groups that have disappeared, and on a service that never appeared.
    fn absent(&self) -> Yaml {
        let (build, service) = (BUILD_INFO.name, self.scope.selector(&[]));
        let (by, remembered) = (self.scope.group(&[]), self.range(REMEMBERED));
        self.alert(&Alert {
            name: "MonitorServiceAbsent",
            expr: format!(
                "group by ({by}) (last_over_time({build}{service}[{remembered}]))\nunless on ({by})\n\
                 group by ({by}) ({build}{service})\nor\nabsent_over_time({build}{service}[{remembered}])"
            ),
            delay: Some(DOWN),
            severity: Severity::Page,
            labels: &[],
            summary: format!("{}: no instance is scraped", self.name()),
            description: "No instance has answered a scrape for 5m or longer: the service is down, or Prometheus \
                          does not reach it. No other alert of this service can fire meanwhile."
                .to_owned(),
            looks_back: H6,
        })
    }

    fn instance_down(&self) -> Yaml {
        let (build, service) = (BUILD_INFO.name, self.scope.selector(&[]));
        let by = self.scope.group(&["job", "instance"]);
        let missed = self.range(MISSED);
        self.alert(&Alert {
            name: "MonitorInstanceDown",
            expr: format!(
                "group by ({by}) (last_over_time({build}{service}[{missed}]))\nand on (job, instance)\nup == 0"
            ),
            delay: Some(DOWN),
            severity: Severity::Ticket,
            labels: &[],
            summary: format!("{}: {{{{ $labels.instance }}}} cannot be scraped", self.name()),
            description: "It was an instance of the service in the last 6h, and its target is still configured. \
                          Its calls are missing from every ratio until it answers again."
                .to_owned(),
            looks_back: H6,
        })
    }

    /// Alerts on calls that run and run, of functions whose calls end.
    fn call_stuck(&self) -> Yaml {
        let (oldest, calls, service) = (OLDEST_CALL.name, CALLS.name, self.scope.selector(&[]));
        let by = self.scope.group(&["function", "module"]);
        let remembered = self.range(MISSED);
        self.alert(&Alert {
            name: "MonitorCallStuck",
            // A function that serves a connection or a queue for ever has no calls that end.
            expr: format!(
                "max by ({by}) ({oldest}{service}) > {STUCK_SECONDS}\nand on ({by})\n\
                 sum by ({by}) (increase({calls}{service}[{remembered}])) > 0"
            ),
            delay: Some(DOWN),
            severity: Severity::Ticket,
            labels: &[],
            summary: format!("{}: a call of {{{{ $labels.function }}}} hangs", self.name()),
            description: "Its oldest call has run for {{ $value | humanizeDuration }}, while others ended in the last \
                          6h. /calls on the management port shows the request that it belongs to, and the calls inside \
                          it that are open."
                .to_owned(),
            looks_back: H6,
        })
    }

    /// Alerts on objectives of the process that are missing in these rules.
    fn without_rules(&self) -> Yaml {
        let target = OBJECTIVE_TARGET.name;
        let kinds = Kind::ALL.map(|kind| {
            let known = self.promises.iter().map(|(promise, _)| promise);
            let known = known.filter(|promise| promise.kind == kind);
            // Names contain only letters, digits, `_`, `.` and `-`.
            let known: Vec<String> = known
                .map(|promise| promise.name.replace('.', r"\."))
                .collect();
            let kind = ("slo", "=", kind.as_str());
            let known = known.join("|");
            format!(
                "{target}{}",
                self.scope
                    .selector(&[kind, ("objective_name", "!~", &known)])
            )
        });
        let by = self.scope.group(&["objective_name", "slo"]);
        self.alert(&Alert {
            name: "MonitorRulesMismatch",
            expr: format!("group by ({by}) (\n{}\n)", kinds.join("\nor\n")),
            delay: Some(M30),
            severity: Severity::Ticket,
            labels: &[],
            summary: format!(
                "{{{{ $labels.objective_name }}}} ({{{{ $labels.slo }}}}) of {} has no rules",
                self.name()
            ),
            description: "The service has an objective that the loaded rules do not know, so nothing alerts on it. \
                          Load the /rules.yaml of the version that runs."
                .to_owned(),
            looks_back: H6,
        })
    }

    /// Alerts on instances without a label that tells groups apart: all of them would be one group.
    fn by_nothing(&self) -> Option<Yaml> {
        let build = BUILD_INFO.name;
        let is_matched =
            |label: &&String| self.scope.matchers.iter().any(|one| one.label == **label);
        let by: Vec<&String> = self
            .scope
            .by
            .iter()
            .filter(|label| !is_matched(label))
            .collect();
        let without = by
            .iter()
            .map(|label| format!("{build}{}", self.scope.selector(&[(label, "=", "")])));
        let without = without.collect::<Vec<_>>().join("\nor\n");
        let labels = self.scope.by.join("`, `");
        let group = self.scope.group(&[]);
        (!by.is_empty()).then(|| {
            self.alert(&Alert {
                name: "MonitorLabelMissing",
                expr: format!("group by ({group}) (\n{without}\n)"),
                delay: Some(M30),
                severity: Severity::Ticket,
                labels: &[],
                summary: format!("{}: instances without a label that tells groups apart", self.name()),
                description: format!(
                    "The rules tell groups of instances apart by `{labels}`, and the series of some instances have no \
                     such label: all of those count as one group, and a large one hides an outage of a small one. \
                     Put the label on the target, in the scrape configuration."
                ),
                looks_back: H6,
            })
        })
    }
}

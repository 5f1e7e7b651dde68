//! Rules of one promise: its budget, and every alert except those on burn rates.

use super::Rules;
use super::alert::Alert;
use super::records::own_labels;
use super::text::{ask, group_words, selecting, untemplated};
use crate::metrics::{
    BUILD_INFO, OBJECTIVE_CALLS, OBJECTIVE_FAILURES, OBJECTIVE_IN_FLIGHT, OBJECTIVE_TARGET,
    OBJECTIVE_THRESHOLD, slo,
};
use crate::slo::promise::Promise;
use crate::slo::window::{D3, H6, M5, M30, PERIOD, Severity, Window, decimal, duration};
use crate::slo::yaml::Yaml;

/// The time without a call that ends before an alert: a page and a ticket.
const HANGS: [(Severity, Window); 2] = [(Severity::Page, M5), (Severity::Ticket, H6)];

impl Rules {
    /// Returns the budget and the alerts of every promise.
    pub(super) fn objectives(&self) -> Vec<Yaml> {
        let mut rules = Vec::new();
        let mut before = None;
        for (promise, functions) in &self.promises {
            rules.extend(self.budget_records(promise));
            rules.extend(self.burn_alerts(promise, functions));
            rules.push(self.exhausted(promise));
            if promise.all_failed > 0 {
                rules.push(self.all_failed(promise));
            }
            // An objective's calls in flight are examined once for both of its promises.
            if before.replace(promise.name) != Some(promise.name) {
                rules.extend(HANGS.map(|(severity, delay)| self.hang(promise, severity, delay)));
            }
            rules.push(self.unmeasured(promise));
            rules.push(self.mismatch(promise));
        }
        rules
    }

    /// Alerts when nothing is left of the budget, even if the burn is over.
    fn exhausted(&self, promise: &Promise) -> Yaml {
        let own = self.own(promise).selector();
        let (left, period) = (slo::BUDGET_LEFT, self.range(PERIOD));
        let (failures, least) = (slo::failures(D3.name), promise.min_failures);
        let subject = self.subject(promise);
        let [name, kind] = own_labels(promise);
        let matchers = [(name.0, "=", &*name.1), (kind.0, "=", &*kind.1)];
        let variable = selecting("$s", &self.scope, &matchers);
        let spent = ask(&format!("round(1 - {left}{{%[1]s}}, 0.1)"), "$s");
        self.alert(&Alert {
            name: "ErrorBudgetExhausted",
            expr: format!(
                "{left}{own} <= 0\nand\nmax_over_time({failures}{own}[{period}]) >= {least}"
            ),
            delay: None,
            severity: Severity::Ticket,
            labels: &own_labels(promise),
            summary: format!("{subject}: error budget of 30d used up"),
            description: format!(
                "{variable}{{{{ with {spent} }}}}{{{{ . | first | value | humanize }}}}x the error budget has been spent \
                 in the last 30d. {{{{ end }}}}The objective is that {}. \
                 It recovers as failures of the past leave the 30 days; until then, put reliability \
                 before changes that carry a risk.",
                promise.in_words(),
            ),
            looks_back: PERIOD,
        })
    }

    /// Alerts when every call of a function failed, without a minimum of ten failures: for a
    /// nightly job.
    fn all_failed(&self, promise: &Promise) -> Yaml {
        let own = self.own(promise).selector();
        let (calls, failures) = (slo::FUNCTION_CALLS, slo::FUNCTION_FAILURES);
        let broke = promise.broke();
        // `increase` extrapolates, so it does not return whole numbers.
        let least = f64::from(promise.all_failed) - 0.5;
        let subject = self.subject(promise);
        self.alert(&Alert {
            name: "ObjectiveAllFailed",
            expr: format!(
                "{failures}{own} >= {least}\nunless\n{calls}{own} - {failures}{own} >= 0.5"
            ),
            delay: None,
            severity: Severity::Ticket,
            labels: &own_labels(promise),
            summary: format!("{subject}: every call of {{{{ $labels.function }}}} {broke}"),
            description: format!(
                "All {{{{ $value | printf \"%.0f\" }}}} calls of {{{{ $labels.function }}}} in the last 3d {broke}. The objective is that {}.",
                promise.in_words(),
            ),
            looks_back: D3,
        })
    }

    /// Alerts when calls are in flight and none ends: while everything hangs, no failure is
    /// counted.
    fn hang(&self, promise: &Promise, severity: Severity, delay: Window) -> Yaml {
        let own = self.own(promise).objective();
        let (in_flight, calls) = (OBJECTIVE_IN_FLIGHT.name, OBJECTIVE_CALLS.name);
        let range = self.range(M5);
        let least = match severity {
            Severity::Page => promise.min_failures.max(1),
            Severity::Ticket => 1,
        };
        // One hanging instance among many others is as bad for the callers it serves.
        let levels: &[&[&str]] = &[&["function"], &["function", "job", "instance"]];
        let levels = levels.iter().map(|level| {
            let by = self.scope.group(&[&["objective_name"], *level].concat());
            format!(
                "(\nsum by ({by}) (min_over_time({in_flight}{own}[{range}])) >= {least}\nand\n\
                 sum by ({by}) (increase({calls}{own}[{range}])) == 0\n)"
            )
        });
        let levels: Vec<String> = levels.collect();
        let by = self.scope.group(&["objective_name"]);
        let name = promise.name;
        let groups = group_words(&self.scope);
        let service = untemplated(&self.scope.service);
        let lasting = duration(delay.seconds);
        let variable = selecting("$s", &self.scope, &[("objective_name", "=", name)]);
        let most = ask(
            &format!("topk(1, sum by (function, instance) ({in_flight}{{%[1]s}}))"),
            "$s",
        );
        self.alert(&Alert {
            name: "ObjectiveHang",
            expr: format!("max by ({by}) (\n{}\n)", levels.join("\nor\n")),
            delay: Some(delay),
            severity,
            labels: &own_labels(promise)[..1],
            summary: format!(
                "{name} of {service}{groups}: {{{{ $value | printf \"%.0f\" }}}} calls in flight, none ended in {lasting}"
            ),
            description: format!(
                "{variable}Calls have begun and not one has ended for {lasting} or longer, so neither a failure nor a \
                 duration is counted.{{{{ with {most} }}}} Most wait in {{{{ . | first | label \"function\" }}}} on \
                 {{{{ . | first | label \"instance\" }}}} ({{{{ . | first | value | printf \"%.0f\" }}}}).{{{{ end }}}} \
                 The live page of the instance, on its management port, shows what is in flight."
            ),
            looks_back: H6,
        })
    }

    /// Alerts when the service is up but the objective's counters are missing: no other alert would
    /// fire.
    fn unmeasured(&self, promise: &Promise) -> Yaml {
        let by = self.scope.group(&[]);
        let service = self.scope.selector(&[]);
        let own = self.own(promise).selector();
        let (build, subject) = (BUILD_INFO.name, self.subject(promise));
        let (calls, failures) = (OBJECTIVE_CALLS.name, OBJECTIVE_FAILURES.name);
        self.alert(&Alert {
            name: "MonitorObjectiveUnmeasured",
            expr: format!(
                "group by ({by}) ({build}{service})\nunless on ({by})\n\
                 (\ngroup by ({by}) ({calls}{own})\nand on ({by})\ngroup by ({by}) ({failures}{own})\n)"
            ),
            delay: Some(M5),
            severity: Severity::Page,
            labels: &own_labels(promise),
            summary: format!("{subject} is not measured: no alert on it can fire"),
            description: format!(
                "The service is scraped, and none of its instances has {calls} and {failures} for this objective. \
                 It was renamed or removed in the code, or relabelling drops the series. Load the /rules.yaml of the \
                 version that runs, or repair the scrape configuration."
            ),
            looks_back: H6,
        })
    }

    /// Alerts when the process has another target or threshold than these rules.
    fn mismatch(&self, promise: &Promise) -> Yaml {
        let own = self.own(promise);
        let by = self.scope.group(&[]);
        let differs = |name: &str, own: &str, value: f64| {
            format!("max by ({by}) ({name}{own} and abs({name}{own} / {value} - 1) > 1e-9)")
        };
        let (target, threshold) = (OBJECTIVE_TARGET.name, OBJECTIVE_THRESHOLD.name);
        let mut expr = differs(target, &own.selector(), decimal(promise.percent / 100.0));
        let mut rules_have = format!("{}%", promise.percent);
        let [name, kind] = own_labels(promise);
        let matchers = [(name.0, "=", &*name.1), (kind.0, "=", &*kind.1)];
        let mut variables = selecting("$s", &self.scope, &matchers);
        let looked_up = |name: &str, variable: &str, unit: &str| {
            let found = ask(&format!("topk(1, {name}{{%[1]s}})"), variable);
            format!("{{{{ with {found} }}}} {{{{ . | first | value | {unit} }}}}{{{{ end }}}}")
        };
        let mut service_has = looked_up(target, "$s", "humanizePercentage");
        if let Some(seconds) = promise.threshold {
            expr = format!(
                "{expr}\nor\n{}",
                differs(threshold, &own.objective(), seconds)
            );
            rules_have = format!("{rules_have} within {}", duration(seconds));
            variables += &selecting("$t", &self.scope, &matchers[..1]);
            let within = looked_up(threshold, "$t", "humanizeDuration");
            service_has = format!("{service_has} within{within}");
        }
        self.alert(&Alert {
            name: "MonitorRulesMismatch",
            expr,
            delay: Some(M30),
            severity: Severity::Ticket,
            labels: &own_labels(promise),
            summary: format!("{}: the rules and the service disagree", self.subject(promise)),
            description: format!(
                "{variables}The rules are for {rules_have}, and the service has{service_has}. Load the /rules.yaml of \
                 the version that runs; the history of the budget is kept."
            ),
            looks_back: H6,
        })
    }
}

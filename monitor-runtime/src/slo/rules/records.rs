//! Recording rules: calls and failures of every objective of the service, and the budget of each.

use super::Rules;
use crate::metrics::{OBJECTIVE_CALLS, OBJECTIVE_FAILURES, slo};
use crate::slo::promise::Promise;
use crate::slo::window::{D3, H6, M5, PERIOD, WINDOWS};
use crate::slo::yaml::Yaml;

impl Rules {
    /// Records calls, failures and their ratio, for all objectives at once: series differ in
    /// service, group, objective and kind, never in a target. Each window reads the counters only
    /// once.
    pub(super) fn records(&self) -> Vec<Yaml> {
        let own = self.scope.selector(&[]);
        let labels = self.scope.group(&["objective_name", "slo"]);
        let record = |name: &str, expr: String| {
            Yaml::map([("record", Yaml::text(name)), ("expr", Yaml::Text(expr))])
        };
        let mut rules = Vec::new();
        for window in WINDOWS {
            let range = self.range(window);
            let increase =
                |name: &str, by: &str| format!("sum by ({by}) (increase({name}{own}[{range}]))");
            let (calls, failures) = (slo::calls(window.name), slo::failures(window.name));
            let names = [
                (OBJECTIVE_CALLS.name, &calls),
                (OBJECTIVE_FAILURES.name, &failures),
            ];
            let by_function = [slo::FUNCTION_CALLS, slo::FUNCTION_FAILURES];
            for ((counter, name), function) in names.into_iter().zip(by_function) {
                if window == D3 {
                    let by = self
                        .scope
                        .group(&["objective_name", "slo", "function", "module"]);
                    rules.push(record(function, increase(counter, &by)));
                    rules.push(record(name, format!("sum by ({labels}) ({function}{own})")));
                } else {
                    rules.push(record(name, increase(counter, &labels)));
                }
            }
            let share = format!("{failures}{own} / ({calls}{own} > 0)");
            rules.push(record(&slo::ratio(window.name), share));
        }
        rules
    }

    /// Records the budget of a promise, its burn rates and the part that is left.
    pub(super) fn budget_records(&self, promise: &Promise) -> Vec<Yaml> {
        let own = self.own(promise);
        let (own, labels, budget) = (own.selector(), own.labels(), promise.budget());
        let record = |name: &str, expr: String| {
            // The series have these labels already; they tell one rule from another.
            let labels = own_labels(promise).map(|(key, value)| (key, Yaml::Text(value)));
            Yaml::map([
                ("record", Yaml::text(name)),
                ("expr", Yaml::Text(expr)),
                ("labels", Yaml::map(labels)),
            ])
        };
        let (period, missed) = (self.range(PERIOD), self.range(H6));
        let (calls, failures) = (slo::calls(M5.name), slo::failures(M5.name));
        let counter = OBJECTIVE_CALLS.name;
        let known = format!("group by ({labels}) (last_over_time({counter}{own}[{missed}]))");
        let spent = format!(
            "1 - sum_over_time({failures}{own}[{period}])\n\
             / (sum_over_time({calls}{own}[{period}]) > 0)\n/ {budget}"
        );
        let burns = WINDOWS.map(|window| {
            let ratio = slo::ratio(window.name);
            record(
                &slo::burn_rate(window.name),
                format!("{ratio}{own} / {budget}"),
            )
        });
        let mut rules: Vec<Yaml> = burns.into();
        rules.push(record(slo::BUDGET, format!("{known} * {budget}")));
        rules.push(record(slo::BUDGET_LEFT, spent));
        rules
    }
}

/// Returns the labels of a promise's alerts and records.
pub(super) fn own_labels(promise: &Promise) -> [(&'static str, String); 2] {
    [
        ("objective_name", promise.name.to_owned()),
        ("slo", promise.kind.as_str().to_owned()),
    ]
}

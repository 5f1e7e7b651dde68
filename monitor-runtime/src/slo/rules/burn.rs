//! Alerts on burn rates: `ErrorBudgetBurn`, as a page and as a ticket.

use super::Rules;
use super::alert::Alert;
use super::records::own_labels;
use super::text::{ask, group_words, percentage, selecting, untemplated};
use crate::base::outcome::Outcome;
use crate::metrics::{BUILD_INFO, CALLS, OBJECTIVE_FAILURES, slo};
use crate::settings::objective::Kind;
use crate::slo::promise::Promise;
use crate::slo::window::{BURNS, Burn, D3, H6, PERIOD, Severity};
use crate::slo::yaml::Yaml;

impl Rules {
    pub(super) fn burn_alerts(&self, promise: &Promise, functions: &str) -> [Yaml; 2] {
        [Severity::Page, Severity::Ticket].map(|severity| {
            let burns = BURNS.iter().filter(|burn| burn.severity == severity);
            let burns: Vec<&Burn> = burns.collect();
            let own = self.own(promise).selector();
            let conditions = burns.iter().map(|burn| {
                let condition = burn.condition(promise, &own);
                format!("(\n{}\n)", condition.join("\nand\n"))
            });
            let conditions: Vec<String> = conditions.collect();
            let variables = self.variables(promise, &burns);
            let subject = self.subject(promise);
            let burning = burning();
            let story = self.story(promise);
            self.alert(&Alert {
                name: "ErrorBudgetBurn",
                expr: conditions.join("\nor\n"),
                delay: None,
                severity,
                labels: &own_labels(promise),
                summary: format!("{variables}{subject}: error budget burning at {burning}"),
                description: format!("{variables}{story} Functions: {}.", untemplated(functions)),
                looks_back: match severity {
                    Severity::Page => H6,
                    Severity::Ticket => D3,
                },
            })
        })
    }

    /// Returns the objective's name as in alerts: `api (latency) of shop, env prod`.
    pub(super) fn subject(&self, promise: &Promise) -> String {
        let (name, kind) = (promise.name, promise.kind_in_words());
        let service = untemplated(&self.scope.service);
        format!("{name} ({kind}) of {service}{}", group_words(&self.scope))
    }

    /// Sets `$s` to the matchers of the promise's series, and `$w` and `$short` to the windows of
    /// the first of these burns that holds. The alert's value belongs to that burn.
    fn variables(&self, promise: &Promise, burns: &[&Burn]) -> String {
        let name = ("objective_name", "=", promise.name);
        let kind = ("slo", "=", promise.kind.as_str());
        let mut text = selecting("$s", &self.scope, &[name, kind]);
        let Some((last, others)) = burns.split_last() else {
            return text;
        };
        text = format!(
            "{text}{{{{ $w := \"{}\" }}}}{{{{ $short := \"{}\" }}}}",
            last.long.name, last.short.name
        );
        for burn in others.iter().rev() {
            let holds = burn.condition(promise, "{%[1]s}").join(" and ");
            text = format!(
                "{text}{{{{ if {} }}}}{{{{ $w = \"{}\" }}}}{{{{ $short = \"{}\" }}}}{{{{ end }}}}",
                ask(&holds, "$s"),
                burn.long.name,
                burn.short.name
            );
        }
        text
    }

    /// Describes what happened in the windows, how much budget is left, and where to look first.
    fn story(&self, promise: &Promise) -> String {
        let broke = promise.broke();
        let recent = ask(&format!("{}{{%[1]s}}", slo::ratio("%[2]s")), "$s $short");
        let left = ask(&format!("{}{{%[1]s}}", slo::BUDGET_LEFT), "$s");
        format!(
            "{{{{ $value | humanizePercentage }}}} of calls {broke} in the last {{{{ $w }}}}\
             {{{{ with {recent} }}}}, {} in the last {{{{ $short }}}}{{{{ end }}}}. The objective is that {}.\
             {{{{ with {left} }}}}{{{{ if gt (. | first | value) 0.0 }}}} {} of the error budget of 30d is left.\
             {{{{ else }}}} The error budget of 30d is used up.{{{{ end }}}}{{{{ end }}}}{}{}",
            percentage(),
            promise.in_words(),
            percentage(),
            self.top_class(promise),
            self.where_most(),
        )
    }

    /// Names the most frequent error class. Only for errors, since a slow call has no class.
    fn top_class(&self, promise: &Promise) -> String {
        if promise.kind != Kind::SuccessRate {
            return String::new();
        }
        let name = ("objective_name", "=", promise.name);
        let errors = ("result", "=", Outcome::Error.as_str());
        let increase = format!("increase({}{{%[1]s}}[%[2]s])", CALLS.name);
        let share = format!("topk(1, sum by (error) ({increase}) / scalar(sum({increase})) > 0)");
        format!(
            "{}{{{{ with {} }}}} Top error class: {{{{ with . | first | label \"error\" }}}}{{{{ . }}}}\
             {{{{ else }}}}unclassified{{{{ end }}}} ({} of errors).{{{{ end }}}}",
            selecting("$e", &self.scope, &[name, errors]),
            ask(&share, "$e $w"),
            percentage(),
        )
    }

    /// Names the function, version and instance with the most bad calls, and their share of all bad
    /// calls. If one has nearly all of them, it is broken; small shares mean an outage of all.
    fn where_most(&self) -> String {
        let build = BUILD_INFO.name;
        let bad = format!("increase({}{{%[1]s}}[%[2]s])", OBJECTIVE_FAILURES.name);
        let most = format!(
            "topk(1, sum by (%[4]s) ({bad} * on (job, instance) group_left (version) \
             topk by (job, instance) (1, {build}{{%[3]s}}) or on (job, instance) {bad}) / scalar(sum({bad})) > 0)"
        );
        format!(
            "{}{{{{ range args \"function\" \"version\" \"instance\" }}}}{{{{ $by := . }}}}{{{{ with {} }}}}\
             {{{{ $share := . | first | value }}}}{{{{ with . | first | label $by }}}} Worst {{{{ $by }}}}: {{{{ . }}}} \
             ({{{{ $share | humanizePercentage }}}} of bad calls).{{{{ end }}}}{{{{ end }}}}{{{{ end }}}}",
            selecting("$b", &self.scope, &[]),
            ask(&most, "$s $w $b $by"),
        )
    }
}

/// Describes the burn rate and the time until the budget is used up: `74.1x (1h), exhausted in 9
/// h`.
fn burning() -> String {
    let burn = format!("{}{{%[1]s}}", slo::burn_rate("%[2]s"));
    let rate = ask(&format!("round({burn}, 0.1)"), "$s $w");
    let lasts = |unit: u64| {
        let times = PERIOD.seconds / unit;
        format!("round({}{{%[1]s}} * {times} / {burn})", slo::BUDGET_LEFT)
    };
    let rest = [
        (format!("{} >= 3", lasts(86_400)), "d"),
        (format!("{} >= 2 < 72", lasts(3600)), "h"),
        (format!("{} >= 0 < 120", lasts(60)), "min"),
    ];
    // If two units fit, the larger one is used.
    let rest = rest.iter().map(|(lasts, unit)| {
        let number = "{{ . | first | value | printf \"%.0f\" }}";
        format!(
            "{{{{ with {} }}}}, exhausted in {number} {unit}{{{{ else }}}}",
            ask(lasts, "$s $w")
        )
    });
    let rest: String = rest.collect();
    format!(
        "{{{{ with {rate} }}}}{{{{ . | first | value | humanize }}}}{{{{ end }}}}x ({{{{ $w }}}}){rest}, budget used up{}",
        "{{ end }}".repeat(3),
    )
}

impl Burn {
    /// Returns the condition that holds while the budget burns too fast over both windows and
    /// enough calls have failed.
    fn condition(&self, promise: &Promise, own: &str) -> [String; 3] {
        let threshold = self.threshold(promise.budget());
        let (long, short) = (slo::ratio(self.long.name), slo::ratio(self.short.name));
        let (failures, least) = (slo::failures(self.long.name), promise.min_failures);
        [
            format!("{long}{own} > {threshold}"),
            format!("{short}{own} > {threshold}"),
            format!("{failures}{own} >= {least}"),
        ]
    }
}

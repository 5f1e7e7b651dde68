//! Row: budgets of objectives, burn rates, and the alerts that fire.

use super::asks::{Asks, top};
use super::panel::{Panel, Row, latest, lines, states};
use crate::metrics::{OBJECTIVE_CALLS, OBJECTIVE_FAILURES, OBJECTIVE_TARGET, slo};

pub(super) fn row(asks: &Asks<'_>) -> Row {
    let own = asks.service();
    let which = format!("{{{{objective_name}}}} {{{{slo}}}}{}", asks.group_legend());
    let left = format!("{}{{{own}}}", slo::BUDGET_LEFT);
    let alerts = format!(
        "max by (alertname, severity, objective_name, slo) (ALERTS{{alertstate=\"firing\",{own}}})"
    );
    let failures = top(&format!(
        "sum by (objective_name, slo, function) ({})",
        asks.rate(OBJECTIVE_FAILURES.name, "")
    ));
    let calls = format!(
        "sum by (objective_name, slo) ({})",
        asks.rate(OBJECTIVE_CALLS.name, "")
    );
    Row {
        title: "Objectives",
        panels: vec![
            latest(
                "Budget left",
                "percentunit",
                "Share of the error budget of 30 days that is left; red below 0, where the objective is missed.",
            )
            .query(left.clone(), &*which)
            .steps(&[("red", None), ("orange", Some(0.0)), ("green", Some(0.25))])
            .signed()
            .max(1.0),
            lines(
                "Budget left over time",
                "percentunit",
                "Share of the error budget of the 30 days before each moment; below 0 the objective is missed.",
            )
            .query(left, &*which)
            .steps(&[("red", None), ("transparent", Some(0.0))])
            .signed()
            .max(1.0),
            states("Alerts", "Alerts of this service that fire, from the rules of /rules.yaml.")
                .query(alerts, "{{alertname}} {{severity}} {{objective_name}} {{slo}}")
                .steps(&[("red", None)]),
            burn(asks, "1h", "Burn rate, 1h", "1x uses up the budget in exactly 30 days; above 14.4x it pages.", 14.4),
            burn(asks, "6h", "Burn rate, 6h", "1x uses up the budget in exactly 30 days; above 6x it pages.", 6.0),
            burn(asks, "3d", "Burn rate, 3d", "1x uses up the budget in exactly 30 days; above 1x it is a ticket.", 1.0),
            lines(
                "Bad calls by function",
                "cps",
                "Calls a second that broke an objective: that failed, or took longer than its threshold.",
            )
            .query(failures, "{{function}}: {{objective_name}} {{slo}}"),
            lines(
                "Calls that count",
                "cps",
                "Calls per second that count for objectives. Without them there is no ratio, and no alert on one.",
            )
            .query(calls, "{{objective_name}} {{slo}}"),
            targets(asks),
        ],
    }
}

fn targets(asks: &Asks<'_>) -> Panel {
    let own = asks.service();
    let target = format!(
        "min by (objective_name, slo) ({}{{{own}}})",
        OBJECTIVE_TARGET.name
    );
    latest(
        "Targets",
        "percentunit",
        "Share of calls that has to keep the objective, as the service has it now.",
    )
    .query(target, "{{objective_name}} {{slo}}")
}

fn burn(
    asks: &Asks<'_>,
    window: &str,
    title: &'static str,
    description: &'static str,
    red: f64,
) -> Panel {
    let own = asks.service();
    let query = format!("{}{{{own}}}", slo::burn_rate(window));
    let legend = format!("{{{{objective_name}}}} {{{{slo}}}}{}", asks.group_legend());
    lines(title, "suffix:x", description)
        .query(query, legend)
        .red_from(red)
}

//! Row: instances and versions, health checks, and the runtime's own counters.

use super::asks::{Asks, top};
use super::panel::{Row, lines, states};
use crate::metrics::{
    BUILD_INFO, CAPTURES, CHECK_DURATION, CHECK_UP, LABEL_OVERFLOW, LOG_DROPPED, LOG_EVENTS,
};

pub(super) fn row(asks: &Asks<'_>) -> Row {
    let build = format!("{}{{{}}}", BUILD_INFO.name, asks.instances());
    let known = format!(
        "last_over_time({}{{{}}}[6h])",
        BUILD_INFO.name,
        asks.service()
    );
    Row {
        title: "Instances",
        panels: vec![
            lines(
                "Instances by version",
                "none",
                "Instances that are scraped, by version: how far a deploy is.",
            )
            .query(format!("count by (version) ({build})"), "{{version}}")
            .stacked(),
            states(
                "Up",
                "Instances of the last 6 hours: green while Prometheus can scrape them.",
            )
            .query(format!("up and on (job, instance) {known}"), "{{instance}}")
            .link(
                "Live page of the instance",
                "http://${__field.labels.instance}/",
            ),
            lines(
                "Scrape duration",
                "s",
                "Time that an instance takes to answer a scrape.",
            )
            .query(
                top(&format!(
                    "scrape_duration_seconds and on (job, instance) {known}"
                )),
                "{{instance}}",
            ),
        ],
    }
}

pub(super) fn checks(asks: &Asks<'_>) -> Row {
    let of = |name: &str| asks.of_target(&format!("{name}{{instance=~\"$instance\"}}"));
    let up = format!("min by (check, instance) ({})", of(CHECK_UP.name));
    let took = format!("max by (check, instance) ({})", of(CHECK_DURATION.name));
    Row {
        title: "Health checks",
        panels: vec![
            states(
                "Checks",
                "Green while a check passes, or a watched runtime answers.",
            )
            .query(up, "{{check}} {{instance}}"),
            lines(
                "Check duration",
                "s",
                "Duration of the last run of a check.",
            )
            .query(top(&took), "{{check}} {{instance}}"),
        ],
    }
}

pub(super) fn logs(asks: &Asks<'_>) -> Row {
    let sum =
        |labels: &str, name: &str| format!("sum by ({labels}) ({})", asks.rate_of_target(name, ""));
    let lost = format!(
        "label_replace({}, \"lost\", \"log lines\", \"\", \"\") or label_replace({}, \"lost\", \"label values\", \"\", \"\")",
        sum("instance", LOG_DROPPED.name),
        sum("instance", LABEL_OVERFLOW.name),
    );
    Row {
        title: "Logs and events",
        panels: vec![
            lines(
                "Log events",
                "cps",
                "Events a second that passed the filter of the log, by level.",
            )
            .query(sum("level", LOG_EVENTS.name), "{{level}}")
            .stacked(),
            lines(
                "Events for Sentry",
                "cps",
                "Events per second for Sentry, by result.",
            )
            .query(sum("result", CAPTURES.name), "{{result}}"),
            lines(
                "Lost",
                "cps",
                "Log lines that were dropped, and calls whose label value had no place, a second.",
            )
            .query(lost, "{{lost}} {{instance}}"),
        ],
    }
}

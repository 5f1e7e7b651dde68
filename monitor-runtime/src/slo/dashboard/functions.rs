//! Row: calls of functions, errors with their classes, and durations.

use super::asks::{Asks, top};
use super::panel::{Panel, Row, heatmap, lines};
use crate::metrics::{CALLS, CONCURRENT, DURATION};

const EACH: &str = "{{function}}";

pub(super) fn row(asks: &Asks<'_>) -> Row {
    let by = |labels: &str, series: &str| format!("sum by ({labels}) ({series})");
    let all = asks.rate(CALLS.name, "");
    let failed = asks.rate(CALLS.name, ",result=\"error\"");
    let cancelled = asks.rate(CALLS.name, ",result=\"cancelled\"");
    let share = |labels: &str, part: &str, all: &str| {
        top(&format!("{} / ({} > 0)", by(labels, part), by(labels, all)))
    };
    let classes = by("function, error", &failed);
    let classes = top(&format!(
        "label_replace({classes}, \"error\", \"unclassified\", \"error\", \"\") > 0"
    ));
    let concurrent = format!("{}{{{}}}", CONCURRENT.name, asks.functions());
    let (all_by_version, failed_by_version) = (asks.with_version(&all), asks.with_version(&failed));
    Row {
        title: "Functions",
        panels: vec![
            lines("Calls", "cps", "Calls per second that have ended, with any result.")
                .query(top(&by("function", &all)), EACH),
            lines("Errors", "percentunit", "Share of calls that ended with an error or a panic.")
                .query(share("function", &failed, &all), EACH)
                .max(1.0),
            lines(
                "Errors by class",
                "cps",
                "Errors a second by class; `unclassified` where the type of the error gives none.",
            )
            .query(classes, "{{function}}: {{error}}"),
            lines(
                "Cancelled calls",
                "cps",
                "Calls a second whose future was dropped before it was done: by a client that went away, or a timeout.",
            )
            .query(top(&format!("{} > 0", by("function", &cancelled))), EACH),
            lines("In flight", "none", "Calls that have begun and not ended. A line that only rises is a hang.")
                .query(top(&by("function", &concurrent)), EACH),
            lines("Calls by version", "cps", "Calls a second by the version of their instance: how far a deploy is.")
                .query(by("version", &all_by_version), "{{version}}")
                .stacked(),
            lines(
                "Errors by version",
                "percentunit",
                "Share of calls that failed, by the version of their instance: a bad release stands out.",
            )
            .query(share("version", &failed_by_version, &all_by_version), "{{version}}")
            .max(1.0),
            lines(
                "Errors by instance",
                "percentunit",
                "Share of calls that failed, by instance: a bad machine stands out.",
            )
            .query(share("instance", &failed, &all), "{{instance}}")
            .max(1.0),
            quantile_by_version(asks),
        ],
    }
}

fn quantile_by_version(asks: &Asks<'_>) -> Panel {
    let rates =
        |ending: &str| asks.with_version(&asks.rate(&format!("{}{ending}", DURATION.name), ""));
    lines(
        "Latency p99 by version",
        "s",
        "99 % of calls took at most this long, by the version of their instance.",
    )
    .query(Asks::quantile("0.99", "version", rates), "{{version}}")
}

pub(super) fn latency(asks: &Asks<'_>) -> Row {
    let rates = |ending: &str| asks.rate(&format!("{}{ending}", DURATION.name), "");
    let quantile = |quantile: &str, title, description| {
        let query = Asks::quantile(quantile, "function", rates);
        let threshold = format!("threshold of {{{{objective_name}}}}{}", asks.group_legend());
        lines(title, "s", description)
            .query(top(&format!("({query})")), EACH)
            .thresholds(asks.thresholds(), threshold)
    };
    // Both forms at once would be drawn over each other.
    let increase = |ending: &str| asks.increase(&format!("{}{ending}", DURATION.name));
    let classic = format!("sum by (le) ({})", increase("_bucket"));
    let native = format!("sum({})", increase(""));
    Row {
        title: "Latency",
        panels: vec![
            quantile(
                "0.5",
                "Latency p50",
                "Half of the calls took at most this long. Dashed: thresholds of objectives.",
            ),
            quantile(
                "0.95",
                "Latency p95",
                "95 % of the calls took at most this long. Dashed: thresholds of objectives.",
            ),
            quantile(
                "0.99",
                "Latency p99",
                "99 % of the calls took at most this long. Dashed: thresholds of objectives.",
            ),
            heatmap(
                "Call duration",
                "Distribution of the durations of calls of the selected functions.",
            )
            .query(
                format!("{classic} or ({native} unless on () {classic})"),
                "{{le}}",
            ),
        ],
    }
}

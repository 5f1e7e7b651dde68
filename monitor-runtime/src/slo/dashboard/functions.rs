//! Row: calls of functions, errors with their classes, and durations.

use super::asks::{Asks, top};
use super::panel::{Panel, Row, heatmap, lines};
use crate::metrics::{CALLS, CONCURRENT, DURATION, ERRORS};

const EACH: &str = "{{function}}";

pub(super) fn row(asks: &Asks<'_>) -> Row {
    // Not the errors of `CALLS`: a class that no type declares has no series there before its first error,
    // and `rate` does not see what a series begins with.
    let failed = asks.rate(ERRORS.name, "");
    let others = asks.rate(CALLS.name, ",result!=\"error\"");
    let all = |labels: &str, failed: &str, others: &str| {
        format!("({} + {})", by(labels, failed), by(labels, others))
    };
    let share = |labels: &str, failed: &str, others: &str| {
        let all = all(labels, failed, others);
        top(&format!("{} / ({all} > 0)", by(labels, failed)))
    };
    let [classes, cancelled] = causes(asks);
    let concurrent = format!("{}{{{}}}", CONCURRENT.name, asks.functions());
    let (others_by_version, failed_by_version) =
        (asks.with_version(&others), asks.with_version(&failed));
    Row {
        title: "Functions",
        panels: vec![
            lines("Calls", "cps", "Calls per second that have ended, with any result.")
                .query(top(&all("function", &failed, &others)), EACH),
            lines("Errors", "percentunit", "Share of calls that ended with an error or a panic.")
                .query(share("function", &failed, &others), EACH)
                .max(1.0),
            classes,
            cancelled,
            lines("In flight", "none", "Calls that have begun and not ended. A line that only rises is a hang.")
                .query(top(&by("function", &concurrent)), EACH),
            lines("Calls by version", "cps", "Calls a second by the version of their instance: how far a deploy is.")
                .query(all("version", &failed_by_version, &others_by_version), "{{version}}")
                .stacked(),
            lines(
                "Errors by version",
                "percentunit",
                "Share of calls that failed, by the version of their instance: a bad release stands out.",
            )
            .query(share("version", &failed_by_version, &others_by_version), "{{version}}")
            .max(1.0),
            lines(
                "Errors by instance",
                "percentunit",
                "Share of calls that failed, by instance: a bad machine stands out.",
            )
            .query(share("instance", &failed, &others), "{{instance}}")
            .max(1.0),
            quantile_by_version(asks),
        ],
    }
}

fn by(labels: &str, series: &str) -> String {
    format!("sum by ({labels}) ({series})")
}

/// Returns the panels of errors by their class, and of cancelled calls by their reason.
fn causes(asks: &Asks<'_>) -> [Panel; 2] {
    let of = |result: &str, without: &str| {
        let rate = asks.rate(CALLS.name, &format!(",result=\"{result}\""));
        let rates = by("function, error", &rate);
        top(&format!(
            "label_replace({rates}, \"error\", \"{without}\", \"error\", \"\") > 0"
        ))
    };
    let errors = lines(
        "Errors by class",
        "cps",
        "Errors a second by class; `unclassified` where the type of the error gives none.",
    );
    let cancelled = lines(
        "Cancelled calls",
        "cps",
        "Calls a second whose future was dropped before it was done, by who dropped it: a client that went away, \
         a caller with a timeout, an aborted task, a shutdown.",
    );
    let legend = "{{function}}: {{error}}";
    [
        errors.query(of("error", "unclassified"), legend),
        cancelled.query(of("cancelled", "unknown"), legend),
    ]
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

//! Row: the parts of their time in which the calls of `async` functions run, and in which they wait.

use super::asks::{Asks, top};
use super::panel::{Row, lines};
use crate::metrics::{BUSY, DURATION, SLOW_POLLS};

const EACH: &str = "{{function}}";

pub(super) fn row(asks: &Asks<'_>) -> Row {
    let by = |series: &str| format!("sum by (function) ({series})");
    let busy = by(&asks.rate(BUSY.name, ""));
    let rates = |ending: &str| asks.rate(&format!("{}{ending}", DURATION.name), "");
    // A Prometheus that stores native histograms has no series of their sums.
    let durations = format!(
        "({} or {})",
        by(&rates("_sum")),
        by(&format!("histogram_sum({})", rates("")))
    );
    Row {
        title: "Running and waiting",
        panels: vec![
            lines(
                "Running",
                "s",
                "Seconds a second inside polls: the functions for which the threads of the runtime work.",
            )
            .query(top(&busy), EACH),
            lines(
                "Share of running",
                "percentunit",
                "Share of the time of calls in which they ran. The rest they waited: for another service, a lock, a timer, or a \
                 thread.",
            )
            .query(top(&format!("{busy} / ({durations} > 0)")), EACH)
            .max(1.0),
            lines(
                "Slow polls",
                "cps",
                "Polls a second that took longer than MONITOR_SLOW_POLL. Other tasks of the thread waited meanwhile.",
            )
            .query(top(&by(&asks.rate(SLOW_POLLS.name, ""))), EACH),
        ],
    }
}

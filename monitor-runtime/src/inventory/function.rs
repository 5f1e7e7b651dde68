//! The attribute's settings and the series of one function, as the inventory has them.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::{Function, Label, Sentry, Series};
use crate::base::outcome::{CancelReason, Outcome};
use crate::base::rate_limit::Throttle;
use crate::callsite::Site;
use crate::callsite::error_classes;
use crate::callsite::labels::Values;
use crate::callsite::snapshot::{Snapshot, sources};
use crate::metrics::RESULTS;
use crate::settings::objective::{Cancelled, Objective};

impl Function {
    pub(super) fn from_site(site: &'static Site) -> Self {
        let (file, line) = site.location();
        let throttle = site.throttle.unwrap_or(Throttle::DEFAULT);
        let (called, now) = now(site);
        Self {
            function: site.function().to_owned(),
            module: site.module(),
            file,
            line,
            column: site.column(),
            doc: (!site.doc.is_empty()).then_some(site.doc),
            async_fn: site.async_fn,
            level: level(site.level),
            target: site.log_target(),
            metrics: site.is_counted(),
            span: site.span,
            log: site.log,
            labels: labels(site),
            buckets: (site.is_counted() && site.is_timed()).then(|| site.bounds()),
            objective: site.objective.copied(),
            slow_seconds: site.slow.map(seconds),
            sentry: Sentry {
                events: site.sentry,
                level: site.sentry_level.to_string(),
                at_most: throttle.events,
                period_seconds: seconds(throttle.nanoseconds),
            },
            called,
            series: Series {
                now,
                at_most: at_most(site),
            },
        }
    }

    pub(super) fn place(&self) -> (&str, &str, &str, u32, u32) {
        let Self {
            file, line, column, ..
        } = self;
        (self.module, &self.function, file, *line, *column)
    }
}

fn level(level: tracing::Level) -> &'static str {
    match level {
        tracing::Level::TRACE => "trace",
        tracing::Level::DEBUG => "debug",
        tracing::Level::INFO => "info",
        tracing::Level::WARN => "warn",
        tracing::Level::ERROR => "error",
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

fn labels(site: &'static Site) -> Vec<Label> {
    let known = site.sets().dimensions();
    let labels = site.labels.iter().enumerate();
    let label = |(place, name): (usize, &&'static str)| Label {
        name,
        values: known.get(place).and_then(|values| match values {
            Values::Known(values) => Some(*values),
            Values::Bounded(_) => None,
        }),
        at_most: known.get(place).map(Values::count),
    };
    labels.map(label).collect()
}

/// Returns `true` if the function was called, and the number of its series.
fn now(site: &'static Site) -> (bool, usize) {
    let (mut tally, mut called, mut series) = (Snapshot::default(), false, 0);
    for source in sources(site) {
        tally.read(&[source]);
        let ended = |result: &Outcome| tally.ended(*result) > 0;
        let results = RESULTS.into_iter().filter(ended).count();
        called |= results > 0 || tally.concurrent() > 0;
        let classes = tally.classes().map(|(class, _)| class);
        let classes: BTreeSet<_> = classes.chain(error_classes::known(site)).collect();
        let reasons = tally.cancelled();
        let reasons = reasons
            .filter(|(_, calls)| site.is_future || *calls > 0)
            .count();
        let counters = RESULTS.len() + classes.len() + reasons;
        let histograms = match (site.is_timed(), site.objective) {
            (false, _) => 0,
            (true, Some(_)) => RESULTS.len(),
            (true, None) => results,
        };
        series += counters + histograms * (site.slots() + 2) + 1 + polls(site);
    }
    (called, if site.is_counted() { series } else { 0 })
}

/// Returns the number of series about the polls of its futures.
fn polls(site: &Site) -> usize {
    match (site.is_future, site.is_timed()) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 3,
    }
}

fn at_most(site: &'static Site) -> Option<usize> {
    if !site.is_counted() {
        return Some(0);
    }
    let combinations = if site.labels.is_empty() {
        1
    } else {
        let dimensions = site.sets().dimensions();
        let product =
            |label_sets: usize, values: &Values| label_sets.saturating_mul(values.count());
        // The label sets beyond the process's limit share one more.
        (!dimensions.is_empty()).then(|| dimensions.iter().fold(1, product) + 1)?
    };
    let histograms = if site.is_timed() { RESULTS.len() } else { 0 };
    // A panic is a class beyond those of values.
    let classes = error_classes::MAX_CLASSES + 1 + CancelReason::ALL.len();
    let each = RESULTS.len() + classes + histograms * (site.slots() + 2) + 1 + polls(site);
    Some(combinations.saturating_mul(each))
}

#[expect(clippy::ref_option, reason = "serde hands over a reference")]
pub(super) fn promise<S: Serializer>(
    objective: &Option<Objective>,
    to: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Promise {
        name: &'static str,
        success_rate_percent: Option<f64>,
        latency: Option<Latency>,
        cancelled: &'static str,
        cancelled_after_seconds: Option<f64>,
        expected: &'static str,
        min_failures: u32,
        all_failed: u32,
    }
    #[derive(Serialize)]
    struct Latency {
        threshold_seconds: f64,
        percent: f64,
    }
    let promise = objective.map(|objective| Promise {
        name: objective.name,
        success_rate_percent: objective.success_rate,
        latency: objective.latency.map(|latency| Latency {
            threshold_seconds: latency.seconds,
            percent: latency.percent,
        }),
        cancelled: match objective.cancelled {
            Cancelled::Late | Cancelled::After(_) => "late",
            Cancelled::As(count_as) => count_as.as_str(),
        },
        cancelled_after_seconds: match objective.cancelled {
            Cancelled::After(nanoseconds) => Some(seconds(nanoseconds)),
            Cancelled::Late | Cancelled::As(_) => None,
        },
        expected: objective.expected.as_str(),
        min_failures: objective.min_failures,
        all_failed: objective.all_failed,
    });
    promise.serialize(to)
}

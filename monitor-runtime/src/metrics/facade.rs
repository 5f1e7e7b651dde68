//! The bridge to the `metrics` facade: it publishes call sites through the recorder that the
//! process has installed.
//!
//! Counters and gauges arrive as they are. The facade takes histograms sample by sample, and a call
//! site has kept buckets, so each call arrives as a sample from its bucket: the mean where all
//! calls since the last time fell into one bucket, the middle of the bucket otherwise, and the
//! highest bound for those beyond it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::{Label, SharedString};

use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::callsite;
use crate::callsite::error_classes;
use crate::callsite::snapshot::{Name, Snapshot, Source, by_name};
use crate::metrics::{
    BUSY, CALLS, CONCURRENT, DURATION, ERRORS, LabelValues, Number, POLLS, RESULTS, SLOW_POLLS,
    objective_series,
};
use crate::settings::config::ConfigError;
use crate::settings::objective::Objective;

/// The samples that the recorder has received, by site, label set and result.
///
/// It belongs to the process, as the recorder does: a second start continues where the first one
/// ended.
static RECORDED: Mutex<BTreeMap<(usize, usize, usize), Published>> = Mutex::new(BTreeMap::new());

#[derive(Default)]
struct Published {
    buckets: Vec<u64>,
    ticks: u128,
}

/// Returns an error for an interval out of range.
pub(crate) fn check(interval: Duration) -> Result<Duration, ConfigError> {
    const ALLOWED: std::ops::RangeInclusive<Duration> =
        Duration::from_millis(10)..=Duration::from_secs(3600);
    if ALLOWED.contains(&interval) {
        return Ok(interval);
    }
    let problem = if interval < *ALLOWED.start() {
        "is too short: each publication visits all functions"
    } else {
        "is too long"
    };
    Err(ConfigError::of_builder(
        "publish_to_facade",
        &humantime::format_duration(interval),
        problem,
        "from 10ms to 1h",
    ))
}

/// Publishes what all functions have counted so far.
pub(crate) fn publish(service: &str) {
    let mut tally = Snapshot::default();
    let counted = callsite::all().filter(|site| site.is_counted());
    let mut errors: BTreeMap<Name, u64> =
        counted.map(|site| (Name::of_function(site), 0)).collect();
    for (name, sources) in by_name(callsite::all()) {
        *errors.entry(name.without_labels()).or_default() +=
            publish_series(&name, &sources, &mut tally, service);
    }
    for (function, errors) in errors {
        metrics::counter!(ERRORS.name, function_labels(&function, service)).absolute(errors);
    }
    for (family, series) in objective_series(service, callsite::all()) {
        for (labels, value) in series {
            let labels = labels
                .into_iter()
                .map(|(key, value)| Label::new(key, value));
            let labels: Vec<Label> = labels.collect();
            match value {
                Number::Count(count) if family.is_counter() => {
                    metrics::counter!(family.name, labels).absolute(count);
                }
                Number::Count(count) => metrics::gauge!(family.name, labels).set(as_f64(count)),
                Number::Measure(measure) => metrics::gauge!(family.name, labels).set(measure),
            }
        }
    }
}

fn function_labels(name: &Name, service: &str) -> Vec<Label> {
    vec![
        Label::new("function", name.function),
        Label::new("module", name.module),
        Label::new("service_name", service.to_owned()),
    ]
}

/// Publishes the calls of one series, and returns the number of its errors.
fn publish_series(name: &Name, sources: &[Source], tally: &mut Snapshot, service: &str) -> u64 {
    tally.read(sources);
    let errors = tally.ended(Outcome::Error);
    let mut labels = function_labels(name, service);
    labels.extend(name.labels.iter().map(Label::from));
    metrics::gauge!(CONCURRENT.name, labels.clone()).set(as_f64(tally.concurrent()));
    if sources.iter().any(|source| source.site.is_future) {
        publish_polls(tally, &labels);
    }
    let objective = sources.first().and_then(|source| source.site.objective);
    let promise = |of: fn(&Objective) -> Option<LabelValues>| {
        let promised = objective.and_then(of).into_iter().flatten();
        let promised = promised.map(|(key, value)| Label::new(key, value));
        labels.iter().cloned().chain(promised).collect::<Vec<_>>()
    };
    let timed = promise(Objective::duration_labels);
    let labels = promise(Objective::call_labels);
    for outcome in RESULTS {
        let mut labels = labels.clone();
        labels.push(Label::new("result", outcome.as_str()));
        metrics::counter!(CALLS.name, labels).absolute(tally.calls(outcome));
    }
    // Known classes are published as 0 from the start.
    let known = sources
        .iter()
        .flat_map(|source| error_classes::known(source.site));
    let known: BTreeMap<&'static str, u64> = known.map(|class| (class, 0)).collect();
    for (class, calls) in known
        .into_iter()
        .chain(tally.classes())
        .collect::<BTreeMap<_, _>>()
    {
        let mut labels = labels.clone();
        labels.push(Label::new("result", Outcome::Error.as_str()));
        labels.push(Label::new("error", SharedString::const_str(class)));
        metrics::counter!(CALLS.name, labels).absolute(calls);
    }
    let is_future = sources.iter().any(|source| source.site.is_future);
    for (reason, calls) in tally
        .cancelled()
        .filter(|(_, calls)| is_future || *calls > 0)
    {
        let mut labels = labels.clone();
        labels.push(Label::new("result", Outcome::Cancelled.as_str()));
        labels.push(Label::new("error", reason.as_str()));
        metrics::counter!(CALLS.name, labels).absolute(calls);
    }
    // Each site by itself, because each has buckets of its own.
    for source in sources {
        record_samples(source, tally, &timed);
    }
    errors
}

/// Publishes the polls of futures. Counters of the facade are whole numbers, so seconds are a gauge.
fn publish_polls(tally: &Snapshot, labels: &[Label]) {
    metrics::counter!(POLLS.name, labels.to_vec()).absolute(tally.polls());
    if tally.is_timed() {
        metrics::counter!(SLOW_POLLS.name, labels.to_vec()).absolute(tally.slow_polls());
        let busy = clock::sum_in_seconds(tally.busy());
        metrics::gauge!(BUSY.name, labels.to_vec()).set(busy);
    }
}

/// Records the durations of the calls since the last time.
fn record_samples(source: &Source, tally: &mut Snapshot, labels: &[Label]) {
    let Some(site) = source.id() else { return };
    tally.read(std::slice::from_ref(source));
    if !tally.is_timed() {
        return;
    }
    let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    for outcome in RESULTS {
        let key = (site, source.label_set, outcome.result());
        let recorded = recorded.entry(key).or_default();
        let (buckets, ticks) = (tally.buckets(outcome), tally.ticks(outcome));
        recorded.samples(source.bounds(), buckets, ticks, |seconds, calls| {
            let mut labels = labels.to_vec();
            labels.push(Label::new("result", outcome.as_str()));
            metrics::histogram!(DURATION.name, labels).record_many(seconds, calls);
        });
    }
}

impl Published {
    /// Records new calls as so many samples of so many seconds.
    fn samples(
        &mut self,
        bounds: &[f64],
        buckets: &[u64],
        ticks: u128,
        mut record: impl FnMut(f64, usize),
    ) {
        self.buckets.resize(buckets.len(), 0);
        let new: Vec<u64> = buckets
            .iter()
            .zip(&self.buckets)
            .map(|(now, then)| now - then)
            .collect();
        let calls: u64 = new.iter().sum();
        let seconds = clock::sum_in_seconds(ticks - self.ticks);
        for (bucket, calls_here) in new.iter().enumerate().filter(|(_, calls)| **calls > 0) {
            let sample = if *calls_here == calls {
                seconds / as_f64(calls)
            } else {
                middle(bounds, bucket)
            };
            record(sample, usize::try_from(*calls_here).unwrap_or(usize::MAX));
        }
        self.buckets.copy_from_slice(buckets);
        self.ticks = ticks;
    }
}

/// Returns the middle of a bucket, in seconds.
fn middle(bounds: &[f64], bucket: usize) -> f64 {
    let lower = bucket.checked_sub(1).map_or(0.0, |below| bounds[below]);
    bounds
        .get(bucket)
        .map_or(lower, |upper| f64::midpoint(lower, *upper))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 calls are more than a process makes"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_comes_from_its_bucket() {
        let mut recorded = Published::default();
        let mut samples = |buckets: &[u64], seconds: f64| {
            let mut found = Vec::new();
            let ticks = clock::in_ticks(&[seconds])[0];
            recorded.samples(&[1.0, 2.0], buckets, ticks.into(), |sample, calls| {
                found.push(((sample * 1e3).round() / 1e3, calls));
            });
            found
        };
        assert_eq!(samples(&[4, 0, 0], 1.0), [(0.25, 4)]);
        assert_eq!(samples(&[4, 0, 0], 1.0), []);
        assert_eq!(samples(&[5, 2, 3], 99.0), [(0.5, 1), (1.5, 2), (2.0, 3)]);
    }
}

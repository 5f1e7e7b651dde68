//! The bridge to the `metrics` facade: call sites as series of whichever recorder the process has.
//!
//! Counters and gauges arrive as they are. The facade takes histograms sample by sample, and a call
//! site has kept buckets, so each call arrives as a sample from its bucket: the mean where all
//! calls since the last time fell into one bucket, the middle of the bucket otherwise, and the
//! highest bound for those beyond it.

use std::collections::HashMap;

use metrics::{Label, SharedString};

use crate::clock;
use crate::metrics::{CALLS, CONCURRENT, DURATION, LabelValues, RESULTS};
use crate::objective::Objective;
use crate::outcome::Outcome;
use crate::site::{self, Site};
use crate::tally::{Source, Tally};

/// What was published of each series, so that histograms get what is new.
#[derive(Default)]
pub(crate) struct Bridge {
    published: HashMap<(usize, usize, usize), Published>,
    tally: Tally,
}

#[derive(Default)]
struct Published {
    buckets: Vec<u64>,
    ticks: u128,
}

impl Bridge {
    /// Publishes what all functions have counted so far.
    pub(crate) fn publish(&mut self, service: &str) {
        for site in site::all().filter(|site| site.is_counted()) {
            for lane in site.lanes() {
                self.publish_lane(site, lane, service);
            }
        }
    }

    fn publish_lane(&mut self, site: &'static Site, lane: usize, service: &str) {
        self.tally.read(&[Source::new(site, lane)]);
        let tally = &self.tally;
        let mut labels = vec![
            Label::new("function", site.function().to_owned()),
            Label::new("module", site.module()),
            Label::new("service_name", service.to_owned()),
        ];
        let own = site.label_values(lane);
        labels.extend(own.map(|(key, value)| Label::new(key, value.to_owned())));
        metrics::gauge!(CONCURRENT.name, labels.clone()).set(as_f64(tally.concurrent()));
        let promise = |of: fn(&Objective) -> Option<LabelValues>| {
            let promised = site.objective.and_then(of).into_iter().flatten();
            let promised = promised.map(|(key, value)| Label::new(key, value));
            labels.iter().cloned().chain(promised).collect::<Vec<_>>()
        };
        let timed = promise(Objective::duration_labels);
        let labels = promise(Objective::call_labels);
        for outcome in RESULTS {
            let mut labels = labels.clone();
            labels.push(Label::new("result", outcome.as_str()));
            let calls = tally.calls(outcome);
            if calls > 0 || outcome != Outcome::Cancelled {
                metrics::counter!(CALLS.name, labels.clone()).absolute(calls);
            }
            let known = self.published.entry((site.id(), lane, outcome.result()));
            let known = known.or_default();
            if site.is_timed() {
                let mut labels = timed.clone();
                labels.push(Label::new("result", outcome.as_str()));
                let histogram = || metrics::histogram!(DURATION.name, labels.clone());
                let (buckets, ticks) = (tally.buckets(outcome), tally.ticks(outcome));
                known.samples(site.bounds(), buckets, ticks, |seconds, calls| {
                    histogram().record_many(seconds, calls);
                });
            }
        }
        for (class, calls) in tally.classes() {
            let mut labels = labels.clone();
            labels.push(Label::new("result", Outcome::Error.as_str()));
            labels.push(Label::new("error", SharedString::const_str(class)));
            metrics::counter!(CALLS.name, labels).absolute(calls);
        }
    }
}

impl Published {
    /// Hands over the calls that are new, as so many samples of so many seconds.
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

/// The middle of a bucket, in seconds.
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
        let mut published = Published::default();
        let mut samples = |buckets: &[u64], seconds: f64| {
            let mut found = Vec::new();
            let ticks = clock::in_ticks(&[seconds])[0];
            published.samples(&[1.0, 2.0], buckets, ticks.into(), |sample, calls| {
                found.push(((sample * 1e3).round() / 1e3, calls));
            });
            found
        };
        assert_eq!(samples(&[4, 0, 0], 1.0), [(0.25, 4)]);
        assert_eq!(samples(&[4, 0, 0], 1.0), []);
        assert_eq!(samples(&[5, 2, 3], 99.0), [(0.5, 1), (1.5, 2), (2.0, 3)]);
    }
}

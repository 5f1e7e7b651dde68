//! A function's counts at one moment, and the difference between two moments.

use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::callsite::snapshot::Snapshot;
use crate::metrics::RESULTS;

/// The counts of a function at one moment, over all its labels and threads.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// Calls that have ended, by result.
    pub(super) ended: [u64; Outcome::RESULTS],
    pub(super) in_flight: u64,
    /// The sum of all durations.
    pub(super) seconds: f64,
    /// The time inside polls; `None` for functions that are not `async`, or not timed.
    pub(super) busy: Option<f64>,
    /// Calls by bucket, over all results; not cumulative.
    pub(super) buckets: Box<[u64]>,
}

impl Counts {
    pub(super) fn from_snapshot(tally: &Snapshot) -> Self {
        let ended = RESULTS.map(|outcome| tally.ended(outcome));
        let mut buckets: Box<[u64]> = tally.buckets(Outcome::Ok).into();
        for outcome in &RESULTS[1..] {
            let more = tally.buckets(*outcome);
            for (sum, calls) in buckets.iter_mut().zip(more) {
                *sum += calls;
            }
        }
        let ticks = RESULTS.map(|outcome| tally.ticks(outcome));
        Self {
            ended,
            in_flight: tally.concurrent(),
            seconds: clock::sum_in_seconds(ticks.iter().sum()),
            busy: (tally.has_polls() && tally.is_timed())
                .then(|| clock::sum_in_seconds(tally.busy())),
            buckets,
        }
    }

    /// Returns the counts that were added since `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        let mut buckets = self.buckets.clone();
        for (calls, before) in buckets.iter_mut().zip(&before.buckets) {
            *calls = calls.saturating_sub(*before);
        }
        let ended = |result: usize| self.ended[result].saturating_sub(before.ended[result]);
        Self {
            ended: std::array::from_fn(ended),
            in_flight: self.in_flight,
            seconds: (self.seconds - before.seconds).max(0.0),
            busy: (self.busy).map(|busy| (busy - before.busy.unwrap_or_default()).max(0.0)),
            buckets,
        }
    }

    pub(super) fn calls(&self) -> u64 {
        self.ended.iter().sum()
    }

    /// Returns the mean duration in seconds; 0 without calls.
    pub(super) fn mean(&self) -> f64 {
        match self.calls() {
            0 => 0.0,
            calls => self.seconds / as_f64(calls),
        }
    }

    /// Returns the duration in seconds that this share of calls did not exceed, as Prometheus'
    /// [`histogram_quantile`] estimates it: calls are taken to be spread evenly over their bucket.
    ///
    /// Returns the highest bound, negated, if the quantile is beyond it. Returns `None` without
    /// calls or without bounds.
    ///
    /// [`histogram_quantile`]:
    /// https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
    pub(super) fn quantile(&self, share: f64, bounds: &[f64]) -> Option<f64> {
        let calls: u64 = self.buckets.iter().sum();
        let highest = *bounds.last()?;
        if calls == 0 {
            return None;
        }
        let rank = share * as_f64(calls);
        let mut below = 0;
        for (bucket, (bound, calls)) in bounds.iter().zip(&self.buckets).enumerate() {
            if *calls > 0 && as_f64(below + calls) >= rank {
                let lower = bucket.checked_sub(1).map_or(0.0, |bucket| bounds[bucket]);
                let inside = (rank - as_f64(below)) / as_f64(*calls);
                return Some(lower + (bound - lower) * inside);
            }
            below += calls;
        }
        Some(-highest)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers for a person's eye; 2^53 calls are out of reach"
)]
pub(super) fn as_f64(calls: u64) -> f64 {
    calls as f64
}

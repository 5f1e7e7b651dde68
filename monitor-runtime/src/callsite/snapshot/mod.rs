//! Adds up the counts of all sites that share a name.

mod names;
mod polls;
mod source;

pub(crate) use names::{Name, by_name, sources};
pub(crate) use source::Source;

use crate::base::outcome::{CancelReason, Outcome, PANIC};
use crate::callsite::site_snapshot::SiteSnapshot;

/// The counts of all sites of one name; made once and read again and again.
pub(crate) struct Snapshot {
    sum: SiteSnapshot,
    /// Buffer for another site of the same name.
    other: SiteSnapshot,
    timed: bool,
    futures: bool,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            sum: SiteSnapshot::zero(0),
            other: SiteSnapshot::zero(0),
            timed: false,
            futures: false,
        }
    }
}

impl Snapshot {
    /// Creates one that reads native buckets as well.
    pub(crate) fn with_native() -> Self {
        let mut new = Self::default();
        for sum in [&mut new.sum, &mut new.other] {
            sum.count_native();
        }
        new
    }

    /// Replaces its contents by the sum of these sources; the buckets are those of the first.
    pub(crate) fn read(&mut self, sources: &[Source]) {
        let Some((first, others)) = sources.split_first() else {
            *self = Self::default();
            return;
        };
        first.read(&mut self.sum);
        (self.timed, self.futures) = (first.timed, first.is_future);
        for source in others {
            source.read(&mut self.other);
            self.timed |= source.timed;
            self.futures |= source.is_future;
            self.merge(first.bounds(), source.bounds());
        }
        if self.sum.panics > 0 {
            // A class named `panic` is merged with panics: otherwise two series would have one
            // name.
            self.sum.add_to_class(PANIC, self.sum.panics);
        }
    }

    /// Reads the sources into buckets of these bounds, even if the first source has others.
    pub(crate) fn read_in(&mut self, bounds: &[f64], sources: &[Source]) {
        self.read(sources);
        let theirs = sources.first().map_or(&[][..], Source::bounds);
        if sources.is_empty() || theirs != bounds {
            std::mem::swap(&mut self.sum, &mut self.other);
            self.sum.reset(bounds.len() + 1);
            self.merge(bounds, theirs);
        }
    }

    /// Adds the other site.
    ///
    /// Its buckets may differ. A call then counts under the lowest of the bounds `ours` that is not
    /// below the bound it was counted under: never as faster than it was.
    fn merge(&mut self, ours: &[f64], theirs: &[f64]) {
        let place = |bucket: usize| {
            let bound = theirs.get(bucket).copied().unwrap_or(f64::INFINITY);
            ours.partition_point(|ours| *ours < bound)
        };
        let Self { sum, other, .. } = self;
        for result in 0..Outcome::RESULTS {
            for (bucket, calls) in other.used(result).iter().enumerate() {
                sum.add_to_bucket(result, place(bucket), *calls);
            }
            sum.ticks[result] += other.ticks[result];
            for (slot, calls) in other.native(result) {
                sum.add_to_native(result, calls, || slot);
            }
        }
        for (class, calls) in &other.classes {
            sum.add_to_class(class, *calls);
        }
        sum.add_reasons(other.reasons);
        sum.add_polls(other);
        sum.started += other.started;
        sum.errors += other.errors;
        sum.panics += other.panics;
    }

    /// Returns `true` if there are durations to show.
    pub(crate) fn is_timed(&self) -> bool {
        self.timed
    }

    /// Returns the calls that ended with this result and have no class.
    pub(crate) fn calls(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Error => self.sum.errors,
            Outcome::Panic => self.sum.panics,
            Outcome::Cancelled => self.cancelled_otherwise(),
            Outcome::Ok => self.ended(outcome),
        }
    }

    /// Returns the cancelled calls of each reason.
    pub(crate) fn cancelled(&self) -> impl Iterator<Item = (CancelReason, u64)> {
        CancelReason::ALL.into_iter().zip(self.sum.reasons)
    }

    /// Returns the cancelled calls without a reason.
    fn cancelled_otherwise(&self) -> u64 {
        self.sum.reasons[CancelReason::PLACES - 1]
    }

    /// Returns errors by class, with panics under a class of their own.
    pub(crate) fn classes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let classes = self.sum.classes.iter();
        classes.map(|(class, calls)| (*class, *calls))
    }

    /// Returns the calls that have begun and not ended.
    pub(crate) fn concurrent(&self) -> u64 {
        let finished = self.sum.ended.iter().map(|ended| ended.calls).sum();
        self.sum.started.saturating_sub(finished)
    }

    /// Returns the calls that ended with the result this outcome belongs to.
    pub(crate) fn ended(&self, outcome: Outcome) -> u64 {
        self.sum.ended[outcome.result()].calls
    }

    /// Returns the calls per bucket (not cumulative) of the result this outcome belongs to.
    pub(crate) fn buckets(&self, outcome: Outcome) -> &[u64] {
        self.sum.buckets(outcome.result())
    }

    /// Returns the buckets up to the last one that has calls.
    pub(crate) fn used_buckets(&self, outcome: Outcome) -> &[u64] {
        self.sum.used(outcome.result())
    }

    /// Returns the native buckets that have calls, ascending, of the result this outcome belongs to;
    /// none unless they are read.
    pub(crate) fn native(&self, outcome: Outcome) -> impl Iterator<Item = (usize, u64)> {
        self.sum.native(outcome.result())
    }

    /// Returns the sum of durations, in ticks, of the result this outcome belongs to.
    pub(crate) fn ticks(&self, outcome: Outcome) -> u128 {
        self.sum.ticks[outcome.result()]
    }
}

#[cfg(test)]
mod tests;

//! Adds up the counts of one site, and of all sites that share a name.

mod names;
mod native;
mod polls;
mod reasons;
mod source;

use std::collections::BTreeMap;

pub(crate) use names::{Name, by_name, sources};
use native::NativeCounts;
pub(crate) use source::Source;

use crate::base::outcome::{Outcome, PANIC};
use crate::callsite::Site;
use crate::callsite::counters::REASONS;

/// The counts of a site at one moment.
#[derive(Clone)]
pub(crate) struct SiteSnapshot {
    pub(crate) started: u64,
    /// Errors without a class.
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    classes: BTreeMap<&'static str, u64>,
    /// Cancelled calls by the place of their reason; the last are those without one.
    reasons: [u64; REASONS],
    /// By result.
    pub(crate) ticks: [u128; Outcome::RESULTS],
    /// Polls that have ended, if its calls are futures.
    pub(crate) polls: u64,
    /// Ticks of these polls.
    pub(crate) busy: u128,
    /// Polls that took longer than `MONITOR_SLOW_POLL`.
    pub(crate) slow_polls: u64,
    /// By result.
    ended: [Ended; Outcome::RESULTS],
    /// By result, and within it by bucket; not cumulative.
    buckets: Vec<u64>,
    slots: usize,
    /// Calls by native bucket, if they are asked for.
    native: Option<Box<NativeCounts>>,
}

/// The calls that ended with one result.
#[derive(Clone, Copy, Default)]
struct Ended {
    calls: u64,
    /// Buckets up to the last that has calls.
    used: usize,
}

impl SiteSnapshot {
    pub(crate) fn zero(slots: usize) -> Self {
        Self {
            started: 0,
            errors: 0,
            panics: 0,
            classes: BTreeMap::new(),
            reasons: [0; REASONS],
            ticks: [0; Outcome::RESULTS],
            polls: 0,
            busy: 0,
            slow_polls: 0,
            ended: [Ended::default(); Outcome::RESULTS],
            buckets: vec![0; Outcome::RESULTS * slots],
            slots,
            native: None,
        }
    }

    /// Forgets everything, for a site with this many buckets, but keeps its allocations.
    fn reset(&mut self, slots: usize) {
        (self.started, self.errors, self.panics) = (0, 0, 0);
        self.classes.clear();
        self.reasons = [0; REASONS];
        self.ticks = [0; Outcome::RESULTS];
        self.no_polls();
        if let Some(native) = &mut self.native {
            native.reset();
        }
        // Most functions end in one way, within the first bucket: all other buckets are still zero.
        for (result, Ended { used, .. }) in std::mem::take(&mut self.ended).into_iter().enumerate()
        {
            self.buckets[result * self.slots..][..used].fill(0);
        }
        if self.slots != slots {
            self.buckets.resize(Outcome::RESULTS * slots, 0);
            self.slots = slots;
        }
    }

    pub(crate) fn add_to_bucket(&mut self, result: usize, bucket: usize, calls: u64) {
        if calls > 0 {
            self.buckets[result * self.slots + bucket] += calls;
            let ended = &mut self.ended[result];
            ended.calls += calls;
            ended.used = ended.used.max(bucket + 1);
        }
    }

    /// Adds calls to a native bucket, if these are asked for.
    pub(crate) fn add_to_native(
        &mut self,
        result: usize,
        calls: u64,
        slot: impl FnOnce() -> usize,
    ) {
        if calls > 0
            && let Some(native) = &mut self.native
        {
            native.add(result, slot(), calls);
        }
    }

    pub(crate) fn add_to_class(&mut self, class: &'static str, calls: u64) {
        if calls > 0 {
            *self.classes.entry(class).or_default() += calls;
        }
    }

    /// Returns the calls by bucket of a result, up to the last bucket that has any.
    fn used(&self, result: usize) -> &[u64] {
        &self.buckets[result * self.slots..][..self.ended[result].used]
    }
}

/// Reads the successful calls of a site's label set, by bucket.
pub(crate) fn ok_buckets(site: &'static Site, label_set: usize) -> Vec<u64> {
    let mut sum = SiteSnapshot::zero(site.slots());
    site.store(label_set).add_ok_to(&mut sum);
    sum.buckets.truncate(sum.slots);
    sum.buckets
}

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
            sum.native = Some(Box::default());
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
            for (slot, calls) in other.native.iter().flat_map(|native| native.each(result)) {
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
        let first = outcome.result() * self.sum.slots;
        &self.sum.buckets[first..first + self.sum.slots]
    }

    /// Returns the buckets up to the last one that has calls.
    pub(crate) fn used_buckets(&self, outcome: Outcome) -> &[u64] {
        self.sum.used(outcome.result())
    }

    /// Returns the native buckets that have calls, ascending, of the result this outcome belongs to;
    /// none unless they are read.
    pub(crate) fn native(&self, outcome: Outcome) -> impl Iterator<Item = (usize, u64)> {
        let native = self.sum.native.iter();
        native.flat_map(move |native| native.each(outcome.result()))
    }

    /// Returns the sum of durations, in ticks, of the result this outcome belongs to.
    pub(crate) fn ticks(&self, outcome: Outcome) -> u128 {
        self.sum.ticks[outcome.result()]
    }
}

#[cfg(test)]
mod tests;

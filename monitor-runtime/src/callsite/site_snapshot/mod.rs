//! Adds up the counts of one site.

mod native;

use std::collections::BTreeMap;

use native::NativeCounts;

use crate::base::outcome::{CancelReason, Outcome};

/// The counts of a site at one moment.
#[derive(Clone)]
pub(crate) struct SiteSnapshot {
    pub(crate) started: u64,
    /// Errors without a class.
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    pub(super) classes: BTreeMap<&'static str, u64>,
    /// Cancelled calls by the place of their reason; the last are those without one.
    pub(super) reasons: [u64; CancelReason::PLACES],
    /// By result.
    pub(crate) ticks: [u128; Outcome::RESULTS],
    /// Polls that have ended, if its calls are futures.
    pub(crate) polls: u64,
    /// Ticks of these polls.
    pub(crate) busy: u128,
    /// Polls that took longer than `MONITOR_SLOW_POLL`.
    pub(crate) slow_polls: u64,
    /// By result.
    pub(super) ended: [Ended; Outcome::RESULTS],
    /// By result, and within it by bucket; not cumulative.
    buckets: Vec<u64>,
    slots: usize,
    /// Calls by native bucket, if they are asked for.
    native: Option<Box<NativeCounts>>,
}

/// The calls that ended with one result.
#[derive(Clone, Copy, Default)]
pub(super) struct Ended {
    pub(super) calls: u64,
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
            reasons: [0; CancelReason::PLACES],
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
    pub(super) fn reset(&mut self, slots: usize) {
        (self.started, self.errors, self.panics) = (0, 0, 0);
        self.classes.clear();
        self.reasons = [0; CancelReason::PLACES];
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
    pub(super) fn used(&self, result: usize) -> &[u64] {
        &self.buckets[result * self.slots..][..self.ended[result].used]
    }

    /// Returns the calls by bucket of a result.
    pub(super) fn buckets(&self, result: usize) -> &[u64] {
        &self.buckets[result * self.slots..][..self.slots]
    }

    /// Asks for native buckets as well.
    pub(super) fn count_native(&mut self) {
        self.native = Some(Box::default());
    }

    /// Returns the native buckets of a result that have calls, ascending; none unless they are asked for.
    pub(super) fn native(&self, result: usize) -> impl Iterator<Item = (usize, u64)> {
        self.native
            .iter()
            .flat_map(move |native| native.each(result))
    }

    pub(crate) fn add_reasons(&mut self, reasons: [u64; CancelReason::PLACES]) {
        for (sum, calls) in self.reasons.iter_mut().zip(reasons) {
            *sum += calls;
        }
    }

    /// Forgets the polls. The call of a function that is no future counts as one.
    pub(super) fn no_polls(&mut self) {
        (self.polls, self.busy, self.slow_polls) = (0, 0, 0);
    }

    pub(super) fn add_polls(&mut self, other: &Self) {
        self.polls += other.polls;
        self.busy += other.busy;
        self.slow_polls += other.slow_polls;
    }
}

//! Reads the shard of a running thread for a scrape.

use super::{Ended, Shard};
use crate::base::outcome::Outcome;
use crate::base::sync::atomic::Ordering;
use crate::base::sync::yield_now;
use crate::callsite::Site;
use crate::callsite::error_classes;
use crate::callsite::snapshot::SiteSnapshot;

/// More buckets than a function can have: 40 bounds of its own, its objective's, and `+Inf`.
pub(super) const MAX_BUCKETS: usize = 48;

/// Attempts of a scrape to read numbers that match each other.
pub(super) const MAX_ATTEMPTS: u32 = 100;

/// The calls of a result, and the number of buckets they can be in.
#[derive(Clone, Copy)]
pub(super) struct Read {
    pub(super) calls: u64,
    pub(super) used: usize,
}

impl Ended {
    /// Reads the calls by bucket, up to the last one that can have any.
    fn counts(&self) -> impl Iterator<Item = u64> {
        let rest = self.rest.get().map_or(&[][..], |rest| rest);
        let counts = std::iter::once(&self.first).chain(rest);
        counts.map(|count| count.load(Ordering::Acquire))
    }

    /// Copies what it reads.
    pub(super) fn copy(&self, buckets: &mut [u64; MAX_BUCKETS]) -> Read {
        let (mut calls, mut used) = (0, 0);
        for (copy, count) in buckets.iter_mut().zip(self.counts()) {
            *copy = count;
            calls += count;
            used += 1;
        }
        Read { calls, used }
    }
}

impl Shard {
    /// Adds the calls that are ok and returns their number.
    pub(super) fn add_ok_to(&self, sum: &mut SiteSnapshot) -> u64 {
        self.add(Outcome::Ok, self.ok.counts(), sum)
    }

    /// Adds all calls but those that are ok.
    pub(super) fn add_others_to(&self, site: &Site, sum: &mut SiteSnapshot) {
        let mut buckets = [0; MAX_BUCKETS];
        let used = self.add_errors_to(site, sum, &mut buckets);
        self.add(Outcome::Error, buckets[..used].iter().copied(), sum);
        if let Some(cancelled) = self.cancelled.get() {
            let used = cancelled.add_to(sum, &mut buckets);
            self.add(Outcome::Cancelled, buckets[..used].iter().copied(), sum);
        }
    }

    fn add(
        &self,
        outcome: Outcome,
        buckets: impl Iterator<Item = u64>,
        sum: &mut SiteSnapshot,
    ) -> u64 {
        let (result, mut all) = (outcome.result(), 0);
        for (bucket, calls) in buckets.enumerate() {
            sum.add_to_bucket(result, bucket, calls);
            all += calls;
        }
        if all > 0 {
            sum.ticks[result] += self.ticks(outcome);
        }
        all
    }

    /// Returns the ticks of all calls with a result, which may be more than 64 bits hold.
    fn ticks(&self, outcome: Outcome) -> u128 {
        // Read before the ticks, which are then at least as many as were noted.
        let noted = u64::from(self.halves[outcome.result()].load(Ordering::Acquire));
        let ended = match outcome {
            Outcome::Ok => Some(&self.ok),
            Outcome::Error | Outcome::Panic => Some(&self.failed),
            Outcome::Cancelled => self.cancelled.get().map(|cancelled| &cancelled.ended),
        };
        let ticks = ended.map_or(0, |ended| ended.ticks.load(Ordering::Acquire));
        let halves = noted + ((noted ^ (ticks >> 63)) & 1);
        (u128::from(halves >> 1) << 64) | u128::from(ticks)
    }

    /// Copies the buckets of errors and adds the counts by class, at a moment when both match.
    ///
    /// The owner bumps a count just before the bucket. If it is interrupted between the two, the
    /// call is in the count and not yet in the histogram, which a page may show.
    fn add_errors_to(
        &self,
        site: &Site,
        sum: &mut SiteSnapshot,
        buckets: &mut [u64; MAX_BUCKETS],
    ) -> usize {
        let mut classes = None;
        let mut attempts = 0;
        loop {
            let finished = self.failed.copy(buckets);
            let panics = self.panics.load(Ordering::Acquire);
            let mut others = panics;
            if let Some(counts) = self.classes.get() {
                let copies = classes.get_or_insert([0; error_classes::MAX_CLASSES]);
                for (copy, count) in copies.iter_mut().zip(counts.iter()) {
                    *copy = count.load(Ordering::Acquire);
                    others += *copy;
                }
            }
            // Without any other kind of error only the histogram is written.
            let errors = match others {
                0 => finished.calls,
                _ => self.errors.load(Ordering::Acquire),
            };
            if errors + others == finished.calls || attempts == MAX_ATTEMPTS {
                sum.errors += errors;
                sum.panics += panics;
                for (place, class) in site.classes().names().filter(|_| classes.is_some()) {
                    sum.add_to_class(class, classes.map_or(0, |classes| classes[place]));
                }
                return finished.used;
            }
            attempts += 1;
            // The owner may be waiting for this very core.
            yield_now();
        }
    }
}

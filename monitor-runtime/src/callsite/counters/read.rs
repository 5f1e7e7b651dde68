//! Reads the shard of a running thread for a scrape.

use super::fine::{Bounds, Fine};
use super::{Ended, MAX_ATTEMPTS, Shard, whole};
use crate::base::outcome::Outcome;
use crate::base::sync::atomic::Ordering;
use crate::base::sync::yield_now;
use crate::callsite::Site;
use crate::callsite::error_classes;
use crate::callsite::site_snapshot::SiteSnapshot;

/// More buckets than a function can have: 40 bounds of its own, its objective's, and `+Inf`.
pub(super) const MAX_BUCKETS: usize = 48;

/// The calls of a result by bucket, taken at one moment.
pub(super) struct Taken {
    buckets: [u64; MAX_BUCKETS],
    used: usize,
    /// Cells and their calls.
    fine: Vec<(usize, u64)>,
    pub(super) calls: u64,
}

impl Ended {
    /// Reads the calls by bucket, up to the last one that can have any.
    fn counts(&self) -> impl Iterator<Item = u64> {
        let rest = self.rest.get().map_or(&[][..], |rest| rest);
        let counts = std::iter::once(&self.first).chain(rest);
        counts.map(|count| count.load(Ordering::Acquire))
    }
}

impl Shard {
    /// Adds the calls that are ok and returns their number.
    pub(super) fn add_ok_to(&self, sum: &mut SiteSnapshot) -> u64 {
        if let Some(polls) = self.polls.get() {
            polls.add_to(sum);
        }
        let mut all = 0;
        for (bucket, calls) in self.ok.counts().enumerate() {
            self.add_bucket(Outcome::Ok, bucket, calls, sum);
            all += calls;
        }
        if let Some(fine) = &self.fine {
            fine.each(Outcome::Ok, |cell, calls| {
                fine.add_cell(Outcome::Ok, cell, calls, sum);
                all += calls;
            });
        }
        self.add_ticks(Outcome::Ok, all, sum);
        all
    }

    /// Adds all calls but those that are ok.
    pub(super) fn add_others_to(&self, site: &Site, sum: &mut SiteSnapshot) {
        let mut taken = Taken {
            buckets: [0; MAX_BUCKETS],
            used: 0,
            fine: Vec::new(),
            calls: 0,
        };
        self.add_errors_to(site, sum, &mut taken);
        self.add_taken(Outcome::Error, &taken, sum);
        if let Some(cancelled) = self.cancelled.get() {
            let copy = || {
                self.copy(&cancelled.ended, Outcome::Cancelled, &mut taken);
                taken.calls
            };
            cancelled.add_to(sum, copy);
            self.add_taken(Outcome::Cancelled, &taken, sum);
        }
    }

    fn copy(&self, ended: &Ended, outcome: Outcome, taken: &mut Taken) {
        (taken.calls, taken.used) = (0, 0);
        taken.fine.clear();
        for (copy, calls) in taken.buckets.iter_mut().zip(ended.counts()) {
            *copy = calls;
            taken.calls += calls;
            taken.used += 1;
        }
        if let Some(fine) = &self.fine {
            fine.each(outcome, |cell, calls| {
                taken.fine.push((cell, calls));
                taken.calls += calls;
            });
        }
    }

    fn add_taken(&self, outcome: Outcome, taken: &Taken, sum: &mut SiteSnapshot) {
        for (bucket, calls) in taken.buckets[..taken.used].iter().enumerate() {
            self.add_bucket(outcome, bucket, *calls, sum);
        }
        if let Some(fine) = &self.fine {
            for (cell, calls) in &taken.fine {
                fine.add_cell(outcome, *cell, *calls, sum);
            }
        }
        self.add_ticks(outcome, taken.calls, sum);
    }

    fn add_bucket(&self, outcome: Outcome, bucket: usize, calls: u64, sum: &mut SiteSnapshot) {
        let result = outcome.result();
        sum.add_to_bucket(result, bucket, calls);
        let native = || Bounds::beside(self.site.tick_bounds()).native_of(bucket);
        sum.add_to_native(result, calls, native);
    }

    fn add_ticks(&self, outcome: Outcome, calls: u64, sum: &mut SiteSnapshot) {
        if calls == 0 {
            return;
        }
        let at_once = self.ticks_at_once(outcome);
        let suspended = self.polls.get().map_or(0, |polls| polls.ticks(outcome));
        sum.ticks[outcome.result()] += at_once + suspended;
        if outcome != Outcome::Cancelled {
            // Each of them ended in a poll; the drop of a future is not one.
            sum.polls += calls;
            sum.busy += at_once;
        }
    }

    /// Returns the ticks of all calls with a result that were never suspended.
    fn ticks_at_once(&self, outcome: Outcome) -> u128 {
        let ended = match outcome {
            Outcome::Ok => Some(&self.ok),
            Outcome::Error | Outcome::Panic => Some(&self.failed),
            Outcome::Cancelled => self.cancelled.get().map(|cancelled| &cancelled.ended),
        };
        let ticks = || ended.map_or(0, |ended| ended.ticks.load(Ordering::Acquire));
        whole(&self.halves[outcome.result()], ticks)
    }

    /// Copies the buckets of errors and adds the counts by class, at a moment when both match.
    ///
    /// The owner bumps a count just before the bucket. If it is interrupted between the two, the
    /// call is in the count and not yet in the histogram, which a page may show.
    fn add_errors_to(&self, site: &Site, sum: &mut SiteSnapshot, taken: &mut Taken) {
        let mut classes = None;
        let mut attempts = 0;
        loop {
            self.copy(&self.failed, Outcome::Error, taken);
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
                0 => taken.calls,
                _ => self.errors.load(Ordering::Acquire),
            };
            if errors + others == taken.calls || attempts == MAX_ATTEMPTS {
                sum.errors += errors;
                sum.panics += panics;
                for (place, class) in site.classes().names().filter(|_| classes.is_some()) {
                    sum.add_to_class(class, classes.map_or(0, |classes| classes[place]));
                }
                return;
            }
            attempts += 1;
            // The owner may be waiting for this very core.
            yield_now();
        }
    }
}

impl Fine {
    fn add_cell(&self, outcome: Outcome, cell: usize, calls: u64, sum: &mut SiteSnapshot) {
        let (classic, native) = self.bounds.place(cell);
        sum.add_to_bucket(outcome.result(), classic, calls);
        sum.add_to_native(outcome.result(), calls, || native);
    }
}

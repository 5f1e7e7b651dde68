//! Cells as a scrape reads them, while their thread goes on.

use std::sync::atomic::Ordering;

use super::{Cells, Ended};
use crate::classes;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::tally::Sum;

/// More buckets than a function can have: 40 bounds of its own, its objective's, `+Inf`.
const MOST_BUCKETS: usize = 48;

/// How often a scrape looks again at numbers that do not match.
const PATIENCE: u32 = 100;

impl Ended {
    /// Reads the calls by bucket; returns how many they are.
    fn read(&self, buckets: &mut [u64; MOST_BUCKETS]) -> u64 {
        let rest = self.rest.get().into_iter().flat_map(|rest| rest.iter());
        let mut calls = 0;
        for (copy, count) in buckets
            .iter_mut()
            .zip(std::iter::once(&self.first).chain(rest))
        {
            *copy = count.load(Ordering::Acquire);
            calls += *copy;
        }
        calls
    }
}

impl Cells {
    /// All but how many calls have begun.
    pub(super) fn add_to(&self, site: &Site, sum: &mut Sum) {
        for (result, ended) in self.ended.iter().enumerate() {
            let mut buckets = [0; MOST_BUCKETS];
            if result == Outcome::Error.result() {
                self.add_errors_to(site, sum, &mut buckets);
            } else {
                ended.read(&mut buckets);
            }
            for (bucket, calls) in buckets[..=self.bounds.len()].iter().enumerate() {
                sum.add_to_bucket(result, bucket, *calls);
            }
            let ticks = ended.ticks.load(Ordering::Acquire);
            sum.ticks[result] = sum.ticks[result].wrapping_add(ticks);
        }
    }

    /// Reads the buckets of errors, and adds what is counted beside them, at a moment when both
    /// are the same.
    ///
    /// The owner bumps a count just before the bucket. Where it is held up between the two, the
    /// call is in the count and not yet in the histogram, as on a page it may be.
    fn add_errors_to(&self, site: &Site, sum: &mut Sum, buckets: &mut [u64; MOST_BUCKETS]) {
        let mut classes = [0; classes::MOST];
        let mut attempts = 0;
        loop {
            let finished = self.ended[Outcome::Error.result()].read(buckets);
            let panics = self.panics.load(Ordering::Acquire);
            if let Some(counts) = self.classes.get() {
                for (copy, count) in classes.iter_mut().zip(counts.iter()) {
                    *copy = count.load(Ordering::Acquire);
                }
            }
            let others = panics + classes.iter().sum::<u64>();
            // With no other kind of error, the histogram alone knows.
            let errors = match others {
                0 => finished,
                _ => self.errors.load(Ordering::Acquire),
            };
            if errors + others == finished || attempts == PATIENCE {
                sum.errors += errors;
                sum.panics += panics;
                for (place, class) in site.classes().names() {
                    sum.add_to_class(class, classes[place]);
                }
                return;
            }
            attempts += 1;
            // The owner may be waiting for this very core.
            std::thread::yield_now();
        }
    }
}

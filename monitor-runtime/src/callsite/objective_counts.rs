//! Counts the calls that matter for an objective, and those of them that broke a promise.
//!
//! Successful calls are read from the shards of their threads. Any other call is judged when it ends
//! and counted here, by function, so a scrape only adds up. Every number only grows, because
//! nothing is ever subtracted from a number that another thread is increasing.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::callsite::Site;
use crate::callsite::site_snapshot::SiteSnapshot;
use crate::callsite::snapshot::{Snapshot, Source};
use crate::settings::objective::{Cancelled, CountAs, Kind, Objective};

/// Calls that count for a promise, and those that broke it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) failures: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.calls += more.calls;
        self.failures += more.failures;
    }
}

/// The calls of a function that count and were not successful, for each promise.
#[derive(Default)]
pub(crate) struct Unsuccessful {
    success_rate: Shared,
    latency: Shared,
}

/// Counts that many threads add to.
#[derive(Default)]
struct Shared {
    calls: AtomicU64,
    failures: AtomicU64,
}

impl Shared {
    fn add(&self, failed: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if failed {
            // Release: a scrape that sees this failure also sees its call.
            self.failures.fetch_add(1, Ordering::Release);
        }
    }

    fn get(&self) -> Counts {
        let failures = self.failures.load(Ordering::Acquire);
        Counts {
            calls: self.calls.load(Ordering::Relaxed),
            failures,
        }
    }
}

/// A call that has ended and was not successful.
pub(crate) struct Ended {
    pub(crate) label_set: usize,
    pub(crate) outcome: Outcome,
    /// `true` if the error is part of the function's work.
    pub(crate) expected: bool,
    pub(crate) ticks: u64,
}

impl Unsuccessful {
    /// Counts a call of a function with this objective.
    #[cold]
    pub(crate) fn count(&self, site: &'static Site, objective: &Objective, ended: &Ended) {
        let is_late = || threshold_ticks(site, objective).is_some_and(|limit| ended.ticks > limit);
        let count_as = match ended.outcome {
            Outcome::Ok => return,
            Outcome::Error if ended.expected => objective.expected,
            Outcome::Error | Outcome::Panic => CountAs::Failure,
            Outcome::Cancelled => cancelled(site, objective, ended),
        };
        if objective.success_rate.is_some() && count_as != CountAs::Ignored {
            self.success_rate.add(count_as == CountAs::Failure);
        }
        if objective.latency.is_some() {
            let late = is_late();
            let counts = match (ended.outcome, objective.cancelled) {
                // A call cancelled within the threshold might have kept the promise or broken it.
                (Outcome::Cancelled, Cancelled::Late | Cancelled::After(_)) => late,
                _ => count_as != CountAs::Ignored,
            };
            if counts {
                self.latency.add(late);
            }
        }
    }

    fn get(&self, kind: Kind) -> Counts {
        match kind {
            Kind::SuccessRate => self.success_rate.get(),
            Kind::Latency => self.latency.get(),
        }
    }
}

/// Returns `true` for a call that took longer than the latency of its function's objective.
pub(crate) fn is_late(site: &'static Site, ticks: u64) -> bool {
    let limit = site
        .objective
        .and_then(|objective| threshold_ticks(site, objective));
    limit.is_some_and(|limit| ticks > limit)
}

/// Returns the threshold of the latency as the function's histogram has it, in ticks.
fn threshold_ticks(site: &'static Site, objective: &Objective) -> Option<u64> {
    let within = buckets_within(site, objective.latency?.seconds);
    site.tick_bounds().get(within.checked_sub(1)?).copied()
}

/// Returns the number of buckets of calls that took at most this long.
fn buckets_within(site: &Site, seconds: f64) -> usize {
    site.bounds().partition_point(|bound| *bound <= seconds)
}

/// Returns how a cancelled call counts for the success rate.
fn cancelled(site: &'static Site, objective: &Objective, ended: &Ended) -> CountAs {
    let is_late = match (objective.cancelled, threshold_ticks(site, objective)) {
        (Cancelled::As(count_as), _) => return count_as,
        // Without a duration, a hang cannot be told from a client that left.
        _ if !site.is_timed() => false,
        (Cancelled::After(patience), _) => ended.ticks > clock::ticks_of(patience),
        (Cancelled::Late, Some(limit)) => ended.ticks > limit,
        (Cancelled::Late, None) => is_unusual(site, ended),
    };
    if is_late {
        CountAs::Failure
    } else {
        CountAs::Ignored
    }
}

/// Returns `true` if at most 1 % of the successful calls took as long as this one, by bucket.
fn is_unusual(site: &'static Site, ended: &Ended) -> bool {
    let bucket = site
        .tick_bounds()
        .partition_point(|bound| *bound < ended.ticks);
    let buckets = ok_buckets(site, ended.label_set);
    let all: u64 = buckets.iter().sum();
    let as_long: u64 = buckets[bucket..].iter().sum();
    as_long.saturating_mul(100) <= all
}

/// Reads the successful calls of a site's label set, by bucket.
fn ok_buckets(site: &'static Site, label_set: usize) -> Vec<u64> {
    let mut sum = SiteSnapshot::zero(site.slots());
    site.store(label_set).add_ok_to(&mut sum);
    sum.buckets(Outcome::Ok.result()).to_vec()
}

/// Reads counts for promises. Made once and reused, because it keeps its buffers.
#[derive(Default)]
pub(crate) struct Counter(Snapshot);

impl Counter {
    /// Returns the counts for each kind of promise, and the number of running calls.
    pub(crate) fn read(&mut self, site: &'static Site) -> ([Counts; 2], u64) {
        let unsuccessful = site.unsuccessful();
        let mut counts = Kind::ALL.map(|kind| unsuccessful.get(kind));
        let mut running = 0;
        let latency = site.objective.and_then(|objective| objective.latency);
        for label_set in site.label_sets() {
            self.0.read(&[Source::new(site, label_set)]);
            let ok = self.0.ended(Outcome::Ok);
            let late = latency.map_or(0, |latency| {
                let within = buckets_within(site, latency.seconds);
                let buckets = &self.0.buckets(Outcome::Ok)[within..];
                buckets.iter().sum()
            });
            for (counts, failures) in counts.iter_mut().zip([0, late]) {
                *counts += Counts {
                    calls: ok,
                    failures,
                };
            }
            running += self.0.concurrent();
        }
        (counts, running)
    }
}

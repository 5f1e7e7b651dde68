//! The judge of a local trace: when it fails and at its end, it is kept for a reason, or dropped.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::span::RootName;
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::base::spread::Spread;

/// The age up to which a trace counts among the slowest of its route.
pub(super) const AGE: Duration = Duration::from_secs(600);
/// The time in which a route keeps one ordinary trace.
const SHARE_EVERY: Duration = Duration::from_secs(10);
/// Traces of one route that are kept for one reason.
pub(super) const MAX_KEPT: usize = 5;

/// The reason for which a trace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// The request failed, or an error that a function does not expect came out of a call.
    Failed,
    /// The client left, or the task was dropped, before its end.
    Cancelled,
    /// The request, or code in it, asked for its log lines.
    Asked,
    /// A call was slower than its threshold, or the request is among the slowest of its route in
    /// ten minutes.
    Slow,
    /// One ordinary trace of each route in ten seconds.
    Share,
}

impl Reason {
    pub(crate) const ALL: [Self; 5] = [
        Self::Failed,
        Self::Cancelled,
        Self::Asked,
        Self::Slow,
        Self::Share,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Asked => "asked",
            Self::Slow => "slow",
            Self::Share => "share",
        }
    }
}

/// The facts about a local trace that decide if it is kept.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts {
    pub(super) has_failed: bool,
    /// `true` if a call was slower than its threshold.
    pub(super) was_slow: bool,
    /// `true` if the request, or code in it, asked for its log lines.
    pub(super) was_asked: bool,
    /// The outcome and the ticks of the root, once it has ended.
    pub(super) root: Option<(Outcome, u64)>,
    pub(super) kept: Option<Reason>,
}

/// Traces that were judged, by [`Reason`], and those that were dropped.
static JUDGED: [AtomicU64; Reason::ALL.len() + 1] =
    [const { AtomicU64::new(0) }; Reason::ALL.len() + 1];
/// Spans that traces left out.
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

/// Counts a trace that was judged: kept for a reason, or dropped.
pub(super) fn count(reason: Option<Reason>) {
    let place = reason.map_or(Reason::ALL.len(), |reason| reason as usize);
    JUDGED[place].fetch_add(1, Ordering::Relaxed);
}

/// Counts spans that a trace left out.
pub(super) fn count_left_out(spans: u64) {
    LEFT_OUT.fetch_add(spans, Ordering::Relaxed);
}

/// Returns the number of traces by the reason for which they were kept, and of those `dropped`.
pub(crate) fn judged() -> impl Iterator<Item = (&'static str, u64)> {
    let names = Reason::ALL.map(Reason::as_str).into_iter();
    let counts = JUDGED.iter().map(|count| count.load(Ordering::Relaxed));
    names.chain(["dropped"]).zip(counts)
}

/// Returns the number of spans that traces left out.
pub(crate) fn left_out() -> u64 {
    LEFT_OUT.load(Ordering::Relaxed)
}

/// The memory of the judge for one route, task or function.
#[derive(Default)]
struct Gate {
    /// The slowest traces of the last ten minutes: their ticks, and when they ended.
    slowest: Vec<(u64, u64)>,
    /// The time at which the next ordinary trace is kept, in ticks of the clock.
    share_due: u64,
}

const SHARDS: usize = 32;
/// Gates by name, in several maps, so that the ends of requests seldom wait for each other.
///
/// Bounded, because the routes, functions and tasks of a service are.
static GATES: [Mutex<Gates>; SHARDS] =
    [const { Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())) }; SHARDS];

type Gates = HashMap<RootName, Gate, BuildHasherDefault<Spread>>;

/// Decides if a trace that has failed, or whose root has ended, is kept.
pub(super) fn judge(name: RootName, facts: Facts) -> Option<Reason> {
    if facts.has_failed {
        return Some(Reason::Failed);
    }
    let (outcome, ticks) = facts.root?;
    if outcome == Outcome::Cancelled {
        return Some(Reason::Cancelled);
    }
    if facts.was_asked {
        return Some(Reason::Asked);
    }
    // Of other bits than those that the maps look at first.
    let shard = (BuildHasherDefault::<Spread>::new().hash_one(name) >> 32) % GATES.len() as u64;
    let gates = GATES.get(usize::try_from(shard).ok()?)?;
    let mut gates = gates.lock().unwrap_or_else(PoisonError::into_inner);
    let gate = gates.entry(name).or_default();
    let now = clock::now();
    // Asked for both, so that a slow trace takes its place among the slowest.
    let is_slow = gate.is_among_the_slowest(ticks, now) || facts.was_slow;
    if is_slow {
        Some(Reason::Slow)
    } else {
        gate.takes_share(now).then_some(Reason::Share)
    }
}

impl Gate {
    fn is_among_the_slowest(&mut self, ticks: u64, now: u64) -> bool {
        let age = in_ticks(AGE);
        self.slowest
            .retain(|(_, ended)| now.saturating_sub(*ended) < age);
        let place = self.slowest.partition_point(|(other, _)| *other >= ticks);
        if place < MAX_KEPT {
            self.slowest.insert(place, (ticks, now));
            self.slowest.truncate(MAX_KEPT);
        }
        place < MAX_KEPT
    }

    fn takes_share(&mut self, now: u64) -> bool {
        let is_due = now >= self.share_due;
        if is_due {
            self.share_due = now.saturating_add(in_ticks(SHARE_EVERY));
        }
        is_due
    }
}

pub(super) fn in_ticks(time: Duration) -> u64 {
    clock::ticks_of(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(outcome: Outcome, ticks: u64) -> Facts {
        Facts {
            root: Some((outcome, ticks)),
            ..Facts::default()
        }
    }

    #[test]
    fn a_reason_is_the_worst_of_what_happened() {
        let name = RootName::Foreign("worst");
        let slow = |outcome| Facts {
            was_slow: true,
            ..facts(outcome, 1)
        };
        assert_eq!(judge(name, Facts::default()), None, "it runs");
        assert_eq!(judge(name, slow(Outcome::Ok)), Some(Reason::Slow));
        assert_eq!(
            judge(name, slow(Outcome::Cancelled)),
            Some(Reason::Cancelled)
        );
        let failed = Facts {
            has_failed: true,
            ..slow(Outcome::Cancelled)
        };
        assert_eq!(judge(name, failed), Some(Reason::Failed));
        let running = Facts {
            root: None,
            ..failed
        };
        assert_eq!(judge(name, running), Some(Reason::Failed));
    }

    #[test]
    fn the_five_slowest_and_one_other_are_kept() {
        let name = RootName::Foreign("slowest");
        let judged = |ticks| judge(name, facts(Outcome::Ok, ticks));
        for ticks in [100, 200, 300, 400, 500] {
            assert_eq!(judged(ticks), Some(Reason::Slow));
        }
        assert_eq!(judged(50), Some(Reason::Share), "the first ordinary one");
        assert_eq!(judged(60), None);
        assert_eq!(
            judged(150),
            Some(Reason::Slow),
            "slower than the fastest of the five"
        );
        assert_eq!(judged(100), None, "which has left");
    }

    #[test]
    fn an_old_one_is_no_longer_among_the_slowest() {
        let mut gate = Gate::default();
        let age = in_ticks(AGE);
        for at in 1..=5 {
            assert!(gate.is_among_the_slowest(1000, at));
        }
        assert!(!gate.is_among_the_slowest(10, age));
        assert!(gate.is_among_the_slowest(10, age + 1));
    }
}

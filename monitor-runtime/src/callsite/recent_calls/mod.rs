//! The recent failures and slowest calls of each function, for the live page.
//!
//! Only a call that failed, or took longer than the slowest ones kept, comes here. The test costs a
//! call two relaxed loads; a call that only needs to be counted does not even make it. Memory is
//! bounded in number and in bytes, for any arguments and results. [`kinds`] defines which failures
//! count as one kind, and which kind makes room for a new one.

mod kinds;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::base::clock;
use crate::base::fields::FieldValue;
use crate::base::outcome::{CancelReason, Outcome};
use crate::base::verdict::Link;
use kinds::Kinds;

/// The number of slow calls that a function keeps.
const SLOW: usize = 5;
/// The age up to which a call counts as recent.
const AGE: Duration = Duration::from_secs(600);
/// The bytes of a field that are kept.
const FIELD_BYTES: usize = 256;

/// Failures of the process so far. While it does not change, neither does any list of failures.
static FAILED: AtomicU64 = AtomicU64::new(0);

/// Returns the number of failures of the process so far.
pub(crate) fn failed() -> u64 {
    FAILED.load(Ordering::Relaxed)
}

/// The recent calls of one function.
#[derive(Default)]
pub(crate) struct Recent {
    /// Ticks that a call has to exceed to be one of the slowest; 0 while there is room.
    floor: AtomicU64,
    /// The time at which the oldest of the slowest calls stops being recent, in ticks of the clock.
    until: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    failures: Kinds,
    /// The slowest first, each with its ticks and when it ended, in ticks of the clock.
    slow: Vec<(u64, u64, Call)>,
}

/// A call that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The end of the call.
    pub(crate) at: SystemTime,
    /// `None` if calls are not timed.
    pub(crate) seconds: Option<f64>,
    pub(crate) outcome: Outcome,
    /// The reason of a cancelled call, if it is known.
    pub(crate) cancelled: Option<CancelReason>,
    /// Empty for a call without a trace.
    pub(crate) trace: String,
    /// Values of the declared fields, in their order.
    pub(crate) fields: Box<[FieldValue]>,
}

/// Calls that failed in the same way, and the latest of them.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) call: Call,
    pub(crate) times: u64,
    /// The time of the first of them.
    pub(crate) since: SystemTime,
    /// `true` if the error first came out of monitored code here, rather than from an inner
    /// function.
    pub(crate) first: bool,
    /// `true` if the error is part of the function's work.
    pub(crate) expected: bool,
    /// Empty for an error without one.
    pub(crate) class: &'static str,
    /// Outermost first.
    pub(crate) chain: Vec<Link>,
    /// Distinguishes its kind from all others of the process.
    pub(crate) kind: u64,
    /// Grows with every call of the kind.
    pub(crate) version: u64,
}

impl Recent {
    /// Returns `true` if a call is one of the slowest. `began` is in ticks of the clock, or 0 for a
    /// call that was not timed.
    #[inline]
    pub(crate) fn admits(&self, began: u64, ticks: u64) -> bool {
        ticks > self.floor.load(Ordering::Relaxed)
            || began.wrapping_add(ticks) > self.until.load(Ordering::Relaxed)
    }

    /// Keeps one of the slowest calls.
    #[cold]
    pub(crate) fn keep_slow(&self, ticks: u64, ended: u64, mut call: Call) {
        call.cut(FIELD_BYTES);
        let age = clock::ticks_of(u64::try_from(AGE.as_nanos()).unwrap_or(u64::MAX));
        let mut kept = self.lock();
        kept.slow
            .retain(|(_, before, _)| ended.saturating_sub(*before) < age);
        let place = kept.slow.partition_point(|(other, ..)| *other >= ticks);
        kept.slow.insert(place, (ticks, ended, call));
        kept.slow.truncate(SLOW);
        let full = kept.slow.len() == SLOW;
        let slowest = kept.slow.last().filter(|_| full);
        let oldest = kept.slow.iter().map(|(_, ended, _)| *ended).min();
        self.floor
            .store(slowest.map_or(0, |(ticks, ..)| *ticks), Ordering::Relaxed);
        self.until
            .store(oldest.unwrap_or(0).saturating_add(age), Ordering::Relaxed);
    }

    /// Keeps a failure, in the place of one of its kind.
    #[cold]
    pub(crate) fn keep_failure(&self, failure: Failure) {
        let mut kept = self.lock();
        let version = FAILED.fetch_add(1, Ordering::Relaxed) + 1;
        kept.failures.keep(Failure { version, ..failure });
    }

    /// Returns the kinds of failure, the latest first.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        self.lock().failures.latest_first().cloned().collect()
    }

    /// Returns the duration of the slowest call that is kept, in seconds; `None` if none was timed.
    pub(crate) fn slowest(&self) -> Option<f64> {
        let kept = self.lock();
        let (.., slowest) = kept.slow.first()?;
        slowest.seconds
    }

    /// Returns the slowest calls of the last ten minutes, the slowest first.
    pub(crate) fn slow(&self) -> Vec<Call> {
        let is_recent = |call: &&(u64, u64, Call)| {
            // An error means that the wall clock went back: the call is recent.
            call.2.at.elapsed().unwrap_or_default() < AGE
        };
        let kept = self.lock();
        let recent = kept.slow.iter().filter(is_recent);
        recent.map(|(_, _, call)| call.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    fn cut(&mut self, bytes: usize) {
        self.fields.iter_mut().for_each(|field| field.cut(bytes));
    }
}

#[cfg(test)]
mod tests;

//! Counts the polls of futures, and the time inside them.
//!
//! A call that is ready at its first poll counts nothing here: it had one poll, which took as long as
//! the call. So only calls that were suspended cost more than others.
//!
//! Nothing is ever subtracted, because a scrape that met a call at its end could then see a sum fall.
//! The durations of calls that were suspended add up here, apart from those of other calls: all
//! durations are the sum of both, and the time inside polls is that of the others and `busy`.

use super::{Shard, add, carry, whole};
use crate::base::outcome::Outcome;
use crate::base::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use crate::callsite::site_snapshot::SiteSnapshot;

/// The polls of one thread, allocated by its first future that is not ready at once.
// Aligned, so that no other thread's counters share the cache line.
#[repr(align(64))]
pub(super) struct Polls {
    /// Polls that left their future pending.
    pending: AtomicU64,
    /// Ticks of all polls of calls that were suspended, as far as these have ended.
    busy: AtomicU64,
    /// Polls that took longer than `MONITOR_SLOW_POLL`, also of calls that were ready at once.
    slow: AtomicU64,
    /// By result: ticks from the beginning to the end of calls that were suspended.
    ticks: [AtomicU64; Outcome::RESULTS],
    /// As in [`Shard`].
    halves: [AtomicU16; Outcome::RESULTS],
}

#[cfg(test)]
impl Shard {
    /// The bytes that a function adds whose futures are suspended.
    pub(crate) const POLLS_BYTES: usize = size_of::<Polls>();
}

impl Polls {
    fn none() -> Self {
        Self {
            pending: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            slow: AtomicU64::new(0),
            ticks: std::array::from_fn(|_| AtomicU64::new(0)),
            halves: std::array::from_fn(|_| AtomicU16::new(0)),
        }
    }

    /// Returns the durations of calls with a result, in ticks.
    pub(super) fn ticks(&self, outcome: Outcome) -> u128 {
        let result = outcome.result();
        whole(&self.halves[result], || {
            self.ticks[result].load(Ordering::Acquire)
        })
    }

    #[inline]
    fn add_pending(&self, ticks: u64) {
        add(&self.busy, ticks, Ordering::Relaxed);
        add(&self.pending, 1, Ordering::Release);
    }

    /// Adds a call that is ok, and so brief that, as in the short way of other calls, it need not be carried.
    #[inline]
    fn add_ok(&self, ticks: u64, last: u64) {
        add(&self.busy, last, Ordering::Relaxed);
        let result = const { Outcome::Ok.result() };
        add(&self.ticks[result], ticks, Ordering::Relaxed);
    }

    /// Adds the polls that have ended to a sum.
    pub(super) fn add_to(&self, sum: &mut SiteSnapshot) {
        sum.polls += self.pending.load(Ordering::Acquire);
        sum.busy += u128::from(self.busy.load(Ordering::Acquire));
        sum.slow_polls += self.slow.load(Ordering::Acquire);
    }
}

impl Shard {
    #[inline]
    fn polls(&self) -> &Polls {
        match self.polls.get() {
            Some(polls) => polls,
            None => self.first_polls(),
        }
    }

    #[cold]
    #[inline(never)]
    fn first_polls(&self) -> &Polls {
        self.polls.get_or_init(|| Box::new(Polls::none()))
    }

    /// Counts a poll that took so many ticks and left its future pending.
    #[inline]
    pub(crate) fn suspended(&self, ticks: u64) {
        self.polls().add_pending(ticks);
    }

    /// Counts a poll as [`suspended`](Self::suspended) does. Returns `false` if it is the first of this thread.
    #[inline]
    pub(crate) fn suspended_again(&self, ticks: u64) -> bool {
        let polls = self.polls.get();
        if let Some(polls) = polls {
            polls.add_pending(ticks);
        }
        polls.is_some()
    }

    /// Notes that a poll, which is counted beside this, took longer than it should.
    #[cold]
    pub(crate) fn poll_was_slow(&self) {
        add(&self.polls().slow, 1, Ordering::Release);
    }

    /// Adds the duration of a call that was suspended, and that of its last poll. The caller counts it
    /// in a bucket after that.
    #[inline]
    pub(super) fn add_suspended(&self, outcome: Outcome, ticks: u64, last: u64) {
        let polls = self.polls();
        add(&polls.busy, last, Ordering::Relaxed);
        let result = outcome.result();
        let all = add(&polls.ticks[result], ticks, Ordering::Relaxed);
        carry(&polls.halves[result], all);
    }

    /// Counts a call that was suspended, is ok and took at most `quick` ticks, of which the last poll took
    /// `last`. Returns `false` if this thread has counted no poll.
    #[inline]
    pub(crate) fn ended_quickly_after_suspension(&self, ticks: u64, last: u64) -> bool {
        let polls = self.polls.get();
        if let Some(polls) = polls {
            polls.add_ok(ticks, last);
            add(&self.ok.first, 1, Ordering::Release);
        }
        polls.is_some()
    }

    /// Counts a call that was suspended, is ok and took at most `brief` ticks, of which the last poll
    /// took `last`.
    #[inline]
    pub(crate) fn ended_briefly_after_suspension(&self, ticks: u64, last: u64) {
        self.polls().add_ok(ticks, last);
        match &self.fine {
            None => _ = add(&self.ok.first, 1, Ordering::Release),
            Some(fine) => fine.count_ok(ticks),
        }
    }
}

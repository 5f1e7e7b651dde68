//! The polls of futures.

use super::{SiteSnapshot, Snapshot};

impl SiteSnapshot {
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

impl Snapshot {
    /// Returns `true` if there are polls to show.
    pub(crate) fn has_polls(&self) -> bool {
        self.futures
    }

    /// Returns the polls of futures that have ended.
    pub(crate) fn polls(&self) -> u64 {
        self.sum.polls
    }

    /// Returns the time inside these polls, in ticks.
    pub(crate) fn busy(&self) -> u128 {
        self.sum.busy
    }

    /// Returns the polls that took longer than `MONITOR_SLOW_POLL`.
    pub(crate) fn slow_polls(&self) -> u64 {
        self.sum.slow_polls
    }
}

//! The polls of futures.

use super::Snapshot;

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

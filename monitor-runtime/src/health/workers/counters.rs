//! Tokio's own counters of a worker.

use std::time::Duration;

use tokio::runtime::Handle;

/// Tokio has the counters on targets with atomics of 64 bits.
pub(super) const IS_COUNTED: bool = cfg!(target_has_atomic = "64");

/// The counters of a worker. They change whenever it begins or ends to wait, or answers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    parks: u64,
    busy: Duration,
    pub(super) answers: u64,
}

impl Counters {
    /// Reads those of a worker that has answered so often.
    #[cfg(target_has_atomic = "64")]
    pub(super) fn read(runtime: &Handle, index: usize, answers: u64) -> Self {
        let metrics = runtime.metrics();
        Self {
            parks: metrics.worker_park_unpark_count(index),
            busy: metrics.worker_total_busy_duration(index),
            answers,
        }
    }

    /// Returns its answers alone: Tokio does not count here.
    #[cfg(not(target_has_atomic = "64"))]
    pub(super) fn read(_: &Handle, _: usize, answers: u64) -> Self {
        Self {
            answers,
            ..Self::default()
        }
    }

    /// Returns `true` for a worker that has nothing to do: its number of beginnings and ends of waits is odd.
    pub(super) fn is_waiting(self) -> bool {
        self.parks % 2 == 1
    }
}

//! The state of another thread, as the kernel knows it.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;

use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::{is_in_timed_futex, named_like, state, usage};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use none::{is_in_timed_futex, named_like, state, usage};

/// A thread's use of processors up to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The time for which it has run.
    ran: Duration,
    /// The time for which it could have run, but had no processor, up to its last run.
    delayed: Duration,
    /// The number of times that it was given a processor.
    runs: u64,
    /// `true` if it runs, or could.
    is_ready: bool,
}

impl Usage {
    /// Returns `true` if it has hardly run since an earlier moment, and need not.
    pub(crate) fn is_idle_since(self, before: Self) -> bool {
        const HARDLY: Duration = Duration::from_micros(500);
        !self.is_ready && self.ran.saturating_sub(before.ran) < HARDLY
    }

    /// Returns `true` if it has been in the same wait since an earlier moment.
    pub(crate) fn is_asleep_since(self, before: Self) -> bool {
        !self.is_ready && self.runs == before.runs
    }

    /// Returns the part of the time since an earlier moment in which it ran or waited for something, rather
    /// than for a processor.
    pub(crate) fn since(self, before: Self, passed: Duration) -> Duration {
        if self.is_ready {
            // The kernel adds up a delay only when it is over.
            return self.ran.saturating_sub(before.ran).min(passed);
        }
        passed.saturating_sub(self.delayed.saturating_sub(before.delayed))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod none {
    use super::Usage;

    /// Returns `None`: other kernels are not asked.
    pub(crate) fn state(_: u32) -> Option<String> {
        None
    }

    /// Returns `false`: other kernels are not asked.
    pub(crate) fn is_in_timed_futex(_: u32) -> bool {
        false
    }

    /// Returns no thread: other kernels are not asked.
    pub(crate) fn named_like(_: u32) -> Vec<u32> {
        Vec::new()
    }

    /// Returns `None`: other kernels are not asked.
    pub(crate) fn usage(_: u32) -> Option<Usage> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_a_processor_is_not_a_threads_own_time() {
        const MS: Duration = Duration::from_millis(1);
        let before = Usage {
            ran: 10 * MS,
            delayed: 20 * MS,
            runs: 5,
            is_ready: true,
        };
        let since = |ran, delayed, is_ready| {
            let now = Usage {
                ran: ran * MS,
                delayed: delayed * MS,
                runs: 6,
                is_ready,
            };
            now.since(before, 100 * MS)
        };
        assert_eq!(since(110, 20, true), 100 * MS, "it has run all the time");
        assert_eq!(since(12, 20, true), 2 * MS, "it waits for a processor");
        assert_eq!(
            since(12, 20, false),
            100 * MS,
            "it waits for something else"
        );
        assert_eq!(since(12, 80, false), 40 * MS, "it was held up, and waits");
        assert_eq!(
            since(12, 520, false),
            Duration::ZERO,
            "it was held up for longer"
        );
    }
}

//! The time that a span waits between the polls of its future.

// Shown, and nothing else depends on it: no event of a model.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The waits of a span, written by the thread that polls its future.
pub(super) struct WaitCells {
    /// The ticks of waits that are over.
    waited: AtomicU64,
    /// The part of them after the future was woken.
    scheduled: AtomicU64,
    /// The beginning of the present wait; 0 while the future is polled.
    since: AtomicU64,
    /// The time at which the future was woken for the next poll; 0 if it was not. Written by the thread that wakes it.
    woken: AtomicU64,
}

/// The waits of a span, as a reader sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waits {
    waited: u64,
    /// The ticks between a wake of the future and its poll, which are part of the waits. Known of
    /// requests and tasks.
    scheduled: u64,
    /// The beginning of the present wait; 0 without one.
    since: u64,
    /// The time of the wake that ends it; 0 before that.
    woken: u64,
}

impl WaitCells {
    pub(super) const fn none() -> Self {
        Self {
            waited: AtomicU64::new(0),
            scheduled: AtomicU64::new(0),
            since: AtomicU64::new(0),
            woken: AtomicU64::new(0),
        }
    }

    pub(super) fn clear(&self) {
        for cell in [&self.waited, &self.scheduled, &self.since, &self.woken] {
            cell.store(0, Relaxed);
        }
    }

    /// Begins a wait at the end of a poll.
    #[inline]
    pub(super) fn begin(&self, at: u64) {
        self.since.store(at, Relaxed);
    }

    /// Shows that the future was woken.
    pub(super) fn wake(&self, at: u64) {
        self.woken.store(at, Relaxed);
    }

    /// Ends the wait, if there is one, at the beginning of a poll. `woken` is the time at which the future
    /// was woken; 0 if it is not known.
    #[inline]
    pub(super) fn end(&self, at: u64, woken: u64) {
        if woken != 0 {
            self.woken.store(0, Relaxed);
        }
        let since = self.since.load(Relaxed);
        if since == 0 {
            return;
        }
        let add = |cell: &AtomicU64, from: u64| {
            let sum = cell.load(Relaxed).wrapping_add(at.saturating_sub(from));
            cell.store(sum, Relaxed);
        };
        add(&self.waited, since);
        if woken != 0 {
            // It may have been woken while it was polled.
            add(&self.scheduled, woken.max(since));
        }
        self.since.store(0, Relaxed);
    }

    pub(super) fn read(&self) -> Waits {
        // A wait that ends meanwhile is left out rather than counted twice.
        let waited = self.waited.load(Relaxed);
        let scheduled = self.scheduled.load(Relaxed);
        let since = self.since.load(Relaxed);
        let woken = self.woken.load(Relaxed);
        Waits {
            waited,
            scheduled,
            since,
            woken,
        }
    }
}

impl Waits {
    /// Returns the ticks of all waits, until `now` if one goes on.
    pub(crate) fn until(&self, now: u64) -> u64 {
        let present = if self.since == 0 {
            0
        } else {
            now.saturating_sub(self.since)
        };
        self.waited + present
    }

    /// Returns the ticks of them after a wake, until `now` if the future was woken and is not polled yet.
    pub(crate) fn scheduled_until(&self, now: u64) -> u64 {
        let present = if self.since == 0 || self.woken == 0 {
            0
        } else {
            // It may have been woken while it was polled.
            now.saturating_sub(self.woken.max(self.since))
        };
        self.scheduled + present
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_add_up_and_the_present_one_grows() {
        let cells = WaitCells::none();
        cells.end(50, 0);
        assert_eq!(cells.read(), Waits::default(), "it never waited");
        cells.begin(100);
        assert_eq!(cells.read().until(130), 30);
        cells.end(150, 140);
        assert_eq!((cells.read().until(999), cells.read().scheduled), (50, 10));
        cells.begin(200);
        // Woken during the poll before.
        cells.end(207, 190);
        assert_eq!((cells.read().until(999), cells.read().scheduled), (57, 17));
        cells.begin(300);
        cells.end(310, 0);
        assert_eq!((cells.read().until(999), cells.read().scheduled), (67, 17));
        cells.begin(400);
        assert_eq!(cells.read().scheduled_until(430), 17, "it is not woken yet");
        cells.wake(420);
        assert_eq!(cells.read().scheduled_until(430), 27);
        assert_eq!(cells.read().until(430), 97);
        cells.end(440, 420);
        assert_eq!(cells.read().scheduled_until(999), 37);
        cells.wake(450);
        assert_eq!(cells.read().scheduled_until(999), 37, "while it is polled");
        cells.begin(460);
        assert_eq!(cells.read().scheduled_until(465), 42);
        cells.clear();
        assert_eq!(cells.read(), Waits::default());
    }
}

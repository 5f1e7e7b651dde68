//! A clock without the pauses in which the whole process was stopped, or the machine asleep.
//!
//! A check cannot answer during such a pause, so it must not count as hanging. A task that reads
//! the clock twice a second is held up by a pause like everything else, and the gap between two of
//! its reads is the pause.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The interval between two reads of the clock.
const TICK: Duration = Duration::from_millis(500);

/// A longer gap between two reads is a pause. A busy machine delays a thread by less.
const GAP: Duration = Duration::from_secs(2);

/// The clock. Without [`run`](Awake::run) it detects no pause.
#[derive(Clone, Debug, Default)]
pub(super) struct Awake(Arc<Mutex<Looks>>);

#[derive(Debug, Default)]
struct Looks {
    last: Option<Instant>,
    paused: Duration,
}

impl Awake {
    /// Reads the clock for ever.
    pub(super) async fn run(self) {
        loop {
            self.look(Instant::now());
            sleep(TICK).await;
        }
    }

    /// Returns the time that has passed between two moments on this clock, the later of which is now.
    pub(super) fn since(&self, earlier: Moment, now: Instant) -> Duration {
        let paused = self.paused(now).saturating_sub(earlier.paused);
        now.saturating_duration_since(earlier.at)
            .saturating_sub(paused)
    }

    /// Returns a moment to measure from.
    pub(super) fn moment(&self, at: Instant) -> Moment {
        Moment {
            at,
            paused: self.paused(at),
        }
    }

    fn look(&self, now: Instant) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.paused = looks.paused(now);
        looks.last = Some(now);
    }

    fn paused(&self, now: Instant) -> Duration {
        let looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.paused(now)
    }
}

impl Looks {
    /// Returns the pauses so far, with the one since the last look.
    fn paused(&self, now: Instant) -> Duration {
        let gap = self.last.map(|last| now.saturating_duration_since(last));
        let pause = gap.filter(|gap| *gap > GAP);
        let pause = pause.map(|gap| gap.saturating_sub(TICK));
        self.paused + pause.unwrap_or_default()
    }
}

/// A moment on the clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    at: Instant,
    paused: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_the_process_does_not_count_and_time_does() {
        const SECOND: Duration = Duration::from_secs(1);
        let (awake, begin) = (Awake::default(), Instant::now());
        let start = awake.moment(begin);
        // Without a tick there is no gap.
        assert_eq!(awake.since(start, begin + 25 * SECOND), 25 * SECOND);
        awake.look(begin);
        for half in 1..=10 {
            awake.look(begin + half * TICK);
        }
        assert_eq!(awake.since(start, begin + 5 * SECOND), 5 * SECOND);
        // Stopped for 25 s: noticed by the first read, and only once.
        let late = begin + 30 * SECOND;
        assert_eq!(awake.since(start, late), 5 * SECOND + TICK);
        awake.look(late);
        assert_eq!(awake.since(start, late), 5 * SECOND + TICK);
        let after = awake.moment(late);
        assert_eq!(awake.since(after, late + SECOND), SECOND);
    }
}

//! A lower bound on the age of the oldest call in flight, from counts alone.
//!
//! Calls do nothing for it. If `n` calls ran at some moment and fewer than `n` have ended since,
//! one of them still runs, so it is at least that old. A function whose calls hang has such a
//! moment for as long as they hang. For a function whose calls come and go, the moment is at most a
//! few seconds ago.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use super::counts::Counts;
use super::{Reading, State};

/// A moment at which calls ran, one of which still runs.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    at: SystemTime,
    in_flight: u64,
    ended: u64,
}

impl Moment {
    fn new(reading: &Reading, counts: &Counts) -> Self {
        let now = SystemTime::now();
        Self {
            at: now.checked_sub(reading.at.elapsed()).unwrap_or(now),
            in_flight: counts.in_flight,
            ended: counts.calls(),
        }
    }

    fn holds(&self, now: &Counts) -> bool {
        now.calls().saturating_sub(self.ended) < self.in_flight
    }
}

/// The moment of each function; `None` for a function without a call that has run for some seconds.
#[derive(Default)]
pub(super) struct Oldest(Vec<Option<Moment>>);

impl Oldest {
    /// Finds the moment of each function from the latest reading and earlier ones.
    pub(super) fn refresh(&mut self, now: &Reading, before: &VecDeque<Reading>) {
        self.0.resize(now.counts.len(), None);
        for (function, moment) in self.0.iter_mut().enumerate() {
            let counts = &now.counts[function];
            if counts.in_flight == 0 {
                *moment = None;
            } else if moment.is_none_or(|moment| !moment.holds(counts)) {
                // Readings share the counts of a function that was not called; the first of them
                // counts.
                let mut moments = before
                    .iter()
                    .map(|old| Moment::new(old, &old.counts[function]));
                *moment = moments.find(|moment| moment.holds(counts));
            }
        }
    }

    /// Returns the moment since which a call of a function has run at least.
    pub(super) fn since(&self, function: usize, now: &Arc<Counts>) -> Option<SystemTime> {
        let moment = self.0.get(function)?.filter(|moment| moment.holds(now))?;
        (now.in_flight > 0).then_some(moment.at)
    }
}

impl State {
    /// Keeps the moments up to date; called when a reading is kept.
    pub(super) fn find_oldest(&mut self) {
        self.oldest.refresh(&self.now, &self.before);
    }
}

//! Sums of calls by native bucket.

use std::ops::Range;

use crate::base::outcome::Outcome;
use crate::callsite::counters::fine::bounds::SLOTS;

/// Calls by result and native bucket.
#[derive(Clone)]
pub(super) struct NativeCounts {
    calls: [[u64; SLOTS]; Outcome::RESULTS],
    /// By result: the buckets from the first to the last that have calls.
    used: [Range<usize>; Outcome::RESULTS],
}

impl Default for NativeCounts {
    fn default() -> Self {
        Self {
            calls: [[0; SLOTS]; Outcome::RESULTS],
            used: [const { 0..0 }; Outcome::RESULTS],
        }
    }
}

impl NativeCounts {
    pub(super) fn reset(&mut self) {
        for (calls, used) in self.calls.iter_mut().zip(&mut self.used) {
            calls[std::mem::take(used)].fill(0);
        }
    }

    pub(super) fn add(&mut self, result: usize, slot: usize, calls: u64) {
        self.calls[result][slot] += calls;
        let used = &mut self.used[result];
        *used = if used.end == 0 {
            slot..slot + 1
        } else {
            used.start.min(slot)..used.end.max(slot + 1)
        };
    }

    /// Returns the buckets that have calls, ascending.
    pub(super) fn each(&self, result: usize) -> impl Iterator<Item = (usize, u64)> {
        let used = self.used[result].clone();
        let calls = used.map(move |slot| (slot, self.calls[result][slot]));
        calls.filter(|(_, calls)| *calls > 0)
    }
}

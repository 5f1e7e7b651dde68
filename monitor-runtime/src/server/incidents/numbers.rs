//! The numbers of a function that are compared: those of the last minute, and those that the hour
//! before lets expect.

use super::hour::Before;
use crate::server::live::{Minute, Totals};

/// Calls of the hour before without which a duration is no evidence.
const LEAST_KNOWN: u64 = 10;

/// The calls of a function in a minute.
pub(super) struct Sums {
    pub(super) calls: f64,
    pub(super) errors: f64,
    pub(super) cancelled: f64,
    pub(super) seconds: f64,
}

/// A function's calls of the last minute, and those that the hour before lets expect in a minute.
pub(super) struct Numbers {
    pub(super) now: Sums,
    /// Zeros without an hour before.
    pub(super) expected: Sums,
    /// The calls of the hour before.
    pub(super) known: u64,
}

/// Returns the numbers of each function.
pub(super) fn numbers(minute: &Minute, before: Option<&Before>) -> Vec<Numbers> {
    let length = minute.length.as_secs_f64();
    let share = before.map_or(0.0, |before| length / before.length.as_secs_f64().max(1.0));
    let calls = minute.calls.iter().enumerate();
    let numbers = calls.map(|(function, now)| {
        let before = before.and_then(|before| before.calls.get(function).copied());
        let before = before.unwrap_or_default();
        Numbers {
            now: Sums::new(now, 1.0),
            expected: Sums::new(&before, share),
            known: before.calls(),
        }
    });
    numbers.collect()
}

impl Sums {
    #[expect(clippy::cast_precision_loss, reason = "numbers of calls, for a ratio")]
    pub(super) fn new(totals: &Totals, share: f64) -> Self {
        let [_, errors, cancelled] = totals.ended.map(|calls| calls as f64 * share);
        Self {
            calls: totals.calls() as f64 * share,
            errors,
            cancelled,
            seconds: totals.seconds * share,
        }
    }

    pub(super) fn mean(&self) -> f64 {
        self.seconds / self.calls.max(f64::MIN_POSITIVE)
    }
}

impl Numbers {
    /// Returns `true` if there are enough calls to compare durations.
    pub(super) fn is_comparable(&self) -> bool {
        self.now.calls >= 1.0 && self.known >= LEAST_KNOWN
    }
}

//! The duration from which a poll counts as slow: `MONITOR_SLOW_POLL`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Site;
use crate::base::clock;
use crate::base::rate_limit::Limit;
use crate::settings::config::{DEFAULT_SLOW_POLL, MIN_SLOW_POLL};

/// More ticks than a poll takes, and fewer than those of a counter that went back.
pub(crate) const NEVER: u64 = u64::MAX / 64;

/// The limit in ticks of the clock; 0 before its first use.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// Sets the duration beyond which a poll is slow; `None` for no limit. Returns `true` if that is another
/// one than before.
///
/// A thread that has counters of a function keeps them, and with them the limit of calls that are ready
/// at their first poll. The limit of other polls changes at once.
pub(crate) fn set(limit: Option<Duration>) -> bool {
    let ticks = limit.map_or(NEVER, in_ticks);
    let before = self::ticks();
    LIMIT.store(ticks, Ordering::Relaxed);
    before != ticks
}

/// Returns the ticks beyond which a poll is slow.
#[inline]
pub(crate) fn ticks() -> u64 {
    match LIMIT.load(Ordering::Relaxed) {
        0 => first_ticks(),
        ticks => ticks,
    }
}

fn in_ticks(limit: Duration) -> u64 {
    let nanoseconds = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    clock::ticks_of(nanoseconds).clamp(1, NEVER)
}

#[cold]
#[inline(never)]
fn first_ticks() -> u64 {
    let default = in_ticks(DEFAULT_SLOW_POLL);
    let set = LIMIT.compare_exchange(0, default, Ordering::Relaxed, Ordering::Relaxed);
    set.err().unwrap_or(default)
}

impl Site {
    /// Returns the ticks beyond which a poll of its futures is slow.
    pub(crate) fn slow_poll_ticks(&self) -> u64 {
        if self.is_future { ticks() } else { NEVER }
    }

    /// Returns the ticks up to which no poll is slow, however the limit is set.
    pub(crate) fn least_slow_poll_ticks() -> u64 {
        in_ticks(MIN_SLOW_POLL)
    }

    /// Returns the limit of the log lines about its slow polls.
    pub(crate) fn slow_poll_lines(&self) -> &Limit {
        &self.state().slow_poll_lines
    }
}

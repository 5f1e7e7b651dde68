//! Limits a number of events per period, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number of events per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttle {
    pub(crate) events: u32,
    pub(crate) nanoseconds: u64,
}

impl Throttle {
    /// Without a throttle in the attribute: 10 a minute, 10 at once.
    pub(crate) const DEFAULT: Self = Self {
        events: 10,
        nanoseconds: 60_000_000_000,
    };

    /// No limit.
    pub(crate) const OFF: Self = Self {
        events: u32::MAX,
        nanoseconds: 0,
    };

    /// Returns a limit of so many events in so many nanoseconds.
    pub(crate) const fn new(events: u32, nanoseconds: u64) -> Self {
        Self {
            events,
            nanoseconds,
        }
    }
}

/// A token bucket that is full at first and refilled evenly over the period, and a count of the
/// events that found it empty.
///
/// Times are nanoseconds since some moment of the process. The only state is the time at which the
/// bucket will be full again (the generic cell rate algorithm). One number needs no lock.
#[derive(Default)]
pub(crate) struct Limit {
    full_at: AtomicU64,
    suppressed: AtomicU64,
    /// The time of the first suppressed event; 0 before it.
    since: AtomicU64,
}

impl Limit {
    pub(crate) const fn new() -> Self {
        Self {
            full_at: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
            since: AtomicU64::new(0),
        }
    }

    /// Returns `true` if one more event may be sent now; otherwise counts it as suppressed.
    pub(crate) fn admit(&self, throttle: Throttle, now: u64) -> bool {
        if throttle == Throttle::OFF {
            return true;
        }
        let token = throttle.nanoseconds / u64::from(throttle.events.max(1));
        let spend = |full_at: u64| {
            let full_at = full_at.max(now) + token;
            (full_at - now <= throttle.nanoseconds).then_some(full_at)
        };
        let order = Ordering::Relaxed;
        let admitted = self.full_at.fetch_update(order, order, spend).is_ok();
        if !admitted {
            self.suppressed.fetch_add(1, order);
            // 0 stands for "none yet".
            let _ = self.since.compare_exchange(0, now.max(1), order, order);
        }
        admitted
    }

    /// Returns the number of suppressed events and their period in nanoseconds, once a summary is due: a period
    /// has passed since the first of them, or this is the `last` chance.
    pub(crate) fn summary(&self, throttle: Throttle, now: u64, last: bool) -> Option<(u64, u64)> {
        let since = self.since.load(Ordering::Relaxed);
        let waited = now.saturating_sub(since);
        if since == 0 || (waited < throttle.nanoseconds && !last) {
            return None;
        }
        self.since.store(0, Ordering::Relaxed);
        let suppressed = self.suppressed.swap(0, Ordering::Relaxed);
        (suppressed > 0).then_some((suppressed, waited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const THREE_A_MINUTE: Throttle = Throttle {
        events: 3,
        nanoseconds: 60 * SECOND,
    };

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        let limit = Limit::new();
        let admitted = |seconds| limit.admit(THREE_A_MINUTE, 1000 + seconds * SECOND);
        assert_eq!(
            [0, 0, 0, 0, 10].map(admitted),
            [true, true, true, false, false]
        );
        assert_eq!([21, 22, 41].map(admitted), [true, false, true]);
        assert_eq!(
            [200, 200, 200, 200].map(admitted),
            [true, true, true, false]
        );
    }

    #[test]
    fn those_in_vain_are_summed_up_once_a_period() {
        let limit = Limit::new();
        let summary = |seconds, last| limit.summary(THREE_A_MINUTE, seconds * SECOND, last);
        assert_eq!(summary(0, true), None, "nothing came");
        for _ in 0..1000 {
            limit.admit(THREE_A_MINUTE, 5 * SECOND);
        }
        assert_eq!(summary(64, false), None, "the period is not over");
        assert_eq!(summary(65, false), Some((997, 60 * SECOND)));
        assert_eq!(summary(200, true), None, "said once");
        for _ in 0..5 {
            limit.admit(THREE_A_MINUTE, 300 * SECOND);
        }
        assert_eq!(summary(301, true), Some((2, SECOND)), "the last moment");
    }
}

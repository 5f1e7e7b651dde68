//! How many events a function may send: `sentry(throttle = "10/min")`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many events in so much time.
#[derive(Clone, Copy)]
pub(crate) struct Throttle {
    pub(crate) events: u32,
    pub(crate) nanoseconds: u64,
}

/// A bucket of tokens: full at first, refilled evenly over the period.
pub(crate) struct Tokens(Mutex<Option<(f64, Instant)>>);

impl Tokens {
    pub(crate) const fn full() -> Self {
        Self(Mutex::new(None))
    }

    /// Whether one more event may go out now.
    pub(crate) fn admit(&self, throttle: Throttle, now: Instant) -> bool {
        let most = f64::from(throttle.events);
        let period = Duration::from_nanos(throttle.nanoseconds).as_secs_f64();
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, then) = left.unwrap_or((most, now));
        let refill = now.saturating_duration_since(then).as_secs_f64() / period * most;
        let tokens = (tokens + refill).min(most);
        let admitted = tokens >= 1.0;
        *left = Some((if admitted { tokens - 1.0 } else { tokens }, now));
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        let (tokens, start) = (Tokens::full(), Instant::now());
        let throttle = Throttle {
            events: 3,
            nanoseconds: 60_000_000_000,
        };
        let admitted = |seconds| tokens.admit(throttle, start + Duration::from_secs(seconds));
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
}

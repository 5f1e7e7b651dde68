//! Warns of requests with a wrong token: at most one log line a minute, with their number.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::unwind;

/// The number of requests with a wrong token since the last line, and the time of that line.
#[derive(Default)]
pub(super) struct WrongTokens(Mutex<(Option<Instant>, u64)>);

impl WrongTokens {
    const INTERVAL: Duration = Duration::from_secs(60);

    /// Counts a request, and writes a line if one is due.
    pub(super) fn tell(&self) {
        if let Some(requests) = self.note(Instant::now()) {
            // The subscriber is the service's own code, and may panic.
            unwind::quietly(|| {
                tracing::warn!(requests, "requests with a wrong MONITOR_TOKEN were refused");
            });
        }
    }

    /// Counts one, and returns the number since the last line if a line is due.
    fn note(&self, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.1 += 1;
        let last = told.0;
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= Self::INTERVAL);
        due.then(|| {
            told.0 = Some(now);
            std::mem::take(&mut told.1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tokens_are_a_line_a_minute() {
        let (wrong, begin) = (WrongTokens::default(), Instant::now());
        assert_eq!(wrong.note(begin), Some(1));
        for second in 0..59 {
            assert_eq!(wrong.note(begin + Duration::from_secs(second)), None);
        }
        assert_eq!(wrong.note(begin + Duration::from_secs(60)), Some(60));
    }
}

//! Formats the time of an event: RFC 3339, UTC, microseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `2018-02-14T00:28:07`: all but the fraction.
const SECOND: usize = 19;
/// 9999-12-31T23:59:59Z, the last second RFC 3339 can write.
const LAST: u64 = 253_402_300_799;

/// The last second written, and its text: lines of the same second share it.
#[derive(Clone, Copy)]
pub(super) struct Timestamp {
    /// Since the epoch; `u64::MAX` before the first line.
    second: u64,
    text: [u8; SECOND],
}

impl Timestamp {
    pub(super) const fn new() -> Self {
        Self {
            second: u64::MAX,
            text: [0; SECOND],
        }
    }

    /// Appends the present time.
    pub(super) fn push_now(&mut self, out: &mut Vec<u8>) {
        self.push(out, SystemTime::now());
    }

    /// Appends a time. Times before 1970 and after 9999 come from a wrong clock, and are clamped.
    pub(super) fn push(&mut self, out: &mut Vec<u8>, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = since.as_secs().min(LAST);
        if second != self.second {
            let whole = UNIX_EPOCH + Duration::from_secs(second);
            let text = humantime::format_rfc3339_seconds(whole).to_string();
            self.text.copy_from_slice(&text.as_bytes()[..SECOND]);
            self.second = second;
        }
        let mut fraction = *b".000000Z";
        let mut rest = since.subsec_micros();
        for digit in fraction[1..7].iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        out.extend_from_slice(&self.text);
        out.extend_from_slice(&fraction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_what_humantime_makes_of_it() {
        let mut clock = Timestamp::new();
        let micros = [
            0,
            1,
            999_999,
            1_000_000,
            1_709_209_845_000_600,
            1_709_209_845_999_999,
        ];
        for micros in micros {
            let time = UNIX_EPOCH + Duration::from_micros(micros);
            let mut out = Vec::new();
            clock.push(&mut out, time);
            let expected = humantime::format_rfc3339_micros(time).to_string();
            assert_eq!(String::from_utf8(out).expect("ASCII"), expected);
        }
    }

    #[test]
    fn a_wrong_clock_is_no_reason_to_fail() {
        let mut clock = Timestamp::new();
        let before = UNIX_EPOCH - Duration::from_secs(1);
        let after = UNIX_EPOCH + Duration::from_secs(LAST + 1);
        for (time, expected) in [(before, "1970-01-01T"), (after, "9999-12-31T")] {
            let mut out = Vec::new();
            clock.push(&mut out, time);
            assert!(out.starts_with(expected.as_bytes()));
        }
    }
}

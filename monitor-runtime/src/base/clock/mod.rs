//! The one clock of a call: raw ticks while it runs, converted to seconds only when a number is
//! shown.
#![expect(clippy::inline_always, reason = "one instruction")]

mod tsc;

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The clock and its calibration, once per process.
struct Timebase {
    clock: quanta::Clock,
    tsc: bool,
    seconds_per_tick: f64,
}

/// Enough ticks to compute the length of one with the precision of the calibration itself.
const CALIBRATION_TICKS: u64 = 1 << 40;

static TIMEBASE: OnceLock<Timebase> = OnceLock::new();

fn timebase() -> &'static Timebase {
    TIMEBASE.get_or_init(|| {
        let clock = quanta::Clock::new();
        let seconds_per_tick = Duration::from_nanos(clock.delta_as_nanos(1, CALIBRATION_TICKS + 1))
            .as_secs_f64()
            / as_f64(CALIBRATION_TICKS);
        let tsc = tsc::is_read_by(&clock);
        Timebase {
            clock,
            tsc,
            seconds_per_tick,
        }
    })
}

/// Calibrates the clock now rather than inside the first call: about a millisecond, once.
pub(crate) fn calibrate() {
    timebase();
}

/// Returns the present, in ticks.
pub(crate) fn now() -> u64 {
    timebase().clock.raw()
}

/// Returns the present, in ticks, if [`is_tsc`].
#[inline(always)]
pub(crate) fn tsc() -> u64 {
    tsc::read()
}

/// Returns `true` if ticks are those of the time stamp counter, which [`tsc`] reads in place.
pub(crate) fn is_tsc() -> bool {
    timebase().tsc
}

/// Returns the wall clock's time, in milliseconds since the Unix epoch.
pub(crate) fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Returns the ticks from `start` to now; 0 if the counter went back (another core, another host).
pub(crate) fn since(start: u64) -> u64 {
    now().saturating_sub(start)
}

/// Converts bounds in seconds to ticks of the clock.
pub(crate) fn in_ticks(bounds: &[f64]) -> Box<[u64]> {
    let seconds_per_tick = timebase().seconds_per_tick;
    let bounds = bounds.iter().map(|bound| ticks(bound / seconds_per_tick));
    bounds.collect()
}

/// Converts a time in nanoseconds to ticks of the clock.
pub(crate) fn ticks_of(nanoseconds: u64) -> u64 {
    let seconds = Duration::from_nanos(nanoseconds).as_secs_f64();
    ticks(seconds / timebase().seconds_per_tick)
}

/// Rounds milliseconds to the microsecond: digits a reader compares, without noise.
pub(crate) fn milliseconds(seconds: f64) -> f64 {
    // Not by `f64::round`, which is a function call where the target has no instruction for it, as x86-64.
    as_f64(ticks(seconds * 1e6 + 0.5)) / 1e3
}

/// Converts a number of ticks to seconds.
pub(crate) fn seconds(ticks: u64) -> f64 {
    as_f64(ticks) * timebase().seconds_per_tick
}

/// Converts a number of ticks to nanoseconds.
#[cfg(feature = "otlp")]
pub(crate) fn nanoseconds(ticks: u64) -> u64 {
    self::ticks(seconds(ticks) * 1e9)
}

/// Converts the ticks of many calls to seconds.
#[expect(clippy::cast_precision_loss, reason = "a sum may lose its last digits")]
pub(crate) fn sum_in_seconds(ticks: u128) -> f64 {
    ticks as f64 * timebase().seconds_per_tick
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 ticks are a month; a sum may lose its last digits"
)]
fn as_f64(ticks: u64) -> f64 {
    ticks as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, and far below 2^64"
)]
fn ticks(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_a_second() {
        let (start, wall) = (now(), std::time::Instant::now());
        std::thread::sleep(Duration::from_millis(50));
        let (ours, theirs) = (seconds(since(start)), wall.elapsed().as_secs_f64());
        assert!(
            (ours - theirs).abs() < theirs * 0.02,
            "{ours} against {theirs}"
        );
    }

    #[test]
    fn a_counter_that_went_back_gives_no_time() {
        assert_eq!(since(now() + 1_000_000_000_000), 0);
    }
}

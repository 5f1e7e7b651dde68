//! What a function promises: how many of its calls succeed, and how fast they are.

use std::time::Duration;

/// A service level objective, for `#[monitored(objective = API)]`.
///
/// Functions that carry the same one keep it together: their calls are added up. The alerts, the
/// dashboard and the budget of [`slo`](crate::slo) come from it, and so do the labels
/// `objective_name`, `objective_percentile` and `objective_latency_threshold` of the function's
/// series, as the autometrics specification has them.
///
/// A wrong value does not compile; the error says what is allowed.
///
/// ```
/// use monitor_runtime::{Objective, monitored};
/// use std::time::Duration;
///
/// /// 99.9 % of calls succeed, and 99 % take no longer than 250 ms.
/// const API: Objective = Objective::new("api")
///     .success_rate(99.9)
///     .latency(Duration::from_millis(250), 99.0);
///
/// #[monitored(objective = API)]
/// fn quote(id: u64) -> Result<u64, std::io::Error> {
///     Ok(id)
/// }
/// # fn main() {
/// quote(7).expect("ok");
/// # }
/// ```
///
/// ```compile_fail
/// # use monitor_runtime::Objective;
/// const API: Objective = Objective::new("api").success_rate(0.999); // a share, not percent
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    pub(crate) name: &'static str,
    /// In percent.
    pub(crate) success_rate: Option<f64>,
    pub(crate) latency: Option<Latency>,
}

/// How fast how many calls are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Latency {
    pub(crate) seconds: f64,
    /// Of calls that take no longer.
    pub(crate) percent: f64,
}

/// The longest name, in characters.
const LONGEST_NAME: usize = 64;

/// The longest threshold of a latency, in nanoseconds: one day.
const LONGEST: u128 = 24 * 60 * 60 * 1_000_000_000;

impl Objective {
    /// An objective of this name, which promises nothing yet.
    ///
    /// The name is 1 to 64 characters out of letters, digits, `_`, `.` and `-`: it stands in labels
    /// and in names of rules.
    ///
    /// # Panics
    ///
    /// With any other name; in a constant, that is an error of the compiler's.
    pub const fn new(name: &'static str) -> Self {
        assert!(
            is_name(name.as_bytes()),
            "the name of an objective is 1 to 64 characters out of letters, digits, `_`, `.` and `-`"
        );
        Self {
            name,
            success_rate: None,
            latency: None,
        }
    }

    /// So many percent of calls succeed: from 50 to below 100, such as `99.9`.
    ///
    /// A call fails whose `result` is `error`; one that is cancelled is a call that did not fail.
    ///
    /// # Panics
    ///
    /// With any other number, or a second time; in a constant, that is an error of the compiler's.
    pub const fn success_rate(mut self, percent: f64) -> Self {
        assert!(
            self.success_rate.is_none(),
            "this objective has a success rate already; keep one"
        );
        assert!(
            is_target(percent),
            "a success rate is in percent, from 50 to below 100: `success_rate(99.9)`"
        );
        self.success_rate = Some(percent);
        self
    }

    /// So many percent of calls, whatever their result, take no longer than `threshold`: from 50 to
    /// below 100.
    ///
    /// The threshold becomes a bound of the function's histogram, so what is counted is exact. It is
    /// at least 1 ns and at most one day.
    ///
    /// # Panics
    ///
    /// With any other number or threshold, or a second time; in a constant, that is an error of the
    /// compiler's.
    pub const fn latency(mut self, threshold: Duration, percent: f64) -> Self {
        assert!(
            self.latency.is_none(),
            "this objective has a latency already; keep one"
        );
        assert!(
            is_target(percent),
            "a latency is kept by percent of calls, from 50 to below 100: `latency(threshold, 99.0)`"
        );
        let nanoseconds = threshold.as_nanos();
        assert!(
            nanoseconds > 0 && nanoseconds <= LONGEST,
            "the threshold of a latency is above 0 and at most one day: `Duration::from_millis(250)`"
        );
        #[expect(
            clippy::cast_precision_loss,
            reason = "a day of nanoseconds is below 2^53; one division gives the literal's value"
        )]
        let seconds = nanoseconds as f64 / 1e9;
        self.latency = Some(Latency { seconds, percent });
        self
    }
}

/// Half of all calls may fail, at most: below that, no alert could tell bad from worse. A share
/// written for a percentage is far below.
const fn is_target(percent: f64) -> bool {
    percent >= 50.0 && percent < 100.0
}

const fn is_name(name: &[u8]) -> bool {
    let mut at = 0;
    while at < name.len() {
        if !(name[at].is_ascii_alphanumeric() || matches!(name[at], b'_' | b'.' | b'-')) {
            return false;
        }
        at += 1;
    }
    at > 0 && at <= LONGEST_NAME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_the_number_one_would_write() {
        for (threshold, seconds) in [
            (Duration::from_millis(250), 0.25),
            (Duration::from_millis(100), 0.1),
            (Duration::from_millis(2_300), 2.3),
            (Duration::from_micros(1), 0.000_001),
            (Duration::from_secs(60), 60.0),
        ] {
            let objective = Objective::new("api").latency(threshold, 99.0);
            let latency = objective.latency.expect("given");
            assert!((latency.seconds - seconds).abs() < f64::EPSILON * seconds / 4.0);
        }
    }

    #[test]
    fn a_name_can_stand_anywhere() {
        for name in ["api", "a.b-c_D9"] {
            assert!(is_name(name.as_bytes()), "{name}");
        }
        for name in ["", "a b", "a\"b", "ü", "a\nb", "{{", &"x".repeat(65)] {
            assert!(!is_name(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_target_is_in_percent() {
        assert!([50.0, 99.0, 99.999].into_iter().all(is_target));
        assert!(![0.999, 49.9, 100.0, f64::NAN].into_iter().any(is_target));
    }
}

//! Service level objectives as functions declare them: targets, and the rules for which calls
//! count.

#[cfg(feature = "enable")]
mod kind;

use std::time::Duration;

#[cfg(feature = "enable")]
pub use kind::Kind;

/// A service level objective, for `#[monitored(objective = API)]`.
///
/// Functions with the same objective share it: their calls are added up. The alerts, the dashboard
/// and the budget of [`slo`](crate::slo) come from it, and so do the labels `objective_name`,
/// `objective_percentile` and `objective_latency_threshold` of the function's series, as the
/// autometrics specification has them.
///
/// A wrong value does not compile; the error says what is allowed. Two objectives with one name and
/// different promises are an error of `start()`.
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
///
/// # Calls that count
///
/// | call | success rate | latency |
/// |---|---|---|
/// | ok, also a client error such as 404 or `NOT_FOUND` | success | by its duration |
/// | error, panic | failure | by its duration |
/// | [expected](crate::Class::Expected) error | success, see [`expected`](Self::expected) | by its duration |
/// | cancelled early | does not count | does not count |
/// | cancelled late | failure, see [`cancelled`](Self::cancelled) and [`cancelled_after`](Self::cancelled_after) | by its duration |
///
/// A call is cancelled late if it lasted longer than the objective's latency threshold. Without a
/// latency, it is late if it lasted longer than 99 % of the calls of its function that have
/// succeeded in this process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    pub(crate) name: &'static str,
    /// In percent.
    pub(crate) success_rate: Option<f64>,
    pub(crate) latency: Option<Latency>,
    pub(crate) cancelled: Cancelled,
    pub(crate) expected: CountAs,
    /// Calls that have to fail in an alert's long window before it fires.
    pub(crate) min_failures: u32,
    /// Calls in 3 days that have to fail, all of them, for a ticket; 0 for no such ticket.
    pub(crate) all_failed: u32,
}

/// A latency: the percentage of calls that take no longer than a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Latency {
    pub(crate) seconds: f64,
    /// The percentage of calls that take no longer.
    pub(crate) percent: f64,
}

/// An answer to "does this call count, and for what?".
///
/// It decides about the success rate. The latency goes by the duration of every call that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountAs {
    /// The call counts as one that succeeded.
    Success,
    /// The call counts as one that failed.
    Failure,
    /// The call does not count, neither for the success rate nor for the latency.
    Ignored,
}

/// The way in which cancelled calls count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cancelled {
    /// A call that lasted longer than the latency's threshold, or than is usual, counts as a
    /// failure.
    Late,
    /// A call that lasted longer than this, in nanoseconds, counts as a failure.
    After(u64),
    /// Every cancelled call counts as this.
    As(CountAs),
}

/// The longest name, in characters.
const MAX_NAME_BYTES: usize = 64;

/// The longest threshold of a latency, in nanoseconds: one day.
const MAX_THRESHOLD_NANOSECONDS: u128 = 24 * 60 * 60 * 1_000_000_000;

impl Objective {
    /// Returns an objective of this name, without a promise yet.
    ///
    /// The name has 1 to 64 letters, digits, `_`, `.` and `-`, because labels and names of rules
    /// contain it.
    ///
    /// # Panics
    ///
    /// With any other name. In a constant, the panic is a compiler error.
    pub const fn new(name: &'static str) -> Self {
        assert!(
            is_name(name.as_bytes()),
            "the name of an objective is 1 to 64 characters out of letters, digits, `_`, `.` and `-`"
        );
        Self {
            name,
            success_rate: None,
            latency: None,
            cancelled: Cancelled::Late,
            expected: CountAs::Success,
            min_failures: 10,
            all_failed: 3,
        }
    }

    /// Promises that this many percent of calls succeed: from 50 to below 100, such as `99.9`.
    ///
    /// See [calls that count](Self#calls-that-count) for those that fail.
    ///
    /// # Panics
    ///
    /// With any other number, or a second time. In a constant, the panic is a compiler error.
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

    /// Promises that this many percent of calls take no longer than `threshold`: from 50 to below
    /// 100.
    ///
    /// Failed calls count, too. The threshold becomes a bound of the function's histogram, so the
    /// count is exact. It is at least 1 ns and at most one day.
    ///
    /// # Panics
    ///
    /// With any other number or threshold, or a second time. In a constant, the panic is a compiler
    /// error.
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
            nanoseconds > 0 && nanoseconds <= MAX_THRESHOLD_NANOSECONDS,
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

    /// Counts every cancelled call as this, however long it lasted.
    ///
    /// By default a call that is cancelled late counts as a failure, and one that is cancelled
    /// early does not count. So an outage in which every call hangs until its client gives up
    /// counts as one. A client that leaves while its call takes no longer than usual does not harm
    /// the objective.
    ///
    /// [`CountAs::Ignored`] is for functions that are cancelled as a matter of course: long polls,
    /// connections that last until the client leaves, the losers of a race.
    ///
    /// # Panics
    ///
    /// If the objective already says how cancelled calls count. In a constant, the panic is a
    /// compiler error.
    pub const fn cancelled(mut self, count_as: CountAs) -> Self {
        assert!(
            matches!(self.cancelled, Cancelled::Late),
            "this objective says already how cancelled calls count; keep one of `cancelled` and `cancelled_after`"
        );
        self.cancelled = Cancelled::As(count_as);
        self
    }

    /// Counts a cancelled call as a failure if it lasted longer than this, and not at all
    /// otherwise.
    ///
    /// By default this is the threshold of the latency. Without a latency a call counts that lasted
    /// longer than 99 % of the calls of its function that have succeeded in this process; before
    /// the first success, that is every one. For the latency itself, cancelled calls count that
    /// lasted longer than its threshold; this setting does not change that.
    ///
    /// # Panics
    ///
    /// With 0 or more than one day, or if the objective already says how cancelled calls count. In
    /// a constant, the panic is a compiler error.
    pub const fn cancelled_after(mut self, patience: Duration) -> Self {
        assert!(
            matches!(self.cancelled, Cancelled::Late),
            "this objective says already how cancelled calls count; keep one of `cancelled` and `cancelled_after`"
        );
        let nanoseconds = patience.as_nanos();
        assert!(
            nanoseconds > 0 && nanoseconds <= MAX_THRESHOLD_NANOSECONDS,
            "`cancelled_after` takes more than 0 and at most one day: `Duration::from_secs(5)`"
        );
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a day of nanoseconds is below 2^64"
        )]
        let nanoseconds = nanoseconds as u64;
        self.cancelled = Cancelled::After(nanoseconds);
        self
    }

    /// Counts expected errors as this; [`CountAs::Success`] if not set.
    ///
    /// An error is expected by `#[monitor(expected)]` or [`Class::Expected`](crate::Class::Expected): a
    /// declined card never pages. [`CountAs::Ignored`] keeps many of them from hiding an outage of the calls
    /// that matter.
    pub const fn expected(mut self, count_as: CountAs) -> Self {
        self.expected = count_as;
        self
    }

    /// Sets how many calls have to break a promise in the long window of an alert on burn rates
    /// before it fires; 10 if not set.
    ///
    /// It keeps one failure of three calls at night from paging a person.
    pub const fn min_failures(mut self, calls: u32) -> Self {
        self.min_failures = calls;
        self
    }

    /// Makes it a ticket if all of at least this many calls in 3 days broke a promise; 3 if not set, 0 for
    /// no such ticket.
    ///
    /// It is for functions with too few calls for burn rates. A nightly job that fails each time has its
    /// ticket after the third night; with `all_failed(1)` it has one after the first.
    pub const fn all_failed(mut self, calls: u32) -> Self {
        self.all_failed = calls;
        self
    }
}

/// Returns `true` for a share of 50 to below 100 %. Below 50 %, no alert could tell bad from worse.
/// A fraction given instead of a percentage is far below.
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
    at > 0 && at <= MAX_NAME_BYTES
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
    fn how_cancelled_calls_count_is_said_once_and_in_bounds() {
        const SECOND: Duration = Duration::from_secs(1);
        let refused = |make: fn() -> Objective| std::panic::catch_unwind(make).is_err();
        assert!(!refused(|| Objective::new("a").cancelled(CountAs::Ignored)));
        assert!(!refused(|| Objective::new("a").cancelled_after(SECOND)));
        assert!(refused(|| Objective::new("a")
            .cancelled(CountAs::Ignored)
            .cancelled_after(SECOND)));
        assert!(refused(|| Objective::new("a")
            .cancelled_after(SECOND)
            .cancelled(CountAs::Failure)));
        assert!(refused(
            || Objective::new("a").cancelled_after(Duration::ZERO)
        ));
        assert!(refused(
            || Objective::new("a").cancelled_after(SECOND * 100_000)
        ));
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

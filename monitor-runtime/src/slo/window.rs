//! Windows of time, and the burn-rate alerts over two of them: table 5-8 of the SRE workbook.
//!
//! <https://sre.google/workbook/alerting-on-slos/>.

use serde::Serialize;

/// The urgency of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// At once, even at night.
    Page,
    /// During working hours.
    Ticket,
}

impl Severity {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

/// A period of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) name: &'static str,
    pub(super) seconds: u64,
}

const fn window(name: &'static str, seconds: u64) -> Window {
    Window { name, seconds }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Every window over which ratios are recorded.
pub(super) const WINDOWS: [Window; 7] = [M5, M30, H1, H2, H6, D1, D3];
pub(super) const M5: Window = window("5m", 5 * MINUTE);
pub(super) const M30: Window = window("30m", 30 * MINUTE);
pub(super) const H1: Window = window("1h", HOUR);
pub(super) const H2: Window = window("2h", 2 * HOUR);
pub(super) const H6: Window = window("6h", 6 * HOUR);
pub(super) const D1: Window = window("1d", DAY);
pub(super) const D3: Window = window("3d", 3 * DAY);
/// The window of the budget.
pub(super) const PERIOD: Window = window("30d", 30 * DAY);

/// A burn-rate alert: the budget burns so many times too fast over both windows. The long window
/// shows that it matters, the short one that it continues.
pub(super) struct Burn {
    pub(super) severity: Severity,
    pub(super) rate: f64,
    pub(super) long: Window,
    pub(super) short: Window,
}

const fn burn(severity: Severity, rate: f64, long: Window, short: Window) -> Burn {
    Burn {
        severity,
        rate,
        long,
        short,
    }
}

pub(super) const BURNS: [Burn; 4] = [
    burn(Severity::Page, 14.4, H1, M5),
    burn(Severity::Page, 6.0, H6, M30),
    burn(Severity::Ticket, 3.0, D1, H2),
    burn(Severity::Ticket, 1.0, D3, H6),
];

/// The highest share of failures that an alert waits for: a budget of 10 % cannot burn 14.4 times
/// too fast.
const HIGHEST: f64 = 0.9;

impl Burn {
    /// Returns the share of failing calls above which the alert fires.
    pub(super) fn threshold(&self, budget: f64) -> f64 {
        decimal((self.rate * budget).min(HIGHEST))
    }
}

/// Rounds away the last digits, which only the binary representation adds.
pub(super) fn decimal(number: f64) -> f64 {
    (number * 1e12).round() / 1e12
}

/// Formats a span of time in its natural unit: `10 ms`, `1.5 s`, `2 h`.
pub(super) fn duration(seconds: impl Into<Seconds>) -> String {
    let Seconds(seconds) = seconds.into();
    let units = [
        (3600.0, "h"),
        (60.0, "min"),
        (1.0, "s"),
        (1e-3, "ms"),
        (1e-6, "µs"),
        (1e-9, "ns"),
    ];
    let whole = |unit: f64| {
        let times = seconds / unit;
        unit <= 1.0 || (times - times.round()).abs() < 1e-9
    };
    let fits = |(unit, _): &(f64, &str)| seconds >= *unit * 0.999_999 && whole(*unit);
    let (unit, name) = units.into_iter().find(fits).unwrap_or((1e-9, "ns"));
    // Without digits of the binary representation.
    let number = (seconds / unit * 1e6).round() / 1e6;
    format!("{number} {name}")
}

/// Seconds, with or without a fraction.
pub(super) struct Seconds(f64);

impl From<f64> for Seconds {
    fn from(seconds: f64) -> Self {
        Self(seconds)
    }
}

impl From<u64> for Seconds {
    #[expect(clippy::cast_precision_loss, reason = "a window has few seconds")]
    fn from(seconds: u64) -> Self {
        Self(seconds as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_the_unit_one_would_say() {
        for (seconds, words) in [
            (0.01, "10 ms"),
            (0.000_01, "10 µs"),
            (0.25, "250 ms"),
            (1e-9, "1 ns"),
            (1.0, "1 s"),
            (1.5, "1.5 s"),
            (90.0, "90 s"),
            (60.0, "1 min"),
            (300.0, "5 min"),
            (21_600.0, "6 h"),
            (86_400.0, "24 h"),
            (2.3, "2.3 s"),
            (0.000_123, "123 µs"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}

//! Windows of time, and the alerts that look at two of them: table 5-8 of the SRE workbook,
//! <https://sre.google/workbook/alerting-on-slos/>.

use serde::Serialize;

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Now, at night too.
    Page,
    /// In working hours.
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

/// A stretch of time up to now.
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

/// Every window that ratios are known for, but the last one.
pub(super) const WINDOWS: [Window; 7] = [M5, M30, H1, H2, H6, D1, D3];
pub(super) const M5: Window = window("5m", 5 * MINUTE);
const M30: Window = window("30m", 30 * MINUTE);
pub(super) const H1: Window = window("1h", HOUR);
const H2: Window = window("2h", 2 * HOUR);
pub(super) const H6: Window = window("6h", 6 * HOUR);
const D1: Window = window("1d", DAY);
pub(super) const D3: Window = window("3d", 3 * DAY);
/// That of the budget.
pub(super) const PERIOD: Window = window("30d", 30 * DAY);

/// A budget that is burnt so many times too fast, over both windows: the long one says that it
/// matters, the short one that it goes on.
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

/// So many calls have to fail in the long window before anybody is told: where there are few
/// calls, one that fails is a large share of them and no reason to wake somebody.
pub(super) const MIN_FAILURES: u32 = 10;

/// The highest share of failures an alert waits for: a budget of 10 % cannot burn 14.4 times too fast.
const HIGHEST: f64 = 0.9;

impl Burn {
    /// The share of calls that fail, above which it holds.
    pub(super) fn threshold(&self, budget: f64) -> f64 {
        decimal((self.rate * budget).min(HIGHEST))
    }
}

/// Without the last digits, which are those of binary fractions.
pub(super) fn decimal(number: f64) -> f64 {
    (number * 1e12).round() / 1e12
}

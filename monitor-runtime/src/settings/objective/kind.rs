//! The kinds of promise of an objective, and how calls count for them.

use serde::Serialize;

use super::{CountAs, Objective};

/// The kind of promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Calls succeed.
    SuccessRate,
    /// Calls take no longer than a threshold.
    Latency,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::SuccessRate, Self::Latency];

    /// Returns the `slo` label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SuccessRate => "success_rate",
            Self::Latency => "latency",
        }
    }
}

impl CountAs {
    /// Returns its name in the inventory.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Ignored => "ignored",
        }
    }
}

impl Objective {
    /// Returns the share of calls that have to keep this promise; `None` if it is not made.
    pub(crate) fn target_ratio(&self, kind: Kind) -> Option<f64> {
        let percent = match kind {
            Kind::SuccessRate => self.success_rate?,
            Kind::Latency => self.latency?.percent,
        };
        // Rounds away digits of the binary representation: 0.999, not 0.9990000000000001.
        Some((percent * 1e10).round() / 1e12)
    }
}

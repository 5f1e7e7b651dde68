//! Cancelled calls by reason.

use super::{SiteSnapshot, Snapshot};
use crate::base::outcome::CancelReason;
use crate::callsite::counters::REASONS;

impl SiteSnapshot {
    pub(crate) fn add_reasons(&mut self, reasons: [u64; REASONS]) {
        for (sum, calls) in self.reasons.iter_mut().zip(reasons) {
            *sum += calls;
        }
    }
}

impl Snapshot {
    /// Returns the cancelled calls of each reason.
    pub(crate) fn cancelled(&self) -> impl Iterator<Item = (CancelReason, u64)> {
        CancelReason::ALL.into_iter().zip(self.sum.reasons)
    }

    /// Returns the cancelled calls without a reason.
    pub(super) fn cancelled_otherwise(&self) -> u64 {
        self.sum.reasons[REASONS - 1]
    }
}

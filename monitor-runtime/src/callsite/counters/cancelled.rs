//! Counts cancelled calls by reason. Most functions have none, so the counters are in a box of their
//! own.

use super::{Ended, MAX_ATTEMPTS, add};
use crate::base::outcome::CancelReason;
use crate::base::sync::atomic::{AtomicU64, Ordering};
use crate::base::sync::yield_now;
use crate::callsite::site_snapshot::SiteSnapshot;

/// Calls that were cancelled.
pub(super) struct Cancelled {
    pub(super) ended: Ended,
    /// By the place of their reason, counted in addition to their histogram; the last are those
    /// without one.
    reasons: [AtomicU64; CancelReason::PLACES],
}

#[cfg(test)]
impl super::Shard {
    /// The bytes that a cancelled call adds.
    pub(crate) const CANCELLED_BYTES: usize = size_of::<Cancelled>();
}

impl Cancelled {
    pub(super) fn none() -> Self {
        Self {
            ended: Ended::none(),
            reasons: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Counts a call. The owner counts it in its histogram just after that.
    pub(super) fn count(&self, reason: Option<usize>) {
        let reason = &self.reasons[reason.unwrap_or(CancelReason::PLACES - 1)];
        add(reason, 1, Ordering::Relaxed);
    }

    /// Copies the buckets by `copy`, which returns their calls, and adds the counts by reason, at a
    /// moment when both match, as it is done for errors.
    pub(super) fn add_to(&self, sum: &mut SiteSnapshot, mut copy: impl FnMut() -> u64) {
        let mut attempts = 0;
        loop {
            let finished = copy();
            let read = |count: &AtomicU64| count.load(Ordering::Acquire);
            let reasons = self.reasons.each_ref().map(read);
            if reasons.iter().sum::<u64>() == finished || attempts == MAX_ATTEMPTS {
                sum.add_reasons(reasons);
                return;
            }
            attempts += 1;
            yield_now();
        }
    }
}

//! The end of a call whose future is dropped.
#![allow(unsafe_code)]

use std::mem;

use super::End;
use super::guard::CallGuard;
use crate::base::outcome::CancelReason;
use crate::context::cancellation::Dropping;

/// Ends a call as cancelled once the user's future is gone, even if its `Drop` code panics.
pub(super) struct Cancelled {
    call: CallGuard,
    reason: Option<CancelReason>,
    /// The drop of the futures inside.
    inside: Option<Dropping>,
}

// SAFETY: it is made while its future is being dropped, and dropped with it, on one thread.
unsafe impl Send for Cancelled {}
// SAFETY: as above; nothing else has a reference to it.
unsafe impl Sync for Cancelled {}

impl Cancelled {
    /// Creates that of a call whose future is about to be dropped.
    pub(super) fn new(call: CallGuard, reason: Option<CancelReason>) -> Self {
        Self {
            call,
            reason,
            inside: Some(Dropping::enter(reason)),
        }
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.inside = None;
        mem::replace(&mut self.call, CallGuard::ENDED).end(End::Cancelled(self.reason));
    }
}

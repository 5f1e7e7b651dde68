//! The right to be the one started runtime of the process.

use std::sync::atomic::{AtomicBool, Ordering};

static STARTED: AtomicBool = AtomicBool::new(false);

/// The right to be the one started runtime of the process. Dropping it gives the right back.
pub(crate) struct Claim(());

impl Claim {
    pub(super) fn take() -> Option<Self> {
        (!STARTED.swap(true, Ordering::AcqRel)).then_some(Self(()))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        STARTED.store(false, Ordering::Release);
    }
}

//! The state of Sentry for a process that crashes or forks: atomics only, no lock.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{ON, stack};

/// Switches reporting off, in a forked process: its copies of locks may be held by threads that it
/// does not have.
pub(crate) fn switch_off() {
    ON.store(false, Ordering::Relaxed);
}

/// Set when the process ends: events then no longer wait for others that replace them.
pub(super) static ENDING: AtomicBool = AtomicBool::new(false);

/// Set once a process that aborts has waited for Sentry as long as it may.
static GIVEN_UP: AtomicBool = AtomicBool::new(false);

/// Returns `true` if no event is being made and none waits for Sentry, or if the process has waited
/// long enough. Takes no lock.
///
/// Only a process that ends calls this. Events that wait in a client of the service are not known.
pub(crate) fn is_flushed() -> bool {
    ENDING.store(true, Ordering::Relaxed);
    let is_done = CAPTURING.load(Ordering::Acquire) == 0 && UNSENT.load(Ordering::Acquire) == 0;
    is_done || GIVEN_UP.load(Ordering::Relaxed)
}

/// Ends the wait of the process, even if events still wait for Sentry.
pub(super) fn give_up() {
    GIVEN_UP.store(true, Ordering::Relaxed);
}

/// Sends events without the names in their stacks from now on; takes no lock.
pub(crate) fn hurry() {
    stack::hurry_for_good();
}

/// Events that are being made.
pub(super) static CAPTURING: AtomicUsize = AtomicUsize::new(0);

/// An event that is being made, and that a shutdown waits for.
pub(super) struct Capturing(());

impl Capturing {
    pub(super) fn begin() -> Self {
        CAPTURING.fetch_add(1, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for Capturing {
    fn drop(&mut self) {
        CAPTURING.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Envelopes that Sentry has not answered.
static UNSENT: AtomicUsize = AtomicUsize::new(0);

/// An envelope that Sentry has not answered, and that a process that ends waits for.
pub(super) struct Unsent(());

impl Unsent {
    pub(super) fn new() -> Self {
        UNSENT.fetch_add(1, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        UNSENT.fetch_sub(1, Ordering::AcqRel);
    }
}

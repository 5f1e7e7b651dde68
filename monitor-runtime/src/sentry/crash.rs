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
    let is_done = CAPTURING.is_none() && UNSENT.is_none();
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

/// Things that a process which ends waits for.
pub(super) struct Outstanding(AtomicUsize);

impl Outstanding {
    /// Adds one, until the returned mark is dropped.
    pub(super) fn begin(&'static self) -> One {
        self.0.fetch_add(1, Ordering::AcqRel);
        One(self)
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

/// One of [`Outstanding`].
pub(super) struct One(&'static Outstanding);

impl Drop for One {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Events that are being made.
pub(super) static CAPTURING: Outstanding = Outstanding(AtomicUsize::new(0));

/// Envelopes that Sentry has not answered.
pub(super) static UNSENT: Outstanding = Outstanding(AtomicUsize::new(0));

//! Keeps the log and Sentry from reporting the failure of one request twice.
//!
//! An error is logged and reported where it first comes out of a monitored function, on any thread.
//! The HTTP edge looks here at the end of the request and reports what is missing, so that each
//! failed request has one line and one event.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::panics::Panic;

/// The failure of one request; shared by all code that works for the request.
#[derive(Debug, Default)]
pub(crate) struct Failure {
    logged: AtomicBool,
    reported: AtomicBool,
    /// Panics that the request's access line is to report.
    panics: Mutex<Vec<Arc<Panic>>>,
}

impl Failure {
    /// Returns `true` if a line of level `WARN` or above reports it.
    pub(crate) fn is_logged(&self) -> bool {
        self.logged.load(Ordering::Relaxed)
    }

    /// Returns `true` if Sentry has an event of it, or is not to get one.
    pub(crate) fn is_reported(&self) -> bool {
        self.reported.load(Ordering::Relaxed)
    }

    pub(super) fn set_logged(&self) {
        self.logged.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_reported(&self) {
        self.reported.store(true, Ordering::Relaxed);
    }

    /// Keeps a panic for the access line. Returns `false` if there is no room for it.
    pub(super) fn keep_panic(&self, panic: &Arc<Panic>) -> bool {
        /// A handler that catches panics in a loop must not make its request grow.
        const MAX_PANICS: usize = 16;
        // Called by the panic hook, where the thread may hold any lock.
        let Ok(mut panics) = self.panics.try_lock() else {
            return false;
        };
        let has_room = panics.len() < MAX_PANICS;
        if has_room {
            panics.push(Arc::clone(panic));
        }
        has_room
    }

    /// Takes the panics that were left to its request and that no line has reported yet, oldest
    /// first.
    pub(crate) fn take_panics(&self) -> Vec<Arc<Panic>> {
        let mut panics = self.panics.lock().unwrap_or_else(PoisonError::into_inner);
        panics
            .drain(..)
            .filter(|panic| !panic.is_claimed())
            .collect()
    }
}

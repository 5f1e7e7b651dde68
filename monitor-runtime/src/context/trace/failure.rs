//! Keeps the log and Sentry from reporting the failure of one request twice.
//!
//! An error is logged and reported where it first comes out of a monitored function, on any thread.
//! The HTTP edge looks here at the end of the request and reports what is missing, so that each
//! failed request has one line and one event.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::current::current_failure;
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

/// Notes a line of level `WARN` or above on the failure of the current request.
pub(crate) fn note_logged() {
    if let Some(failure) = current_failure() {
        failure.logged.store(true, Ordering::Relaxed);
    }
}

/// Notes on the failure of the current request that Sentry has an event of it, or is not to get
/// one.
pub(crate) fn note_reported() {
    if let Some(failure) = current_failure() {
        failure.reported.store(true, Ordering::Relaxed);
    }
}

/// Leaves a panic to the access line of the current request. Returns `false` outside a request.
pub(crate) fn leave_to_request(panic: &Arc<Panic>) -> bool {
    /// A handler that catches panics in a loop must not make its request grow.
    const MAX_PANICS: usize = 16;
    let Some(failure) = current_failure() else {
        return false;
    };
    // Called by the panic hook, where the thread may hold any lock.
    let Ok(mut panics) = failure.panics.try_lock() else {
        return false;
    };
    let has_room = panics.len() < MAX_PANICS;
    if has_room {
        panics.push(Arc::clone(panic));
    }
    has_room
}

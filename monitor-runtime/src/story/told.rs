//! Errors that Sentry has been told of, for lines of the log that tell of them again.
//!
//! A service logs its own errors, too: in a middleware, where it makes a response of one, before it
//! goes on. Such a line is a breadcrumb, and no second event of the same failure.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::known::Known;
use super::{HERE, Here, REMEMBERED, now, trail};

/// The errors of one request that Sentry has been told of.
#[derive(Default)]
pub(crate) struct Told {
    errors: Mutex<Vec<Arc<Known>>>,
    /// Whether an outermost call of the request has failed.
    failed: AtomicBool,
}

impl Told {
    fn errors(&self) -> MutexGuard<'_, Vec<Arc<Known>>> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs code that works for the request.
    pub(crate) fn scope<T>(self: &Arc<Self>, code: impl FnOnce() -> T) -> T {
        let _inside = Inside::enter(Some(Arc::clone(self)));
        code()
    }
}

/// The stretch of code that works for a request, or for none; the one before it comes back.
pub(super) struct Inside(Option<Arc<Told>>);

impl Inside {
    pub(super) fn enter(told: Option<Arc<Told>>) -> Self {
        Self(replace(told))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        replace(self.0.take());
    }
}

/// A thread that ends may have no place for it any more.
fn replace(told: Option<Arc<Told>>) -> Option<Arc<Told>> {
    let replaced = HERE.try_with(|here| here.told.replace(told));
    replaced.ok().flatten()
}

/// Notes an error with the request that this code works for.
pub(super) fn note(here: &Here, error: &Arc<Known>) {
    let told = here.told.borrow();
    let Some(told) = told.as_ref() else { return };
    let mut errors = told.errors();
    if errors.len() == REMEMBERED {
        errors.remove(0);
    }
    errors.push(Arc::clone(error));
    drop(errors);
    if trail::is_outside() {
        told.failed.store(true, Ordering::Relaxed);
    }
}

/// Notes that a function panicked, of which Sentry has been told.
pub(crate) fn note_unwound() {
    let note = |here: &Here| {
        if let Some(told) = here.told.borrow().as_ref().filter(|_| trail::is_outside()) {
            told.failed.store(true, Ordering::Relaxed);
        }
    };
    let _ = HERE.try_with(note);
}

/// Returns `true` if a line of the log, by one of its texts, tells of an error that Sentry has.
///
/// The error came out of the call that the line is written in, or the moment before it. Code of a
/// request around its calls knows all their errors, and says nothing new once one of them has failed.
pub(crate) fn is_told_again<'a>(texts: &(impl Iterator<Item = &'a str> + Clone)) -> bool {
    let same = |error: &Known| error.sent && texts.clone().any(|text| error.is_told_by(text));
    let since = trail::outermost();
    let ask = |here: &Here| {
        if let Some(told) = here.told.borrow().as_ref() {
            let over = since.is_none() && told.failed.load(Ordering::Relaxed);
            if over || told.errors().iter().any(|error| same(error)) {
                return true;
            }
        }
        let Ok(marks) = here.marks.try_borrow() else {
            return false;
        };
        // Outside of all calls there is only the error that has just come out.
        let since = since.unwrap_or_else(|| now().saturating_sub(1));
        let mut marks = marks.iter().filter(|mark| mark.tick > since);
        marks.any(|mark| same(&mark.error))
    };
    HERE.try_with(ask).unwrap_or(false)
}

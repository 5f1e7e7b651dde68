//! Remembers errors that Sentry already has, so that a log line about one of them makes no second
//! event.
//!
//! A service also logs its own errors, for example in a middleware that turns one into a response.
//! Such a line becomes a breadcrumb.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error_identity::Known;
use super::{HERE, Here, REMEMBERED, frames, now};

/// The time after an error in which a line of its request may be about it. A request can be a
/// socket that lives for days.
pub(super) const MEMORY: Duration = Duration::from_secs(60);

/// The errors of one request that Sentry already has.
#[derive(Default)]
pub(crate) struct Told(Mutex<Errors>);

#[derive(Default)]
struct Errors {
    known: Vec<(Instant, Arc<Known>)>,
    /// The time at which an outermost call of the request last failed.
    failed: Option<Instant>,
}

impl Told {
    fn errors(&self) -> MutexGuard<'_, Errors> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs code that works for the request.
    pub(crate) fn scope<T>(self: &Arc<Self>, code: impl FnOnce() -> T) -> T {
        let _inside = Inside::enter(Some(Arc::clone(self)));
        code()
    }
}

/// Marks code that works for a request, or for none. Dropping it restores the previous mark.
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

/// Replaces the current value. Does nothing on a thread that has dropped its thread-locals.
fn replace(told: Option<Arc<Told>>) -> Option<Arc<Told>> {
    let replaced = HERE.try_with(|here| here.told.replace(told));
    replaced.ok().flatten()
}

/// Notes an error with the request that this code works for.
pub(super) fn note(here: &Here, error: &Arc<Known>) {
    let told = here.told.borrow();
    let Some(told) = told.as_ref() else { return };
    let (mut errors, at) = (told.errors(), Instant::now());
    if errors.known.len() == REMEMBERED {
        errors.known.remove(0);
    }
    errors.known.push((at, Arc::clone(error)));
    if frames::is_outside() {
        errors.failed = Some(at);
    }
}

/// Notes that a function panicked, and that Sentry has the panic.
pub(crate) fn note_unwound() {
    let note = |here: &Here| {
        if let Some(told) = here.told.borrow().as_ref().filter(|_| frames::is_outside()) {
            told.errors().failed = Some(Instant::now());
        }
    };
    let _ = HERE.try_with(note);
}

/// Returns `true` if a line of the log reports, in one of its texts, an error that Sentry has.
///
/// The error came out of the call that the line is written in, or just before the line. Code of a
/// request outside its calls knows all their errors of the last minute. If one of the calls has
/// failed in that time, any ERROR line of that code counts as a repetition.
pub(crate) fn is_told_again<'a>(texts: &(impl Iterator<Item = &'a str> + Clone)) -> bool {
    let same = |error: &Known| error.sent && texts.clone().any(|text| error.is_told_by(text));
    let is_recent = |at: Instant| at.elapsed() < MEMORY;
    let since = frames::outermost();
    let ask = |here: &Here| {
        if let Some(told) = here.told.borrow().as_ref() {
            let errors = told.errors();
            let is_over = since.is_none() && errors.failed.is_some_and(is_recent);
            let mut known = errors.known.iter().filter(|(at, _)| is_recent(*at));
            if is_over || known.any(|(_, error)| same(error)) {
                return true;
            }
        }
        let Ok(marks) = here.marks.try_borrow() else {
            return false;
        };
        // Outside all calls only the error that has just come out counts.
        let since = since.unwrap_or_else(|| now().saturating_sub(1));
        let marks = marks.iter().filter(|mark| mark.tick > since);
        let mut errors = marks.flat_map(|mark| mark.origin.errors());
        errors.any(|error| same(&error))
    };
    HERE.try_with(ask).unwrap_or(false)
}

//! Remembers errors of spawned tasks for the call that spawned them, since it may pass them on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::error_identity::Known;
use super::reported_errors::MEMORY;
use super::{HERE, Here, REMEMBERED, frames};

/// The errors that came out of the tasks of one call.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<VecDeque<(Instant, Arc<Known>)>>);

impl Tasks {
    fn errors(&self) -> MutexGuard<'_, VecDeque<(Instant, Arc<Known>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the errors of the last minute. A call that runs for days has long moved on from
    /// earlier ones.
    pub(super) fn recent(&self) -> Vec<Arc<Known>> {
        let errors = self.errors();
        let recent = errors.iter().filter(|(at, _)| at.elapsed() < MEMORY);
        recent.map(|(_, error)| Arc::clone(error)).collect()
    }
}

/// Notes an error that came out of an outermost call with the call that spawned its task.
pub(super) fn note(here: &Here, error: &Arc<Known>) {
    let tasks = here.tasks.borrow();
    let Some(tasks) = tasks.as_ref().filter(|_| frames::is_outside()) else {
        return;
    };
    let mut errors = tasks.errors();
    if errors.len() == REMEMBERED {
        errors.pop_front();
    }
    errors.push_back((Instant::now(), Arc::clone(error)));
}

/// Marks code that runs as a task of a call. Dropping it restores the previous mark.
pub(crate) struct InTask(Option<Arc<Tasks>>);

impl InTask {
    pub(crate) fn enter(tasks: Option<Arc<Tasks>>) -> Self {
        Self(replace(tasks))
    }
}

impl Drop for InTask {
    fn drop(&mut self) {
        replace(self.0.take());
    }
}

/// Replaces the current value. Does nothing on a thread that has dropped its thread-locals.
fn replace(tasks: Option<Arc<Tasks>>) -> Option<Arc<Tasks>> {
    let replaced = HERE.try_with(|here| here.tasks.replace(tasks));
    replaced.ok().flatten()
}

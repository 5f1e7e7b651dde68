//! Threads that may run a worker which `block_in_place` has handed over.
//!
//! Such a thread belongs to the pool of its runtime, and has the name of its workers. A thread that did
//! nothing since the last tick runs no worker that has tasks in its queue, and neither does one that was idle
//! at one of the last two. One that has answered a question meanwhile runs the worker that it said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::thread_state::{self, Usage};
use crate::context::threads;

/// Threads that have answered a question.
#[derive(Default)]
pub(super) struct Answered(Mutex<[BTreeSet<u32>; 2]>);

impl Answered {
    /// Notes that this thread answers.
    pub(super) fn note(&self) {
        if let Some(thread) = threads::kernel_id() {
            self.latest()[0].insert(thread);
        }
    }

    /// Forgets those that answered before the last questions.
    fn begin_round(&self) {
        let mut latest = self.latest();
        latest.swap(0, 1);
        latest[0].clear();
    }

    fn has(&self, thread: u32) -> bool {
        self.latest().iter().any(|round| round.contains(&thread))
    }

    fn latest(&self) -> MutexGuard<'_, [BTreeSet<u32>; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads that are called like the workers, at the last two ticks.
#[derive(Default)]
pub(super) struct Others {
    before: BTreeMap<u32, Other>,
    now: BTreeMap<u32, Other>,
}

#[derive(Clone, Copy)]
struct Other {
    usage: Usage,
    /// `true` if it waited as the idle threads of the pool do.
    is_idle: bool,
}

impl Others {
    /// Reads the threads that are called like this one, before questions are asked.
    pub(super) fn read(&mut self, like: Option<u32>, answered: &Answered) {
        answered.begin_round();
        let threads = like.map(thread_state::named_like).unwrap_or_default();
        let read = |thread| {
            let usage = thread_state::usage(thread)?;
            let is_idle = thread_state::is_in_timed_futex(thread);
            Some((thread, Other { usage, is_idle }))
        };
        let now = threads.into_iter().filter_map(read).collect();
        self.before = std::mem::replace(&mut self.now, now);
    }

    /// Returns `true` if none of the threads may run a worker, but for those that are known.
    pub(super) fn are_idle(&self, is_known: impl Fn(u32) -> bool, answered: &Answered) -> bool {
        let mut others = self.now.iter().filter(|(thread, _)| !is_known(**thread));
        others.all(|(thread, now)| {
            let before = self.before.get(thread);
            let was_idle = before
                .is_some_and(|before| before.is_idle || now.usage.is_idle_since(before.usage));
            now.is_idle || was_idle || answered.has(*thread)
        })
    }
}

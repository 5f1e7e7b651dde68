//! The worker that a thread runs, as the thread itself finds it out.

use std::sync::atomic::Ordering;

use tokio::runtime;

use super::thread::{THREAD, Thread as ThreadState};
use super::threads::{NOT_A_WORKER, note};
use super::visible_stack::VisibleStack;
use super::worker_runtime;

/// Notes the worker that this thread runs, if that has changed.
pub(crate) fn note_worker() {
    let index = runtime::worker_index().unwrap_or(NOT_A_WORKER);
    let is_known = |stack: &VisibleStack| stack.worker.load(Ordering::Relaxed) == index;
    let is_same = THREAD.with(|thread| is_known(thread.clock.visible()));
    // A thread may run one current-thread runtime after the other, each of which has this worker alone. The
    // workers of other runtimes have threads of their own.
    if !is_same || (index == 0 && !worker_runtime::is_current()) {
        note(index, false);
    }
}

/// Lets the next call on this thread note the worker: the thread may be about to run a new runtime.
pub(crate) fn expect_runtime() {
    THREAD.with(|thread| thread.found.clear());
}

/// The events after which a thread is asked again for the worker that it runs. Only `block_in_place`
/// changes it, and the question costs a tenth of a poll.
const EVENTS: u64 = 128;

/// Returns `true` if so much has happened that the thread may run another worker. A future that is polled
/// then calls [`note_worker_of_poll`].
#[inline]
pub(crate) fn is_worker_to_be_noted() -> bool {
    THREAD.with(|thread| thread.clock.has_reached(thread.ask_worker_at.get()))
}

/// Notes the worker that polls a future again, unless the future is inside another one.
pub(crate) fn note_worker_of_poll() {
    let is_outside = |thread: &ThreadState| thread.clock.whole_depth() == 0;
    if is_worker_to_be_noted() && THREAD.with(is_outside) {
        THREAD.with(|thread| thread.ask_worker_at.set(thread.clock.after(EVENTS)));
        note_worker();
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::{Builder, Handle};

    use super::super::threads::read_workers;
    use super::*;

    #[test]
    fn a_thread_that_runs_one_runtime_after_the_other_is_seen_in_each() {
        let run = || {
            let runtime = Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                note_worker();
                Handle::current().id()
            })
        };
        let ids = [run(), run(), run()];
        let workers = read_workers();
        let seen = ids.map(|id| {
            let of_runtime = workers.iter().filter(|worker| worker.worker.runtime == id);
            of_runtime.count()
        });
        assert_eq!(seen, [0, 0, 1]);
    }

    #[test]
    fn a_worker_in_the_context_of_another_runtime_stays_that_of_its_own() {
        let runtime = || {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(1).build().expect("a runtime")
        };
        let (own, other) = (runtime(), runtime());
        let inside = other.handle().clone();
        let noted = own.spawn(async move {
            note_worker();
            let _other = inside.enter();
            note_worker();
            note(0, false);
        });
        own.block_on(noted).expect("no panic");
        let workers = read_workers();
        let seen = |id| workers.iter().any(|worker| worker.worker.runtime == id);
        assert!(seen(own.handle().id()) && !seen(other.handle().id()));
    }
}

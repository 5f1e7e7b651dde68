//! The threads that run a Tokio runtime or make outermost calls, and their call stacks as others read them.
//!
//! The watchdog names the function that blocks a worker while it blocks it, so it cannot ask that
//! thread. It reads the words that each begin and end of a call writes anyway. They are atomics for
//! that reader alone: the thread loads and stores them as plain words.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::runtime;

use crate::base::hooks;
use crate::context::thread::THREAD;
use crate::context::visible_stack::{StackReading, UNKNOWN, VisibleStack};
use crate::context::worker_runtime;
use crate::traces::TraceId;

/// A thread that has been a worker of a runtime, or has made an outermost call that the log shows.
pub(crate) struct Thread {
    pub(crate) name: String,
    /// The kernel's number of it, on Linux.
    pub(crate) kernel_id: Option<u32>,
}

/// A worker of a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkerId {
    pub(crate) runtime: runtime::Id,
    pub(crate) index: usize,
}

/// A thread and its stack at a moment.
pub(crate) struct ThreadReading {
    /// Tells it from every other thread of the process, also those that have ended.
    pub(crate) number: u64,
    pub(crate) thread: Arc<Thread>,
    pub(crate) worker: WorkerId,
    pub(crate) stack: StackReading,
}

/// A thread on the list.
pub(super) struct Listed {
    pub(super) thread: Arc<Thread>,
    stack: *const VisibleStack,
    /// `None` once another thread has been seen with this worker, or this one at other work.
    worker: Option<WorkerId>,
}

// SAFETY: the stack consists of atomics, and outlives its place on the list.
unsafe impl Send for Listed {}

struct Threads {
    by_number: BTreeMap<u64, Listed>,
    next: u64,
    /// Runtimes of which a worker was seen on one thread and then on another.
    handed_over: Vec<runtime::Id>,
}

impl Threads {
    /// Notes that no thread but this one runs the worker.
    fn take_from_others(&mut self, number: u64, worker: Option<WorkerId>) {
        let others = self.by_number.iter_mut();
        let others = others.filter(|(other, listed)| **other != number && listed.worker == worker);
        for (_, other) in others {
            let runtime = other.worker.take().map(|worker| worker.runtime);
            let new = runtime.filter(|runtime| !self.handed_over.contains(runtime));
            self.handed_over.extend(new);
            // It says so if it runs this worker again.
            other.stack().worker.store(UNKNOWN, Ordering::Relaxed);
        }
    }
}

impl Listed {
    pub(super) fn stack(&self) -> &VisibleStack {
        // SAFETY: the stack is in its thread's variables. They exist at least until the destructor of `Place` has
        // taken the thread off the list, and that waits for the lock under which this one was found. It runs, unless
        // the first call of a thread is in the destructor of a C library's variable: those are later than Rust's.
        unsafe { &*self.stack }
    }
}

static THREADS: Mutex<Threads> = Mutex::new(Threads {
    by_number: BTreeMap::new(),
    next: 1,
    handed_over: Vec::new(),
});

fn threads() -> MutexGuard<'static, Threads> {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's place on the list; its destructor takes the thread off the list.
struct Place {
    /// 0 for a thread that is not on the list.
    number: Cell<u64>,
    /// `true` while this thread holds the list's lock: the allocator may be monitored itself.
    is_busy: Cell<bool>,
}

impl Drop for Place {
    fn drop(&mut self) {
        // The thread that held the lock may not exist in a forked process.
        if self.number.get() != 0 && !hooks::is_forked() {
            threads().by_number.remove(&self.number.get());
        }
    }
}

thread_local! {
    static PLACE: Place = const { Place { number: Cell::new(0), is_busy: Cell::new(false) } };
}

/// The index of the worker of a thread that runs none.
pub(super) const NOT_A_WORKER: usize = UNKNOWN - 1;

/// Targets on which a thread's variables without destructor exist until all destructors have run, because
/// they lie in the thread's own block.
const IS_READABLE: bool = cfg!(any(target_os = "linux", target_os = "macos"));

/// Shows the trace that this thread works for from now on.
pub(super) fn show_trace(trace: Option<TraceId>) {
    THREAD.with(|thread| thread.clock.visible().show_trace(trace));
}

/// Puts this thread on the list, whether it runs a worker or not. Returns `false` while it reads the list itself.
pub(super) fn list_this_one() -> bool {
    note(runtime::worker_index().unwrap_or(NOT_A_WORKER), true);
    PLACE.try_with(|place| place.is_busy.get()) != Ok(true)
}

/// Notes the worker that this thread runs, also after a change of the runtime.
pub(super) fn note_worker_and_runtime() {
    note(runtime::worker_index().unwrap_or(NOT_A_WORKER), false);
}

#[cold]
pub(super) fn note(index: usize, is_needed: bool) {
    if !IS_READABLE || hooks::is_forked() {
        return;
    }
    THREAD.with(|thread| {
        let stack = thread.clock.visible();
        let known = stack.worker.load(Ordering::Relaxed);
        // Most threads never run a worker.
        let is_none = [UNKNOWN, NOT_A_WORKER].contains(&known);
        if index == NOT_A_WORKER && is_none && !is_needed {
            stack.worker.store(index, Ordering::Relaxed);
            return;
        }
        let _ = PLACE.try_with(|place| {
            if place.is_busy.replace(true) {
                return;
            }
            let runtime = worker_runtime::note(index != NOT_A_WORKER, index == known);
            let worker = runtime.map(|runtime| WorkerId { runtime, index });
            let number = list(place.number.get(), stack, worker, index);
            place.number.set(number);
            place.is_busy.set(false);
        });
    });
}

/// Takes the worker from a thread that was seen idle among the pool's, so that it runs none any more.
pub(crate) fn take_worker(number: u64) {
    let take = |place: &Place| {
        if place.is_busy.replace(true) {
            return;
        }
        if let Some(listed) = threads().by_number.get_mut(&number) {
            listed.worker = None;
            // It says so if it runs one again.
            listed.stack().worker.store(UNKNOWN, Ordering::Relaxed);
        }
        place.is_busy.set(false);
    };
    let _ = PLACE.try_with(take);
}

/// Puts this thread on the list, or changes its worker. Returns its number.
fn list(number: u64, stack: &VisibleStack, worker: Option<WorkerId>, index: usize) -> u64 {
    let new = (number == 0).then(|| {
        let current = thread::current();
        let name = current.name().unwrap_or("unnamed").to_owned();
        let kernel_id = kernel_id();
        Arc::new(Thread { name, kernel_id })
    });
    let mut threads = threads();
    let number = match number {
        0 => threads.next,
        known => known,
    };
    if worker.is_some() {
        threads.take_from_others(number, worker);
    }
    if let Some(thread) = new {
        threads.next += 1;
        let listed = Listed {
            thread,
            stack: ptr::from_ref(stack),
            worker,
        };
        threads.by_number.insert(number, listed);
    } else if let Some(listed) = threads.by_number.get_mut(&number) {
        listed.worker = worker;
    }
    // Before the lock is released: another thread may take the worker at once.
    stack.worker.store(index, Ordering::Relaxed);
    number
}

/// Returns the kernel's number of this thread.
pub(crate) fn kernel_id() -> Option<u32> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    link.file_name()?.to_str()?.parse().ok()
}

/// Returns `true` if a worker of a runtime was seen on one thread and then on another: its service uses
/// `block_in_place`.
pub(crate) fn has_handed_over(runtime: runtime::Id) -> bool {
    threads().handed_over.contains(&runtime)
}

/// Reads the stack of each thread that runs a worker.
///
/// A worker that `block_in_place` has handed to another thread is that thread's, once the thread
/// has been seen with it.
pub(crate) fn read_workers() -> Vec<ThreadReading> {
    read(|number, listed| {
        Some(ThreadReading {
            number,
            thread: Arc::clone(&listed.thread),
            worker: listed.worker?,
            stack: listed.stack().read(),
        })
    })
}

/// Reads something of each thread on the list.
pub(super) fn read<T>(read: impl Fn(u64, &Listed) -> Option<T>) -> Vec<T> {
    let read_all = |place: &Place| {
        if place.is_busy.replace(true) {
            return Vec::new();
        }
        let threads = threads()
            .by_number
            .iter()
            .filter_map(|(number, listed)| read(*number, listed))
            .collect();
        place.is_busy.set(false);
        threads
    };
    PLACE.try_with(read_all).unwrap_or_default()
}

/// Looks at the stack of a thread; `None` once the thread has ended.
pub(super) fn with_stack<R>(number: u64, look: impl FnOnce(&VisibleStack) -> R) -> Option<R> {
    let threads = threads();
    Some(look(threads.by_number.get(&number)?.stack()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::runtime::{Builder, Handle};

    use super::*;
    use crate::callsite::Site;
    use crate::context::Stretch;

    static OUTER: Site = Site::placeholder();
    static INNER: Site = Site::placeholder();

    /// Runs code as the worker of a runtime.
    fn as_worker<R>(code: impl FnOnce(runtime::Id) -> R) -> R {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            note_worker_and_runtime();
            code(Handle::current().id())
        })
    }

    fn of_runtime(id: runtime::Id) -> Vec<ThreadReading> {
        let mut readings = read_workers();
        readings.retain(|reading| reading.worker.runtime == id);
        readings
    }

    #[test]
    fn a_worker_is_read_while_it_runs_and_not_after_its_end() {
        let (tell, told) = mpsc::channel();
        let (go_on, waits) = mpsc::channel::<()>();
        let thread = thread::Builder::new().name("worker-of-test".into());
        let work = move || {
            as_worker(|id| {
                Stretch::begin(&OUTER);
                Stretch::begin(&INNER);
                show_trace(Some(TraceId([7; 16])));
                tell.send(id).expect("the test waits");
                let _ = waits.recv();
                Stretch::end();
                tell.send(id).expect("the test waits");
                let _ = waits.recv();
                Stretch::end();
            });
        };
        let thread = thread.spawn(work).expect("a thread");
        let id = told.recv().expect("a worker");
        let [first, second] = [of_runtime(id), of_runtime(id)].map(|mut all| all.remove(0));
        let sites: Vec<_> = first.stack.frames.iter().map(|frame| frame.site).collect();
        assert!(
            matches!(sites[..], [Some(outer), Some(inner)] if ptr::eq(outer, &raw const OUTER) && ptr::eq(inner, &raw const INNER))
        );
        let is_same = first.stack.frames == second.stack.frames;
        assert!(is_same, "nothing has happened");
        assert_eq!(first.stack.trace, Some(TraceId([7; 16])));
        assert_eq!(
            (first.thread.name.as_str(), first.worker.index),
            ("worker-of-test", 0)
        );
        assert!(!cfg!(target_os = "linux") || first.thread.kernel_id.is_some());

        go_on.send(()).expect("it waits");
        told.recv().expect("the inner function has ended");
        let third = of_runtime(id).remove(0);
        assert!(third.stack.frames[..] == first.stack.frames[..1]);
        go_on.send(()).expect("it waits");
        thread.join().expect("no panic");
        assert!(of_runtime(id).is_empty(), "its memory is gone");
    }

    #[test]
    fn threads_may_end_while_they_are_read() {
        let (stop, stopped) = mpsc::channel::<()>();
        let reader = thread::spawn(move || {
            let mut seen = 0;
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                seen += read_workers().len();
            }
            seen
        });
        for _ in 0..500 {
            let threads = [(); 4].map(|()| {
                thread::spawn(|| {
                    as_worker(|_| {
                        Stretch::begin(&OUTER);
                        Stretch::end();
                    });
                })
            });
            for thread in threads {
                thread.join().expect("no panic");
            }
        }
        drop(stop);
        assert!(reader.join().expect("no panic") > 0);
    }

    #[test]
    fn a_thread_that_runs_no_worker_is_not_listed() {
        let number = || PLACE.with(|place| place.number.get());
        let listed = thread::spawn(move || {
            note_worker_and_runtime();
            number()
        });
        assert_eq!(listed.join().expect("no panic"), 0);
    }

    #[test]
    fn the_thread_that_was_seen_last_has_the_worker() {
        let (id, numbers) = as_worker(|id| {
            let worker = Some(WorkerId {
                runtime: id,
                index: 0,
            });
            let own = PLACE.with(|place| place.number.get());
            // As another thread that `block_in_place` has handed the worker to.
            let listed =
                |number| THREAD.with(|thread| list(number, thread.clock.visible(), worker, 0));
            assert!(!has_handed_over(id));
            let other = listed(0);
            assert!(has_handed_over(id));
            let read = of_runtime(id);
            let both = [own, other];
            listed(own);
            let again = of_runtime(id);
            threads().by_number.remove(&other);
            let numbers =
                |all: Vec<ThreadReading>| all.iter().map(|one| one.number).collect::<Vec<_>>();
            (id, (both, numbers(read), numbers(again)))
        });
        let ([own, other], read, again) = numbers;
        assert_eq!((read, again), (vec![other], vec![own]), "{id}");
    }
}

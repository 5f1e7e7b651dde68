//! A runtime, and what its own counters say of its workers.
//!
//! Tokio counts, on stable Rust, how often a worker parks and how long it is busy. Both stand still
//! while one poll holds the worker up. They also stand still while a worker always has another task
//! in its queue, so this alone is no proof. A thread that waits in `block_in_place` looks as if it
//! held its worker up. Another thread runs that worker meanwhile, and it may be that busy. So
//! questions are put into the queue that all workers share, as soon as one seems to be held up. It is
//! if one of these holds as well:
//!
//! * The runtime cannot hand a worker to another thread: it is a current-thread one.
//! * The other workers have answered many questions, and this one none of them. In a service that uses
//!   `block_in_place`, also no other thread may be its thread, see [`others`](super::others).
//! * All workers seem to be held up, and nothing is answered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use tokio::runtime::{self, Handle, RuntimeFlavor};

use super::counters::Counters;
use super::others::{Answered, Others};
use crate::context::{threads, worker_notes};
use crate::metrics::WorkerReading;

/// Answers of other workers, for each worker, after which one that has answered nothing is held up. Each
/// answer comes from a worker that was free to take the question.
const ANSWERS: u64 = 16;
/// The most attempts in a row to get to know the threads of all workers, one at each tick.
const MEETINGS: u32 = 16;
/// The ticks after these without an attempt.
const PAUSE: u32 = 240;
/// Polls after which a worker looks up from its tasks and changes its counters, by Tokio's default.
const POLLS: u32 = 61;

/// A runtime that is watched.
pub(super) struct WatchedRuntime {
    name: String,
    handle: Handle,
    /// Owned by a task, which a runtime drops when it shuts down.
    task: Weak<()>,
    answers: Arc<Answers>,
    others: Others,
    workers: Vec<Worker>,
    /// The threads of the workers that seem to be held up, by the kernel's number.
    held: Vec<Option<u32>>,
    /// The questions so far.
    asked: u64,
    /// All answers at the last tick, and `true` if they were as many at the tick before.
    answered: u64,
    is_silent: bool,
    /// The attempts to meet all workers, and then the ticks of the pause.
    meetings: u32,
    /// Shared with the tasks of the last attempt that have not ended.
    invitation: Arc<()>,
    /// `true` while none of its workers answers the watchdog.
    is_blocked: bool,
}

/// Answers to the questions so far.
struct Answers {
    all: AtomicU64,
    by_worker: Vec<AtomicU64>,
    threads: Answered,
}

/// A worker as the last tick has seen it.
#[derive(Clone, Default)]
struct Worker {
    counters: Counters,
    /// The time for which its counters have stood still, outside of waits.
    still: Duration,
    /// All answers at the beginning of that time.
    answers_before: u64,
    /// The time for which it has been blocked since the start.
    blocked: Duration,
}

impl WatchedRuntime {
    pub(super) fn new(name: &str, handle: &Handle) -> Self {
        let token = Arc::new(());
        let task = Arc::downgrade(&token);
        handle.spawn(async move {
            std::future::pending::<()>().await;
            drop(token);
        });
        let workers = handle.metrics().num_workers();
        let mut runtime = Self {
            name: name.to_owned(),
            handle: handle.clone(),
            task,
            answers: Arc::new(Answers {
                all: AtomicU64::new(0),
                by_worker: (0..workers).map(|_| AtomicU64::new(0)).collect(),
                threads: Answered::default(),
            }),
            others: Others::default(),
            workers: vec![Worker::default(); workers],
            held: Vec::new(),
            asked: 0,
            answered: 0,
            is_silent: false,
            meetings: 0,
            invitation: Arc::default(),
            is_blocked: false,
        };
        runtime.meet(0);
        runtime
    }

    /// Gets to know the threads of the workers, also of those that will never call a monitored function, unless so
    /// many are known already.
    ///
    /// Each waits for a moment, so that the next task wakes another one.
    pub(super) fn meet(&mut self, known: usize) {
        const MOMENT: Duration = Duration::from_millis(1);
        if self.meetings >= MEETINGS {
            // They are known by what they call, or begin to work later.
            self.meetings = (self.meetings + 1) % (MEETINGS + PAUSE);
            return;
        }
        if known >= self.workers.len() {
            self.meetings = 0;
            return;
        }
        self.meetings += 1;
        // Tasks that no worker has taken yet would add up, as in a runtime that nothing drives.
        if Arc::strong_count(&self.invitation) > 1 {
            return;
        }
        let has_others = self.workers.len() > 1;
        for _ in &self.workers {
            let invitation = Arc::clone(&self.invitation);
            self.handle.spawn(async move {
                worker_notes::note_worker();
                if has_others {
                    thread::sleep(MOMENT);
                }
                drop(invitation);
            });
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn id(&self) -> runtime::Id {
        self.handle.id()
    }

    /// Returns `false` for a runtime that was shut down.
    pub(super) fn is_there(&self) -> bool {
        self.task.strong_count() > 0
    }

    /// Returns `true` if the threads of its workers do nothing but to poll its tasks, until a worker is handed over.
    ///
    /// A current-thread runtime borrows its thread for each `block_on`, and from outside nothing is seen of the end. It
    /// is one that never ends if the watchdog takes it for blocked.
    pub(super) fn owns_its_threads(&self) -> bool {
        self.can_hand_over() || self.is_blocked
    }

    /// Returns `true` if its workers move to other threads, and are met there.
    pub(super) fn are_workers_followed(&self) -> bool {
        self.can_hand_over() && self.meetings < MEETINGS
    }

    /// Returns `true` if `block_in_place` hands a worker to another thread.
    fn can_hand_over(&self) -> bool {
        self.handle.runtime_flavor() != RuntimeFlavor::CurrentThread
    }

    /// Reads the counters, `passed` after the last tick. `is_blocked` is what the watchdog says of the whole runtime.
    pub(super) fn tick(&mut self, is_blocked: bool, passed: Duration) {
        self.is_blocked = is_blocked;
        let answers = self.answers.all.load(Ordering::Relaxed);
        self.is_silent = answers == self.answered;
        self.answered = answers;
        for index in 0..self.workers.len() {
            let own = self.answers.by_worker[index].load(Ordering::Relaxed);
            let counters = Counters::read(&self.handle, index, own);
            let worker = &mut self.workers[index];
            if counters.is_waiting() || counters != worker.counters {
                (worker.still, worker.answers_before) = (Duration::ZERO, answers);
            } else {
                worker.still += passed;
            }
            worker.counters = counters;
        }
    }

    /// Returns the time for which a worker has stood still.
    pub(super) fn still(&self, index: usize) -> Duration {
        self.workers
            .get(index)
            .map_or(Duration::ZERO, |worker| worker.still)
    }

    /// Returns the time for which a worker has stood still, once one of its polls must have lasted for the limit.
    pub(super) fn held(&self, index: usize, limit: Duration) -> Duration {
        let still = self.still(index);
        if self.owns_its_threads() && still >= POLLS * limit {
            still
        } else {
            Duration::ZERO
        }
    }

    /// Takes the threads of the workers that seem to be held up, by the kernel's number. Asks questions that any worker
    /// which is free answers, if there are some.
    pub(super) fn ask(&mut self, held: Vec<Option<u32>>) {
        let thread = held.first().copied();
        self.held = held;
        let Some(thread) = thread.filter(|_| self.can_hand_over()) else {
            return;
        };
        if threads::has_handed_over(self.id()) {
            self.others.read(thread, &self.answers.threads);
        }
        // Half of the answers that are needed, at each of the ticks that there are before the limit. Questions that
        // no worker has taken yet stay in the service's queue, which is not to grow while all are held up.
        let questions = self.workers.len() as u64 * (ANSWERS / 2);
        let open = self.asked - self.answers.all.load(Ordering::Relaxed);
        for _ in open..questions {
            self.asked += 1;
            let answers = Arc::clone(&self.answers);
            self.handle.spawn(async move {
                worker_notes::note_worker();
                answers.threads.note();
                let own = runtime::worker_index().and_then(|index| answers.by_worker.get(index));
                if let Some(own) = own {
                    own.fetch_add(1, Ordering::Relaxed);
                }
                answers.all.fetch_add(1, Ordering::Relaxed);
            });
        }
    }

    /// Returns `true` if a worker that stands still is held up, and not busy on another thread.
    pub(super) fn is_certain_of(&self, index: usize) -> bool {
        let Some(worker) = self.workers.get(index) else {
            return false;
        };
        if !self.can_hand_over() {
            return true;
        }
        let own = self.answers.by_worker[index].load(Ordering::Relaxed);
        let answers = self.answers.all.load(Ordering::Relaxed) - worker.answers_before;
        let others_answer = answers >= ANSWERS * self.workers.len() as u64;
        let nothing_answers = self.held.len() == self.workers.len() && self.is_silent;
        let have_no_other_thread =
            || !threads::has_handed_over(self.id()) || self.have_no_other_thread();
        own == worker.counters.answers
            && (nothing_answers || (others_answer && have_no_other_thread()))
    }

    /// Returns `true` if no threads but the known ones may run the workers that seem to be held up.
    ///
    /// Each of these is run by one thread. If one of the known threads ran none, a further one would run its worker.
    fn have_no_other_thread(&self) -> bool {
        let is_known = |thread| self.held.contains(&Some(thread));
        self.others.are_idle(is_known, &self.answers.threads)
    }

    /// Adds to the time for which a worker has been blocked.
    pub(super) fn add_blocked(&mut self, index: usize, time: Duration) {
        if let Some(worker) = self.workers.get_mut(index) {
            worker.blocked += time;
        }
    }

    pub(super) fn readings(&self) -> impl Iterator<Item = WorkerReading> {
        let workers = self.workers.iter().enumerate();
        workers.map(|(worker, watched)| WorkerReading {
            runtime: self.name.clone(),
            worker,
            blocked: watched.blocked,
        })
    }
}

//! The thread that makes and sends events, so that no caller waits for Sentry.
//!
//! It looks up symbols and runs user code: event processors and `before_send`. That code may take
//! long, fail, log, or hang. A thread that hangs is replaced, so that the events behind it still go
//! out.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::crash::ENDING;
use super::{own_line, quietly, stack};

/// Events that may wait; those beyond are dropped and counted.
const MAX_WAITING: usize = 1024;
/// Time without progress after which the thread is taken to hang.
const HANG_TIMEOUT: Duration = Duration::from_secs(5);
/// Time without progress after which the thread is taken to hang while a flush waits.
pub(super) const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);
/// Threads that may hang at once.
const MAX_THREADS: usize = 8;
/// Time that an event waits for another one that replaces it.
const HOLD_TIMEOUT: Duration = Duration::from_secs(2);
/// Interval at which a thread with such events checks whether the process ends.
const ENDING_INTERVAL: Duration = Duration::from_millis(20);
/// Time that a test's capture waits for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce() + Send>;

struct Queue {
    waiting: VecDeque<Job>,
    /// Jobs for later, in the order of the times at which they are due.
    held: VecDeque<(Instant, Job)>,
    /// The number of threads, including those that hang.
    threads: usize,
    /// The number of the thread that takes jobs. Earlier threads end after their current job.
    current: u64,
    /// The time at which that thread took a job; `None` while it waits for one.
    busy_since: Option<Instant>,
    /// `true` if the thread ends once the queue is empty.
    dismissed: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    waiting: VecDeque::new(),
    held: VecDeque::new(),
    threads: 0,
    current: 0,
    busy_since: None,
    dismissed: false,
});
static CHANGED: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs code on the thread for events, and returns at once.
///
/// The code is dropped if too many jobs wait already, or if the system gives no thread.
pub(super) fn run(code: impl FnOnce() + Send + 'static) {
    push(Box::new(code), None);
}

/// Runs code there after two seconds, or sooner if [`release`] or the end of the process demands
/// it.
pub(super) fn run_later(code: impl FnOnce() + Send + 'static) {
    push(Box::new(code), Some(Instant::now() + HOLD_TIMEOUT));
}

fn push(code: Job, due: Option<Instant>) {
    let mut queue = queue();
    queue.dismissed = false;
    if queue.waiting.len() + queue.held.len() >= MAX_WAITING {
        drop(queue);
        // Dropping it may run user code.
        quietly(|| drop(code));
        return;
    }
    match due {
        None => queue.waiting.push_back(code),
        Some(due) => queue.held.push_back((due, code)),
    }
    let unserved = queue.ensure_thread(HANG_TIMEOUT);
    drop(queue);
    quietly(|| drop(unserved));
    CHANGED.notify_all();
}

/// Makes all jobs for later due.
pub(super) fn release() {
    queue().make_due(true);
    CHANGED.notify_all();
}

/// Runs code on a thread of its own and waits for its value. Only a test's capture does that.
///
/// Returns `None` if the code panics or takes too long.
pub(super) fn ask<T: Send + 'static>(code: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, value) = mpsc::sync_channel(1);
    let work = move || {
        own_line::disown_thread();
        quietly(|| drop(done.send(code())));
    };
    let thread = thread::Builder::new().name("monitor-event".into());
    thread.spawn(work).ok()?;
    value.recv_timeout(ANSWER_TIMEOUT).ok()
}

/// Replaces the thread if it hangs for that long. Returns `true` if there is room for further jobs.
pub(super) fn supervise(patience: Duration) -> bool {
    let mut queue = queue();
    if queue.waiting.is_empty() {
        return true;
    }
    let unserved = queue.ensure_thread(patience);
    let has_room = queue.waiting.len() < MAX_WAITING;
    drop(queue);
    quietly(|| drop(unserved));
    has_room
}

/// Lets the thread end once the queue is empty.
pub(super) fn dismiss() {
    queue().dismissed = true;
    CHANGED.notify_all();
}

impl Queue {
    /// Starts a thread if none runs, or if the one that runs hangs. Returns the jobs that no thread
    /// will ever do.
    fn ensure_thread(&mut self, patience: Duration) -> VecDeque<Job> {
        let is_late = |since: Instant| since.elapsed() > patience;
        let hangs = self.busy_since.is_some_and(is_late) && self.threads < MAX_THREADS;
        if self.threads > 0 && !hangs {
            return VecDeque::new();
        }
        let number = self.current + 1;
        let thread = thread::Builder::new().name("monitor-event".into());
        if thread.spawn(move || work(number)).is_ok() {
            self.current = number;
            self.threads += 1;
            self.busy_since = None;
        } else if self.threads == 0 {
            self.make_due(true);
            return std::mem::take(&mut self.waiting);
        }
        VecDeque::new()
    }

    fn make_due(&mut self, all: bool) {
        let (all, now) = (all || ENDING.load(Ordering::Relaxed), Instant::now());
        let due = self.held.partition_point(|(due, _)| all || *due <= now);
        let due = self.held.drain(..due).map(|(_, job)| job);
        self.waiting.extend(due);
    }

    /// Returns `true` if the queue is empty and no job will come.
    fn is_done(&self) -> bool {
        self.dismissed && self.waiting.is_empty() && self.held.is_empty()
    }

    /// Waits for a job, or for the time of the next check.
    fn wait(mut queue: MutexGuard<'_, Self>) -> MutexGuard<'_, Self> {
        queue.make_due(false);
        if !queue.waiting.is_empty() {
            return queue;
        }
        if queue.held.is_empty() {
            return CHANGED.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let waited = CHANGED.wait_timeout(queue, ENDING_INTERVAL);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

thread_local! {
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Returns `true` on the thread for events.
pub(super) fn is_here() -> bool {
    HERE.get()
}

/// Does the jobs, one after the other.
fn work(number: u64) {
    own_line::disown_thread();
    HERE.set(true);
    let mut queue = queue();
    while queue.current == number && !queue.is_done() {
        queue = Queue::wait(queue);
        if queue.waiting.is_empty() {
            continue;
        }
        drop(queue);
        // A thread that waits without a job does not hang. A replacement would send events out of
        // order.
        stack::wait_for_symbols();
        queue = self::queue();
        let Some(job) = queue.waiting.pop_front() else {
            continue;
        };
        queue.busy_since = Some(Instant::now());
        drop(queue);
        quietly(job);
        queue = self::queue();
        if queue.current == number {
            queue.busy_since = None;
        }
    }
    queue.threads -= 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_hangs_holds_up_no_other() {
        let (go_on, hangs) = mpsc::channel::<()>();
        let (done, value) = mpsc::channel();
        let began = Instant::now();
        run(move || {
            let _ = hangs.recv();
        });
        run(move || done.send(7).expect("the test waits"));
        assert!(began.elapsed() < HANG_TIMEOUT, "the caller does not wait");
        while value.try_recv() != Ok(7) {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "it is never done"
            );
            supervise(FLUSH_TIMEOUT);
            thread::sleep(Duration::from_millis(10));
        }
        drop(go_on);
        let (done, value) = mpsc::channel();
        run(|| panic!("on purpose"));
        run(move || done.send(8).expect("the test waits"));
        assert_eq!(
            value.recv_timeout(Duration::from_secs(20)),
            Ok(8),
            "after a panic"
        );
    }
}

//! A queue between code that must not wait and the thread that sends, bounded in bytes.
//!
//! An item that does not fit is given back to the code that brings it, which counts it. The sender takes
//! items in batches: a batch waits for more of them, unless it is large, the queue is being flushed, or
//! the process ends.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time after which a batch that waits for more items looks if the process is about to end.
const LOOK: Duration = Duration::from_millis(200);

/// `true` once the process is crashing: no batch waits any longer.
static HURRY: AtomicBool = AtomicBool::new(false);

/// Makes every sender send what it has. Only stores to an atomic: a signal handler calls it.
pub(crate) fn hurry() {
    HURRY.store(true, Ordering::Relaxed);
}

/// The right to take items, from an [`Outbox::open`] to the next close.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn(u64);

/// A queue that is bounded in bytes.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    queue: Mutex<Queue<T>>,
    changed: Condvar,
    max_bytes: usize,
    is_open: AtomicBool,
    /// Items that wait or are being sent. A process that crashes reads it, and takes no lock.
    unsent: AtomicUsize,
}

#[derive(Debug)]
struct Queue<T> {
    waiting: VecDeque<(T, usize)>,
    bytes: usize,
    /// The bytes at which a sender that waits for more is woken.
    enough: usize,
    is_open: bool,
    /// Counts the senders: one that is late after a close ends, even if the queue is open again.
    turn: u64,
    /// The number of callers that wait for the queue to be empty.
    flushing: usize,
    /// The number of items that the sender has taken and not finished.
    sending: usize,
}

impl<T> Outbox<T> {
    /// Returns a queue that is closed until it is [opened](Self::open).
    pub(crate) const fn new(max_bytes: usize) -> Self {
        Self {
            queue: Mutex::new(Queue {
                waiting: VecDeque::new(),
                bytes: 0,
                enough: 0,
                is_open: false,
                turn: 0,
                flushing: 0,
                sending: 0,
            }),
            changed: Condvar::new(),
            max_bytes,
            is_open: AtomicBool::new(false),
            unsent: AtomicUsize::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts items from now on, for a sender whose turn this is.
    pub(crate) fn open(&self) -> Turn {
        let mut queue = self.lock();
        queue.is_open = true;
        queue.turn += 1;
        self.is_open.store(true, Ordering::Release);
        Turn(queue.turn)
    }

    /// Returns `true` if it accepts items. Reads one atomic.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Accepts no more items, without a lock: for a child process, which has no thread that sends.
    pub(crate) fn switch_off(&self) {
        self.is_open.store(false, Ordering::Release);
        self.unsent.store(0, Ordering::Release);
    }

    /// Returns `true` if no item waits or is being sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.unsent.load(Ordering::Acquire) == 0
    }

    /// Adds an item that occupies so many bytes. Gives it back if there is no room for it, or if the queue
    /// is closed.
    pub(crate) fn put(&self, item: T, bytes: usize) -> Result<(), T> {
        if !self.is_open() {
            return Err(item);
        }
        let mut queue = self.lock();
        if !queue.is_open || queue.bytes + bytes > self.max_bytes {
            return Err(item);
        }
        let before = queue.bytes;
        queue.bytes += bytes;
        queue.waiting.push_back((item, bytes));
        self.unsent.fetch_add(1, Ordering::AcqRel);
        let is_enough = before < queue.enough && queue.bytes >= queue.enough;
        if queue.waiting.len() == 1 || is_enough {
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Waits for items and takes them: `enough` bytes of them, or those that came in a time. Returns `None`
    /// once the queue was closed. Another caller may have removed all of them meanwhile.
    ///
    /// The sender calls [`sent`](Self::sent) when it has finished with them.
    pub(crate) fn take(&self, turn: Turn, enough: usize, linger: Duration) -> Option<Vec<T>> {
        let idle = |queue: &mut Queue<T>| queue.waiting.is_empty() && queue.is_in(turn);
        let waited = self.changed.wait_while(self.lock(), idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner);
        queue.enough = enough;
        let since = Instant::now();
        while queue.is_in(turn) && queue.flushing == 0 && queue.bytes < enough {
            let left = linger.saturating_sub(since.elapsed());
            if left.is_zero() || HURRY.load(Ordering::Relaxed) {
                break;
            }
            let waited = self.changed.wait_timeout(queue, left.min(LOOK));
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if !queue.is_in(turn) {
            return None;
        }
        let mut taken = Vec::new();
        let mut bytes = 0;
        while bytes < enough.max(1)
            && let Some((item, its)) = queue.waiting.pop_front()
        {
            bytes += its;
            taken.push(item);
        }
        queue.bytes -= bytes;
        queue.sending = taken.len();
        Some(taken)
    }

    /// Notes that the sender has finished with the items that it took.
    pub(crate) fn sent(&self, turn: Turn) {
        let mut queue = self.lock();
        if !queue.is_in(turn) {
            return;
        }
        self.unsent.fetch_sub(queue.sending, Ordering::AcqRel);
        queue.sending = 0;
        self.changed.notify_all();
    }

    /// Waits for a time before another attempt, unless the queue is flushed or closed meanwhile. Returns
    /// `false` if it was.
    pub(crate) fn pause(&self, turn: Turn, time: Duration) -> bool {
        let since = Instant::now();
        let mut queue = self.lock();
        while queue.is_in(turn) && queue.flushing == 0 && !HURRY.load(Ordering::Relaxed) {
            let left = time.saturating_sub(since.elapsed());
            if left.is_zero() {
                return true;
            }
            let waited = self.changed.wait_timeout(queue, left.min(LOOK));
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// Waits until everything is sent. Returns `false` if that takes longer than a time.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        self.hasten();
        self.flushed(timeout)
    }

    /// Makes the sender send what waits, until [`flushed`](Self::flushed) has been called.
    pub(crate) fn hasten(&self) {
        self.lock().flushing += 1;
        self.changed.notify_all();
    }

    /// Waits until everything is sent, after [`hasten`](Self::hasten). Returns `false` if that takes longer than a
    /// time.
    pub(crate) fn flushed(&self, timeout: Duration) -> bool {
        let is_busy = |queue: &mut Queue<T>| queue.sending > 0 || !queue.waiting.is_empty();
        // A process that was forked off has no sender to wait for.
        let timeout = if self.is_open() {
            timeout
        } else {
            Duration::ZERO
        };
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), timeout, is_busy);
        let (mut queue, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.flushing -= 1;
        !timed_out.timed_out()
    }

    /// Keeps only the waiting items for which a test holds, and returns the others.
    pub(crate) fn retain(&self, mut keep: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut queue = self.lock();
        let all = std::mem::take(&mut queue.waiting);
        let (kept, left): (VecDeque<_>, VecDeque<_>) =
            all.into_iter().partition(|(item, _)| keep(item));
        queue.waiting = kept;
        queue.bytes = queue.waiting.iter().map(|(_, bytes)| bytes).sum();
        self.unsent.fetch_sub(left.len(), Ordering::AcqRel);
        left.into_iter().map(|(item, _)| item).collect()
    }

    /// Accepts no more items, ends the sender, and returns the items that were not sent.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut queue = self.lock();
        queue.is_open = false;
        self.is_open.store(false, Ordering::Release);
        queue.bytes = 0;
        let left: Vec<T> = queue.waiting.drain(..).map(|(item, _)| item).collect();
        let sending = std::mem::take(&mut queue.sending);
        self.unsent
            .fetch_sub(left.len() + sending, Ordering::AcqRel);
        self.changed.notify_all();
        left
    }
}

impl<T> Queue<T> {
    fn is_in(&self, turn: Turn) -> bool {
        self.is_open && self.turn == turn.0
    }
}

#[cfg(test)]
mod tests;

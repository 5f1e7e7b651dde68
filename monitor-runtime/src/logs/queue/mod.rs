//! A bounded queue between threads that log and a writer that may be slow, stalled or gone.
//!
//! `tracing-appender`'s queue allocates per line, wakes its thread per line and is bounded by a
//! number of lines of any size. Here a line is a copy into a buffer of its thread, which the writer's
//! thread takes whole: at most one wake and one write per millisecond, and a bound in bytes. Lines of one
//! thread are written in their order, lines of several in that of their time.
//!
//! A line that the process may not survive is written by its caller, after all lines before it and
//! as far as there is room. So no lock is ever held while a thread waits for the reader. A thread may lose
//! its CPU while it holds the lock, so a caller waits for it, up to a limit. While a disk does not answer,
//! only the first caller waits.

mod batch;
mod lanes;
mod through;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use self::batch::Writing;
use self::lanes::Lanes;
pub(super) use self::lanes::Room;
use self::through::MAX_WAIT;
use crate::base::clock;

/// The pause of the writer after a write, so that lines of a burst are written together.
const LINGER: Duration = Duration::from_millis(1);
/// The longest wait for room before the next attempt to write.
const RETRY: Duration = Duration::from_secs(1);
/// A destination of lines.
pub(super) trait Sink: Sync {
    /// `true` if `write` fails with `WouldBlock` instead of waiting for a reader.
    const NEVER_WAITS: bool;

    /// Writes a part of the bytes.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Waits until there may be room, but not longer than this.
    fn wait(&self, limit: Duration);
}

pub(super) struct Queue<S> {
    lanes: Lanes,
    /// `true` while the writer's thread sleeps until there is a line.
    asleep: AtomicBool,
    /// Held by the writer's thread while it falls asleep, and by the thread that wakes it.
    bed: Mutex<()>,
    /// Notifies the writer's thread.
    filled: Condvar,
    /// Locked for the length of a write.
    writing: Mutex<Writing>,
    /// `true` if a caller has waited too long for the end of a write, or in a forked process for room. No other
    /// waits for that.
    stalled: AtomicBool,
    /// The longest wait of a caller for the end of a write.
    max_wait: Duration,
    sink: S,
    /// The number of added lines that are written or lost since.
    done: AtomicU64,
    /// The time before which all lines are written or lost.
    written_to: AtomicU64,
    /// The number of lines that found no room.
    without_room: AtomicU64,
    /// The number of lines that could not be written.
    unwritten: AtomicU64,
}

#[derive(PartialEq, Eq)]
enum Pumped {
    /// There was nothing to write.
    Nothing,
    /// A batch is written or lost.
    Batch,
    /// The destination has no room.
    Blocked,
}

impl<S: Sink> Queue<S> {
    /// Creates a queue in which so many bytes may wait, and so many more of urgent lines, while as many are being
    /// written.
    pub(super) fn new(sink: S, room: usize, reserve: usize) -> Self {
        Self {
            lanes: Lanes::new(room, reserve),
            asleep: AtomicBool::new(false),
            bed: Mutex::new(()),
            filled: Condvar::new(),
            writing: Mutex::default(),
            stalled: AtomicBool::new(false),
            max_wait: MAX_WAIT,
            sink,
            done: AtomicU64::new(0),
            written_to: AtomicU64::new(0),
            without_room: AtomicU64::new(0),
            unwritten: AtomicU64::new(0),
        }
    }

    /// Returns the number of lines that found no room, or could not be written.
    pub(super) fn dropped(&self) -> u64 {
        self.without_room() + self.unwritten.load(Ordering::Relaxed)
    }

    /// Returns the number of lines that found no room.
    pub(super) fn without_room(&self) -> u64 {
        self.without_room.load(Ordering::Relaxed)
    }

    /// Returns `true` if every accepted line is written or lost. Takes no lock.
    pub(super) fn is_empty(&self) -> bool {
        self.done.load(Ordering::Acquire) >= self.lanes.added()
    }

    /// Returns `true` if every line that was added up to this time is written or lost.
    // Not by a number of lines: those that another thread adds at this moment are counted before they
    // have their place.
    fn is_written(&self, time: u64) -> bool {
        self.written_to.load(Ordering::Acquire) > time || self.is_empty()
    }

    /// Adds a line, or drops and counts it. Waits for nothing but the writer's thread while it takes the
    /// lines before this one.
    pub(super) fn push(&self, line: &[u8], room: Room) {
        if self.add(line, room).is_some() {
            self.wake();
        }
    }

    /// Writes a line without the queue, for a forked process that has a copy of the queue but not
    /// its thread. Once a line has waited for room in vain, those behind it wait no more, until there is room.
    pub(super) fn write_alone(&self, line: &[u8], patience: Duration) {
        let is_stalled = self.stalled.load(Ordering::Relaxed);
        let patience = if is_stalled { Duration::ZERO } else { patience };
        let is_written = self.write_whole(line, Instant::now() + patience);
        self.stalled.store(!is_written, Ordering::Relaxed);
        if !is_written {
            self.unwritten.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns `false` if there is no room for the end of a line in time, or an error.
    fn write_whole(&self, mut line: &[u8], until: Instant) -> bool {
        while !line.is_empty() {
            match self.sink.write(line) {
                Ok(written) if written > 0 => line = &line[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.sink.wait(left);
                }
                _ => return false,
            }
        }
        true
    }

    /// Waits until all accepted lines are written. Returns `false` if that takes too long.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let (time, added) = (clock::now(), self.lanes.added());
        // Where callers do not write, the time stands still once all is written.
        let is_written = || {
            let is_done = !S::NEVER_WAITS && self.done.load(Ordering::Acquire) >= added;
            is_done || self.is_written(time)
        };
        loop {
            let mut pumped = Pumped::Nothing;
            if S::NEVER_WAITS
                && let Some(mut writing) = self.try_writing()
            {
                pumped = self.pump(&mut writing);
            }
            if is_written() {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            match pumped {
                _ if left.is_zero() => return false,
                Pumped::Blocked => self.sink.wait(left),
                Pumped::Batch => {}
                // Another thread writes.
                Pumped::Nothing => thread::sleep(left.min(LINGER)),
            }
        }
    }

    /// Writes lines as they come, for ever.
    pub(super) fn run(&self) {
        loop {
            let writing = self.writing.lock();
            let pumped = self.pump(&mut writing.unwrap_or_else(PoisonError::into_inner));
            if pumped == Pumped::Blocked {
                self.sink.wait(RETRY);
            }
            thread::sleep(LINGER);
            self.sleep();
        }
    }

    /// Waits until there is something to write.
    fn sleep(&self) {
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.store(true, Ordering::Relaxed);
        // Either this thread sees the line, or the thread that adds it sees this one asleep.
        fence(Ordering::SeqCst);
        while self.is_empty() && self.asleep.load(Ordering::Relaxed) {
            bed = self
                .filled
                .wait(bed)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.store(false, Ordering::Relaxed);
    }

    /// Wakes the writer's thread, after a line was added.
    fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::Relaxed) {
            drop(self.bed.lock());
            self.filled.notify_one();
        }
    }

    /// Adds a line and returns its time, or counts it as dropped.
    fn add(&self, line: &[u8], room: Room) -> Option<u64> {
        let time = self.lanes.add(line, room).or_else(|| {
            // No wait gives it more room than an empty queue has.
            let is_alone = self.lanes.is_too_long(line) && self.is_empty();
            is_alone.then(|| self.lanes.add(line, Room::Always))?
        });
        if time.is_none() {
            self.without_room.fetch_add(1, Ordering::Relaxed);
        }
        time
    }

    /// Continues the last write, or writes the lines that wait.
    fn pump(&self, writing: &mut Writing) -> Pumped {
        let pumped = self.write(writing);
        if pumped != Pumped::Blocked {
            let until = writing.taken.until;
            self.written_to.fetch_max(until, Ordering::Release);
        }
        self.stalled.store(false, Ordering::Relaxed);
        pumped
    }

    fn write(&self, writing: &mut Writing) -> Pumped {
        if writing.taken.batch.is_empty() {
            self.lanes.take(&mut writing.taken);
            if writing.taken.batch.is_empty() {
                return Pumped::Nothing;
            }
        }
        let lines = writing.taken.batch.ends.len() as u64;
        let Some(lost) = writing.write_to(&self.sink) else {
            return Pumped::Blocked;
        };
        self.unwritten.fetch_add(lost, Ordering::Relaxed);
        self.done.fetch_add(lines, Ordering::Release);
        Pumped::Batch
    }

    fn try_writing(&self) -> Option<MutexGuard<'_, Writing>> {
        match self.writing.try_lock() {
            Ok(writing) => Some(writing),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests;

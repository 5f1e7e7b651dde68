//! Lines on their way to a writer that may be slow, stalled or gone.
//!
//! `tracing-appender`'s queue allocates per line, wakes its thread per line and is bounded by a
//! number of lines of any size. Here a line is a copy into a buffer that the writer's thread takes
//! whole: at most one wake and one write per millisecond, and a bound in bytes.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the writer rests after a write, so that lines of a burst are written together.
const LINGER: Duration = Duration::from_millis(1);
/// How long to leave a writer alone that has no room and does not wait for it.
const RETRY: Duration = Duration::from_millis(10);
/// A larger buffer is not kept after a burst.
const KEPT: usize = 1 << 20;

pub(super) struct Queue {
    state: Mutex<State>,
    /// Told to the writer's thread.
    filled: Condvar,
    /// Told by it.
    drained: Condvar,
    dropped: AtomicU64,
    /// Bytes that may wait.
    room: usize,
}

#[derive(Default)]
struct State {
    waiting: Batch,
    /// Whether the writer's thread sleeps until there is a line.
    asleep: bool,
    /// Whether it has taken lines that are not written yet.
    writing: bool,
    /// Whether somebody waits for it.
    hurried: bool,
}

/// Whole lines, and where each of them ends.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Queue {
    /// A queue in which so many bytes may wait, while as many are being written.
    pub(super) fn new(room: usize) -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            dropped: AtomicU64::new(0),
            room,
        }
    }

    /// Lines that found no room, or could not be written.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Adds a line, or drops and counts it; waits for nothing but another thread's copy.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        if line.len() > self.room - state.waiting.bytes.len() {
            drop(state);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        state.waiting.push(line);
        if mem::take(&mut state.asleep) {
            drop(state);
            self.filled.notify_one();
        }
    }

    /// Waits until all lines are written; `false` when that takes too long.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let mut state = self.lock();
        state.hurried = true;
        state.asleep = false;
        self.filled.notify_one();
        let unwritten = |state: &mut State| state.writing || !state.waiting.is_empty();
        let (mut state, waited) = self
            .drained
            .wait_timeout_while(state, patience, unwritten)
            .unwrap_or_else(PoisonError::into_inner);
        state.hurried = false;
        !waited.timed_out()
    }

    /// Writes lines as they come, for ever.
    pub(super) fn run(&self, mut writer: impl Write) {
        let mut batch = Batch::default();
        // Whether the last thing written was a part of a line.
        let mut torn = false;
        loop {
            self.next(&mut batch);
            let lost = batch.write_to(&mut writer, &mut torn);
            self.dropped.fetch_add(lost, Ordering::Relaxed);
            batch.clear();
        }
    }

    /// Waits for lines and takes them all; soon after the last ones, lets more of them come first.
    fn next(&self, batch: &mut Batch) {
        let mut state = self.lock();
        state.writing = false;
        if state.waiting.is_empty() {
            self.drained.notify_all();
        }
        let (mut state, _) = self
            .filled
            .wait_timeout_while(state, LINGER, |state| !state.hurried)
            .unwrap_or_else(PoisonError::into_inner);
        while state.waiting.is_empty() {
            state.asleep = true;
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.asleep = false;
        mem::swap(&mut state.waiting, batch);
        state.writing = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
    }

    fn clear(&mut self) {
        if self.bytes.capacity() > KEPT {
            *self = Self::default();
        }
        self.bytes.clear();
        self.ends.clear();
    }

    /// Returns how many lines could not be written whole.
    ///
    /// On a disk that was full a line may be `torn`: the next one begins a line of its own.
    fn write_to(&self, writer: &mut impl Write, torn: &mut bool) -> u64 {
        let mut rest = self.bytes.as_slice();
        if *torn {
            if writer.write_all(b"\n").is_err() {
                return self.ends.len() as u64;
            }
            *torn = false;
        }
        while !rest.is_empty() {
            match writer.write(rest) {
                Ok(0) => break,
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(RETRY),
                // Nobody reads any more; the next batch asks again.
                Err(_) => break,
            }
        }
        // What the writer itself keeps back; an error here will be met again.
        let _ = writer.flush();
        let written = self.bytes.len() - rest.len();
        let whole = self.ends.partition_point(|end| *end <= written);
        *torn = written > 0 && self.ends[..whole].last() != Some(&written);
        (self.ends.len() - whole) as u64
    }
}

#[cfg(test)]
mod tests;

//! Lines that are written before their caller goes on.

use std::sync::MutexGuard;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::batch::Writing;
use super::{Pumped, Queue, Room, Sink};

/// The most batches that a caller writes. The writer's thread writes the rest.
const ROUNDS: usize = 4;
/// Attempts of a caller to become the one that writes, before it sleeps between them.
const TRIES: u32 = 100;
/// The pause between later attempts. The thread that writes may have lost its CPU, so the caller
/// gives up its own.
const PAUSE: Duration = Duration::from_micros(100);
/// The longest wait for the thread that writes. A write never waits for a reader, so only a disk that
/// does not answer, or a machine with far more threads than CPUs, makes it longer.
pub(super) const MAX_WAIT: Duration = Duration::from_millis(250);

impl<S: Sink> Queue<S> {
    /// Adds a line and writes it with those before it, as far as there is room now. Waits for a thread that
    /// writes at this moment, which may write this line as well.
    pub(in super::super) fn push_through(&self, line: &[u8], room: Room) {
        if !S::NEVER_WAITS {
            return self.push(line, room);
        }
        let Some(time) = self.add(line, room) else {
            return;
        };
        if let Some(mut writing) = self.wait_to_write(time) {
            let is_finished = |pumped| pumped == Pumped::Blocked || self.is_written(time);
            let _ = (0..ROUNDS).any(|_| is_finished(self.pump(&mut writing)));
        }
        if !self.is_empty() {
            self.wake();
        }
    }

    /// Waits until this thread may write. Returns `None` if another thread has written the lines up to this
    /// time meanwhile, or if its write does not end.
    fn wait_to_write(&self, time: u64) -> Option<MutexGuard<'_, Writing>> {
        let mut until = None;
        for attempt in 0.. {
            let writing = self.try_writing();
            if writing.is_some() {
                return writing;
            }
            if self.is_written(time) || self.stalled.load(Ordering::Relaxed) {
                return None;
            }
            let now = Instant::now();
            if now >= *until.get_or_insert(now + self.max_wait) {
                break;
            }
            if attempt < TRIES {
                thread::yield_now();
            } else {
                thread::sleep(PAUSE);
            }
        }
        self.stalled.store(true, Ordering::Relaxed);
        // The write may have ended before that was noted.
        self.try_writing()
    }
}

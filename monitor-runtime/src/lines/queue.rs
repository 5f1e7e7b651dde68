//! Lines on their way to a writer that may be slow, stalled or gone.
//!
//! `tracing-appender`'s queue allocates per line, wakes its thread per line and is bounded by a
//! number of lines of any size. Here a line is a copy into a buffer that the writer's thread takes
//! whole: one wake and one write for all lines of a millisecond, and a bound in bytes.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long lines may wait for others to be written with them.
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
        loop {
            self.next(&mut batch);
            let lost = batch.write_to(&mut writer);
            self.dropped.fetch_add(lost, Ordering::Relaxed);
            batch.clear();
        }
    }

    /// Waits for lines, lets more of them come, and takes them all.
    fn next(&self, batch: &mut Batch) {
        let mut state = self.lock();
        state.writing = false;
        if state.waiting.is_empty() {
            self.drained.notify_all();
        }
        while state.waiting.is_empty() {
            state.asleep = true;
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.asleep = false;
        let (mut state, _) = self
            .filled
            .wait_timeout_while(state, LINGER, |state| !state.hurried)
            .unwrap_or_else(PoisonError::into_inner);
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
    fn write_to(&self, writer: &mut impl Write) -> u64 {
        let mut rest = self.bytes.as_slice();
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
        (self.ends.len() - whole) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Arc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn attended(room: usize, writer: impl Write + Send + 'static) -> Arc<Queue> {
        let queue = Arc::new(Queue::new(room));
        let theirs = Arc::clone(&queue);
        thread::spawn(move || theirs.run(writer));
        queue
    }

    #[test]
    fn lines_written_and_lines_dropped_are_the_lines_made() {
        const THREADS: u64 = 4;
        const LINES: u64 = 20_000;
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let queue = attended(100_000, writer);
        // Nobody reads yet: were a call to wait, this would never end.
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let queue = &queue;
                scope.spawn(move || {
                    for line in 0..LINES {
                        queue.push(format!("{thread} {line}\n").as_bytes());
                    }
                });
            }
        });
        assert!(!queue.flush(Duration::from_millis(20)), "it is stalled");
        let dropped = queue.dropped();
        assert!(dropped > 0);
        let read = thread::spawn(move || {
            let mut text = Vec::new();
            let mut piece = [0; 4096];
            while !text.ends_with(b"end\n") {
                let length = reader.read(&mut piece).expect("a pipe can be read");
                text.extend_from_slice(&piece[..length]);
            }
            String::from_utf8(text).expect("UTF-8")
        });
        assert!(queue.flush(PATIENCE), "somebody reads now");
        queue.push(b"end\n");
        let text = read.join().expect("no panic");
        let mut last = [None; THREADS as usize];
        let mut written = 0;
        for line in text.lines().filter(|line| *line != "end") {
            let (thread, line) = line.split_once(' ').expect("a whole line");
            let thread: usize = thread.parse().expect("a thread");
            let line: u64 = line.parse().expect("a number");
            assert!(last[thread] < Some(line), "in order");
            last[thread] = Some(line);
            written += 1;
        }
        assert_eq!(written + dropped, THREADS * LINES);
        assert_eq!(queue.dropped(), dropped, "nothing is lost that had room");
    }

    /// Takes so many bytes, then says that nobody reads any more.
    struct Closing(usize);
    impl Write for Closing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let queue = attended(1000, Closing(10));
        for _ in 0..5 {
            queue.push(b"line\n");
        }
        assert!(queue.flush(PATIENCE));
        queue.push(b"line\n");
        assert!(queue.flush(PATIENCE), "it goes on");
        assert_eq!(queue.dropped(), 4, "two were taken whole");
    }

    /// Full every other time, and interrupted in between.
    #[derive(Default)]
    struct Moody(usize, Arc<Mutex<Vec<u8>>>);
    impl Write for Moody {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 % 3 {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                1 => Err(io::ErrorKind::Interrupted.into()),
                _ => self.1.lock().unwrap().write(&bytes[..1]),
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_writer_that_has_no_room_just_now_is_asked_again() {
        let writer = Moody::default();
        let text = Arc::clone(&writer.1);
        let queue = attended(1000, writer);
        queue.push(b"one\n");
        queue.push(b"two\n");
        assert!(queue.flush(PATIENCE));
        assert_eq!(text.lock().unwrap().as_slice(), b"one\ntwo\n");
        assert_eq!(queue.dropped(), 0);
    }

    #[test]
    fn a_line_larger_than_the_queue_is_dropped() {
        let queue = attended(4, io::sink());
        queue.push(b"12345");
        queue.push(b"1234");
        assert!(queue.flush(PATIENCE));
        assert_eq!(queue.dropped(), 1);
    }
}

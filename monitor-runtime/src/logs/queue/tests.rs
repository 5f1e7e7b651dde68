//! Tests that no line blocks its caller or is lost silently while the writer is slow, stalled or
//! gone.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use super::*;

mod room;
mod waiting;

const TEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A writer that may wait.
struct Patient<W>(Mutex<W>);

impl<W: Write + Send> Sink for Patient<W> {
    const NEVER_WAITS: bool = false;

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn wait(&self, limit: Duration) {
        thread::sleep(limit.min(Duration::from_millis(1)));
    }
}

fn attended<W: Write + Send + 'static>(room: usize, writer: W) -> Arc<Queue<Patient<W>>> {
    let queue = Arc::new(Queue::new(Patient(Mutex::new(writer)), room, 0));
    let theirs = Arc::clone(&queue);
    thread::spawn(move || theirs.run());
    queue
}

/// Has so much room, and never waits for more.
#[derive(Default)]
struct Small {
    room: AtomicU64,
    text: Mutex<Vec<u8>>,
}

impl Sink for Small {
    const NEVER_WAITS: bool = true;

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.load(Ordering::Relaxed);
        let taken = bytes.len().min(usize::try_from(room).unwrap());
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room.fetch_sub(taken as u64, Ordering::Relaxed);
        self.text.lock().unwrap().extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn wait(&self, limit: Duration) {
        thread::sleep(limit.min(Duration::from_millis(1)));
    }
}

#[test]
fn a_line_that_is_written_through_comes_after_those_that_wait_and_waits_for_none() {
    // No thread writes: what is there, the caller has written.
    let queue = Queue::new(Small::default(), 1000, 0);
    let text = || String::from_utf8(queue.sink.text.lock().unwrap().clone()).expect("UTF-8");
    queue.push(b"first\n", Room::Ordinary);
    assert_eq!(text(), "");
    queue.push_through(b"second\n", Room::Urgent);
    assert_eq!(text(), "", "there is no room");
    queue.sink.room.store(9, Ordering::Relaxed);
    queue.push_through(b"third\n", Room::Urgent);
    assert_eq!(text(), "first\nsec", "as far as there is room");
    assert!(!queue.flush(Duration::from_millis(5)));
    queue.sink.room.store(100, Ordering::Relaxed);
    queue.push_through(b"fourth\n", Room::Urgent);
    assert_eq!(text(), "first\nsecond\nthird\nfourth\n");
    queue.push(b"fifth\n", Room::Ordinary);
    assert!(queue.flush(TEST_TIMEOUT), "it writes without the thread");
    assert!(queue.is_empty() && queue.dropped() == 0);
}

#[test]
fn lines_written_and_lines_dropped_are_the_lines_made() {
    const THREADS: u64 = 4;
    const LINES: u64 = 20_000;
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let queue = attended(100_000, writer);
    // The reader has not begun: if a call waited, this would never end.
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let queue = &queue;
            scope.spawn(move || {
                for line in 0..LINES {
                    queue.push(format!("{thread} {line}\n").as_bytes(), Room::Ordinary);
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
    assert!(queue.flush(TEST_TIMEOUT), "it is read now");
    queue.push(b"end\n", Room::Ordinary);
    let text = read.join().expect("no panic");
    let mut last = HashMap::new();
    let mut written = 0;
    for line in text.lines().filter(|line| *line != "end") {
        let (thread, line) = line.split_once(' ').expect("a whole line");
        let line: u64 = line.parse().expect("a number");
        let before = last.insert(thread, line);
        assert!(before < Some(line), "in order");
        written += 1;
    }
    assert_eq!(written + dropped, THREADS * LINES);
    assert_eq!(queue.dropped(), dropped, "nothing is lost that had room");
}

/// Takes so many bytes, then fails as if its reader were gone.
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
        queue.push(b"line\n", Room::Ordinary);
    }
    assert!(queue.flush(TEST_TIMEOUT));
    queue.push(b"line\n", Room::Ordinary);
    assert!(queue.flush(TEST_TIMEOUT), "it goes on");
    assert_eq!(queue.dropped(), 4, "two were taken whole");
}

/// A disk with so much room, which a test can enlarge.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(usize, Vec<u8>)>>);
impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (room, text) = &mut *self.0.lock().unwrap();
        let taken = bytes.len().min(*room);
        if taken == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *room -= taken;
        text.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives a disk more room, writes two lines, and returns all that is on the disk.
fn text_with_two_more_lines(queue: &Queue<Patient<Disk>>, disk: &Disk, room: usize) -> String {
    disk.0.lock().unwrap().0 += room;
    for line in ["first\n", "second\n"] {
        queue.push(line.as_bytes(), Room::Ordinary);
    }
    assert!(queue.flush(TEST_TIMEOUT));
    String::from_utf8(disk.0.lock().unwrap().1.clone()).expect("UTF-8")
}

#[test]
fn a_line_that_a_full_disk_has_torn_spoils_no_other() {
    let disk = Disk::default();
    let queue = attended(1000, disk.clone());
    let text = |room| text_with_two_more_lines(&queue, &disk, room);
    assert_eq!(text(9), "first\nsec");
    assert_eq!(text(0), "first\nsec", "still full");
    assert_eq!(text(100), "first\nsec\nfirst\nsecond\n");
    assert_eq!(queue.dropped(), 3);
}

#[test]
fn a_line_that_lacks_only_its_line_break_is_not_lost() {
    let disk = Disk::default();
    let queue = attended(1000, disk.clone());
    let text = |room| text_with_two_more_lines(&queue, &disk, room);
    assert_eq!(text(5), "first");
    assert_eq!(queue.dropped(), 1, "the second one");
    assert_eq!(text(100), "first\nfirst\nsecond\n");
    assert_eq!(queue.dropped(), 1);
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
    queue.push(b"one\n", Room::Ordinary);
    queue.push(b"two\n", Room::Ordinary);
    assert!(queue.flush(TEST_TIMEOUT));
    assert_eq!(text.lock().unwrap().as_slice(), b"one\ntwo\n");
    assert_eq!(queue.dropped(), 0);
}

#[test]
fn lines_of_several_threads_are_written_in_the_order_of_their_time() {
    const LINES: usize = 200;
    let queue = Queue::new(Small::default(), 1 << 20, 0);
    queue.sink.room.store(1 << 20, Ordering::Relaxed);
    // Each of them adds a line when it has seen that of the other.
    let turn = AtomicU64::new(0);
    let add = |mine: u64| {
        for line in (0..LINES as u64).filter(|line| line % 3 == mine) {
            while turn.load(Ordering::Acquire) != line {
                thread::yield_now();
            }
            queue.push(format!("{line}\n").as_bytes(), Room::Ordinary);
            turn.store(line + 1, Ordering::Release);
        }
    };
    let add = &add;
    thread::scope(|scope| {
        for mine in 0..3 {
            scope.spawn(move || add(mine));
        }
        // Meanwhile the lines are written, a few at a time.
        while turn.load(Ordering::Acquire) < LINES as u64 {
            queue.flush(Duration::from_millis(1));
        }
    });
    assert!(queue.flush(TEST_TIMEOUT));
    let text = String::from_utf8(queue.sink.text.lock().unwrap().clone()).expect("UTF-8");
    let written: Vec<usize> = text
        .lines()
        .map(|line| line.parse().expect("a number"))
        .collect();
    assert!(written.into_iter().eq(0..LINES));
}

#[test]
fn lanes_of_threads_that_have_ended_are_used_again() {
    let queue = Queue::new(Small::default(), 1000, 0);
    queue.sink.room.store(1 << 20, Ordering::Relaxed);
    for line in 0..100 {
        let add = || queue.push(format!("{line}\n").as_bytes(), Room::Ordinary);
        thread::scope(|scope| scope.spawn(add).join().expect("no panic"));
    }
    assert!(queue.flush(TEST_TIMEOUT) && queue.dropped() == 0);
    assert_eq!(queue.lanes.count(), 2, "the shared one, and one more");
}

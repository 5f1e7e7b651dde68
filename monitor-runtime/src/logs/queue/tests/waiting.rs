//! Tests of a line that is written before its caller goes on, while another thread writes.

use super::*;

/// Writes while the gate is open, and keeps the writing thread until then.
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
    /// The number of writes that have begun.
    begun: AtomicU64,
    text: Mutex<String>,
}

impl Gate {
    fn closed() -> Self {
        Self {
            is_open: Mutex::new(false),
            opened: Condvar::new(),
            begun: AtomicU64::new(0),
            text: Mutex::default(),
        }
    }

    fn set_open(&self, is_open: bool) {
        *self.is_open.lock().unwrap() = is_open;
        self.opened.notify_all();
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

impl Sink for Gate {
    const NEVER_WAITS: bool = true;

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let mut is_open = self.is_open.lock().unwrap();
        while !*is_open {
            is_open = self.opened.wait(is_open).unwrap();
        }
        let text = str::from_utf8(bytes).expect("UTF-8");
        self.text.lock().unwrap().push_str(text);
        Ok(bytes.len())
    }

    fn wait(&self, _: Duration) {}
}

fn queue(max_wait: Duration) -> Queue<Gate> {
    let mut queue = Queue::new(Gate::closed(), 1 << 20, 0);
    queue.max_wait = max_wait;
    queue
}

/// Runs the code while another thread writes a line and does not get on.
fn while_a_write_stalls<T>(queue: &Queue<Gate>, line: &[u8], code: impl FnOnce() -> T) -> T {
    queue.sink.set_open(false);
    let begun = queue.sink.begun.load(Ordering::Relaxed);
    thread::scope(|scope| {
        scope.spawn(|| queue.push_through(line, Room::Urgent));
        while queue.sink.begun.load(Ordering::Relaxed) == begun {
            thread::yield_now();
        }
        let result = code();
        queue.sink.set_open(true);
        result
    })
}

#[test]
fn a_line_waits_for_a_thread_that_has_lost_its_cpu_in_a_write() {
    let queue = queue(TEST_TIMEOUT);
    let text = while_a_write_stalls(&queue, b"first\n", || {
        thread::scope(|scope| {
            scope.spawn(|| {
                // More than the attempts without a pause take.
                thread::sleep(Duration::from_millis(50));
                queue.sink.set_open(true);
            });
            queue.push_through(b"second\n", Room::Urgent);
            queue.sink.text()
        })
    });
    assert_eq!(text, "first\nsecond\n");
    assert!(queue.is_empty() && queue.dropped() == 0);
}

#[test]
fn one_line_waits_for_a_write_that_does_not_end_and_the_others_do_not() {
    const MAX_WAIT: Duration = Duration::from_millis(100);
    let queue = queue(MAX_WAIT);
    let timed = |lines: usize| {
        let began = Instant::now();
        (0..lines).for_each(|_| queue.push_through(b"x\n", Room::Urgent));
        began.elapsed()
    };
    // Each write that does not end has its one line that waits.
    for _ in 0..2 {
        let [one, others] = while_a_write_stalls(&queue, b"x\n", || [1, 100].map(timed));
        assert!(one >= MAX_WAIT, "{one:?}");
        assert!(others < 50 * MAX_WAIT, "{others:?}");
        queue.push_through(b"x\n", Room::Urgent);
        assert!(queue.is_empty() && queue.dropped() == 0);
    }
    assert_eq!(queue.sink.text(), "x\n".repeat(2 * 103));
}

#[test]
fn a_line_is_written_though_another_one_is_added_at_that_moment() {
    const LINES: usize = 300;
    let queue = queue(TEST_TIMEOUT);
    queue.sink.set_open(true);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                queue.push(b"other\n", Room::Ordinary);
                // It leaves room for the lines that are looked for.
                thread::yield_now();
            }
        });
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                queue.flush(Duration::ZERO);
            }
        });
        let is_written = |line: &usize| {
            queue.push_through(format!("{line}\n").as_bytes(), Room::Urgent);
            let text = std::mem::take(&mut *queue.sink.text.lock().unwrap());
            text.lines().any(|found| found == line.to_string())
        };
        let written = (0..LINES).filter(is_written).count();
        is_done.store(true, Ordering::Relaxed);
        assert_eq!((written, queue.dropped()), (LINES, 0));
    });
}

#[test]
fn only_the_first_line_of_a_forked_process_waits_for_a_reader_that_has_stopped() {
    let queue = Queue::new(Small::default(), 1000, 0);
    let patience = Duration::from_millis(300);
    let took = |line: &[u8]| {
        let began = Instant::now();
        queue.write_alone(line, patience);
        began.elapsed()
    };
    assert!(took(b"first\n") >= patience);
    let others: Duration = (0..1_000).map(|_| took(b"another\n")).sum();
    assert!(others < patience, "{others:?}");
    assert_eq!(queue.dropped(), 1_001);
    queue.sink.room.store(6, Ordering::Relaxed);
    queue.write_alone(b"there\n", patience);
    assert_eq!(*queue.sink.text.lock().unwrap(), b"there\n");
    assert!(took(b"again\n") >= patience, "it has been read meanwhile");
}

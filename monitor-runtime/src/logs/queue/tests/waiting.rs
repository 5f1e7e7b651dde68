//! Tests of a line that is written before its caller goes on, while another thread writes.

use super::*;

/// Writes when the gate is open, and keeps the writing thread until then.
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    /// The number of writes that have begun.
    begun: AtomicU64,
    text: Mutex<String>,
}

impl Gate {
    fn closed() -> Self {
        Self {
            open: Mutex::new(false),
            opened: Condvar::new(),
            begun: AtomicU64::new(0),
            text: Mutex::default(),
        }
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
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
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.opened.wait(open).unwrap();
        }
        let text = str::from_utf8(bytes).expect("UTF-8");
        self.text.lock().unwrap().push_str(text);
        Ok(bytes.len())
    }

    fn wait(&self, _: Duration) {}
}

/// Runs the code while another thread writes the first line and does not get on.
fn while_a_write_stalls(max_wait: Duration, code: impl FnOnce(&Queue<Gate>)) -> String {
    let mut queue = Queue::new(Gate::closed(), 1 << 20);
    queue.max_wait = max_wait;
    thread::scope(|scope| {
        scope.spawn(|| queue.push_through(b"first\n"));
        while queue.sink.begun.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        code(&queue);
        queue.sink.open();
    });
    queue.push_through(b"last\n");
    assert!(queue.is_empty() && queue.dropped() == 0);
    queue.sink.text()
}

#[test]
fn a_line_waits_for_a_thread_that_has_lost_its_cpu_in_a_write() {
    let text = while_a_write_stalls(TEST_TIMEOUT, |queue| {
        thread::scope(|scope| {
            scope.spawn(|| {
                // More than the attempts without a pause take.
                thread::sleep(Duration::from_millis(50));
                queue.sink.open();
            });
            queue.push_through(b"second\n");
            assert_eq!(queue.sink.text(), "first\nsecond\n");
        });
    });
    assert_eq!(text, "first\nsecond\nlast\n");
}

#[test]
fn one_line_waits_for_a_write_that_does_not_end_and_the_others_do_not() {
    let text = while_a_write_stalls(MAX_WAIT, |queue| {
        queue.push_through(b"second\n");
        let began = Instant::now();
        for _ in 0..100 {
            queue.push_through(b"x\n");
        }
        let took = began.elapsed();
        assert!(took < 10 * MAX_WAIT, "100 lines took {took:?}");
    });
    assert_eq!(text, format!("first\nsecond\n{}last\n", "x\n".repeat(100)));
}

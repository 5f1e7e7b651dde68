//! Standard output, behind a queue.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::queue::Queue;

/// Bytes that may wait for standard output: some 20,000 lines.
const ROOM: usize = 8 << 20;
/// How long a shutdown waits for standard output to take them.
const PATIENCE: Duration = Duration::from_secs(1);

/// It outlives a shutdown, as the subscriber does.
struct Output {
    queue: Arc<Queue>,
    /// Whether there is a thread behind the queue.
    attended: bool,
    /// Whether lines are written by whoever makes them.
    direct: AtomicBool,
}

static OUTPUT: OnceLock<Output> = OnceLock::new();

/// Standard output behind the runtime's queue; made by [`queued_stdout`].
#[derive(Clone, Copy, Debug)]
pub struct QueuedStdout(());

/// Standard output for a layer of your own: a line is a copy into a queue of 8 MiB.
///
/// A thread writes what is queued. A line that finds the queue full, or that standard output
/// refuses, is dropped and counted in `monitor_log_lines_dropped_total`: nobody who reads slowly,
/// or has stopped reading, ever blocks a call. `shutdown()` writes what is queued; lines after it
/// are written directly. Every `write` to it is one line.
///
/// ```
/// use monitor_runtime::{json_layer, queued_stdout};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(json_layer(queued_stdout()));
/// # drop(subscriber);
/// ```
pub fn queued_stdout() -> QueuedStdout {
    OUTPUT.get_or_init(Output::open);
    QueuedStdout(())
}

/// Lines that the queue had no room for, or that could not be written; `None` without a queue.
pub(crate) fn dropped_lines() -> Option<u64> {
    OUTPUT.get().map(|output| output.queue.dropped())
}

/// Writes what is queued; later lines are written directly, so none is lost after a shutdown.
///
/// Where standard output does not take them in time, they go on being queued.
pub(crate) fn flush() {
    super::panics::tell_late(Duration::ZERO);
    let Some(output) = OUTPUT.get().filter(|output| output.attended) else {
        return;
    };
    if output.queue.flush(PATIENCE) {
        output.direct.store(true, Ordering::Relaxed);
        // Of those that came in between.
        output.queue.flush(PATIENCE);
    }
}

/// Takes a [`flush`] back: lines are queued again.
pub(crate) fn reopen() {
    if let Some(output) = OUTPUT.get().filter(|output| output.attended) {
        output.direct.store(false, Ordering::Relaxed);
    }
}

impl Output {
    fn open() -> Self {
        let queue = Arc::new(Queue::new(ROOM));
        let theirs = Arc::clone(&queue);
        let thread = thread::Builder::new()
            .name("monitor-log".into())
            .spawn(move || theirs.run(io::stdout()));
        Self {
            queue,
            attended: thread.is_ok(),
            direct: AtomicBool::new(thread.is_err()),
        }
    }
}

impl<'a> MakeWriter<'a> for QueuedStdout {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}

impl Write for QueuedStdout {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match OUTPUT.get() {
            Some(output) if !output.direct.load(Ordering::Relaxed) => {
                output.queue.push(line);
                Ok(line.len())
            }
            _ => io::stdout().write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

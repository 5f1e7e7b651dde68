//! Standard output behind the queue.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::places;
use super::queue::Queue;
use super::stdout::Stdout;
use crate::base::hooks;

/// Bytes that may wait for standard output: some 20,000 lines.
const ROOM: usize = 8 << 20;
/// The time that the first line of a forked process which finds no room waits for some.
const ROOM_TIMEOUT: Duration = Duration::from_secs(1);

/// The process's output. It survives a shutdown, as the subscriber does.
struct Output {
    queue: Arc<Queue<Stdout>>,
    /// `true` if callers write their lines themselves, at every level.
    through: AtomicBool,
}

static OUTPUT: OnceLock<Output> = OnceLock::new();

/// Standard output behind the runtime's queue; made by [`queued_stdout`].
#[derive(Clone, Copy, Debug)]
pub struct NonBlockingStdout {
    /// `true` if the line is written before its caller goes on.
    through: bool,
    /// `true` if the line is never dropped.
    kept: bool,
}

/// Returns standard output for a layer of your own, behind a queue of 8 MiB: writing a line is a
/// copy into it.
///
/// A thread writes what is queued. A line that finds the queue full, or that standard output
/// refuses, is dropped and counted in `monitor_log_lines_dropped_total`: a reader that is slow, or
/// has stopped reading, never blocks a call. Every `write` to it is one line.
///
/// * A line of the level ERROR is written before its caller goes on, with the lines before it and as
///   far as standard output has room for them. So it is there even if the process is killed next.
/// * `shutdown()`, `exit`, the return of `main`, `abort` and the signals that end a process write what
///   is queued. After a shutdown every line is written as one of ERROR is.
/// * A process that was forked off writes its lines itself.
///
/// ```
/// use monitor_runtime::logs::{json_layer, queued_stdout};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(json_layer(queued_stdout()));
/// # drop(subscriber);
/// ```
pub fn queued_stdout() -> NonBlockingStdout {
    OUTPUT.get_or_init(Output::open);
    NonBlockingStdout {
        through: false,
        kept: false,
    }
}

/// Returns the number of lines that found no room or could not be written; `None` without a queue.
pub(crate) fn dropped_lines() -> Option<u64> {
    OUTPUT.get().map(|output| output.queue.dropped())
}

/// Writes what is queued, for at most `patience`. Callers write later lines themselves.
pub(crate) fn flush(patience: Duration) {
    if let Some(output) = OUTPUT.get() {
        output.through.store(true, Ordering::Relaxed);
        output.queue.flush(patience);
    }
}

/// Returns `true` if no line waits for standard output; takes no lock.
pub(crate) fn is_flushed() -> bool {
    OUTPUT.get().is_none_or(|output| output.queue.is_empty())
}

/// Reverses a [`flush`]: lines are queued again.
pub(crate) fn reopen() {
    if let Some(output) = OUTPUT.get() {
        output.through.store(false, Ordering::Relaxed);
    }
}

impl Output {
    fn open() -> Self {
        let queue = Arc::new(Queue::new(Stdout, ROOM));
        let theirs = Arc::clone(&queue);
        // Without a thread the callers write as much as they can.
        let _ = thread::Builder::new()
            .name("monitor-log".into())
            .spawn(move || theirs.run());
        Self {
            queue,
            through: AtomicBool::new(false),
        }
    }
}

impl<'a> MakeWriter<'a> for NonBlockingStdout {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Self {
        Self {
            through: *line.level() == Level::ERROR,
            kept: line.target() == places::TARGET,
        }
    }
}

impl Write for NonBlockingStdout {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let queue = &OUTPUT.get_or_init(Output::open);
        if hooks::is_forked() {
            queue.queue.write_alone(line, ROOM_TIMEOUT);
        } else if self.through || queue.through.load(Ordering::Relaxed) {
            queue.queue.push_through(line);
        } else if self.kept {
            queue.queue.push_always(line);
        } else {
            queue.queue.push(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

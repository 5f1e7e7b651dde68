//! Standard output behind the queue.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::places;
use super::queue::{Queue, Room};
use super::stdout::Stdout;
use crate::base::hooks;

/// Bytes that may wait for standard output: some 20,000 lines.
const ROOM: usize = 8 << 20;
/// Bytes of lines of the levels WARN and ERROR that may wait besides.
const RESERVE: usize = 1 << 20;
/// The time that the first line of a forked process which finds no room waits for some.
const ROOM_TIMEOUT: Duration = Duration::from_secs(1);

/// The target of the lines that tell how many were dropped.
const TARGET: &str = "monitor_runtime::log_queue";

/// The numbers of dropped lines of which the log has told.
struct Told {
    without_room: u64,
    others: u64,
}

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
    room: Room,
    /// `true` if the line is written before its caller goes on.
    through: bool,
}

/// Returns standard output for a layer of your own, behind a queue of 8 MiB: writing a line is a
/// copy into it.
///
/// A thread writes what is queued. A line that finds the queue full, or that standard output
/// refuses, is dropped and counted in `monitor_log_lines_dropped_total`: a reader that is slow, or
/// has stopped reading, never blocks a call. Every `write` to it is one line.
///
/// * Lines of the levels WARN and ERROR have 1 MiB of their own besides, so a flood of others drops none of them.
///   While lines are dropped, a line of level WARN says every five seconds how many there were so far.
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
        room: Room::Ordinary,
        through: false,
    }
}

/// Returns the number of lines that found no room or could not be written; `None` without a queue.
pub(crate) fn dropped_lines() -> Option<u64> {
    OUTPUT.get().map(|output| output.queue.dropped())
}

/// Tells how many lines were dropped so far, if some were since the last time.
pub(crate) fn tell_dropped() {
    static TOLD: Mutex<Told> = Mutex::new(Told {
        without_room: 0,
        others: 0,
    });
    let Some(output) = OUTPUT.get().filter(|_| !hooks::is_forked()) else {
        return;
    };
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let without_room = output.queue.without_room();
    let dropped = output.queue.dropped().max(without_room);
    let others = dropped - without_room;
    // Where standard output is closed, the line that said so last could not be written either.
    if without_room <= told.without_room && others <= told.others {
        return;
    }
    *told = Told {
        without_room,
        others: others + 1,
    };
    drop(told);
    tracing::warn!(
        target: TARGET,
        dropped,
        "{dropped} log lines were dropped since the start: standard output does not take them"
    );
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
        let queue = Arc::new(Queue::new(Stdout, ROOM, RESERVE));
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
            room: if [places::TARGET, TARGET].contains(&line.target()) {
                Room::Always
            } else if *line.level() <= Level::WARN {
                Room::Urgent
            } else {
                Room::Ordinary
            },
            through: *line.level() == Level::ERROR,
        }
    }
}

impl Write for NonBlockingStdout {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let output = OUTPUT.get_or_init(Output::open);
        let queue = &output.queue;
        if hooks::is_forked() {
            queue.write_alone(line, ROOM_TIMEOUT);
        } else if self.through || output.through.load(Ordering::Relaxed) {
            queue.push_through(line, self.room);
        } else {
            queue.push(line, self.room);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

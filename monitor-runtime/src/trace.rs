//! The log: which subscriber shows spans and events, in which format, through which queue.

use std::io::{self, Stdout, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::{Layer, Registry, fmt};

use crate::log_format::LogFormat;

/// Who shows spans and events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installed {
    Ours,
    /// The subscriber that the process had before.
    Theirs,
}

/// The queue before standard output. It outlives a shutdown, as the subscriber does.
struct Output {
    queue: NonBlocking,
    dropped: ErrorCounter,
    /// Dropped, it writes what is queued; `None` says that lines are written directly.
    writer: Mutex<Option<WorkerGuard>>,
}

static OUTPUT: OnceLock<Output> = OnceLock::new();

/// Installs the subscriber, unless the process already has one.
pub(crate) fn install(format: LogFormat, filter: EnvFilter) -> Installed {
    if OUTPUT.get().is_some() {
        return Installed::Ours;
    }
    if tracing::dispatcher::has_been_set() {
        return Installed::Theirs;
    }
    let subscriber = Registry::default().with(filter).with(layer(format));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        return Installed::Theirs;
    }
    OUTPUT.get_or_init(Output::open);
    // Records of the `log` crate appear too; somebody else's logger is left alone.
    let _ = tracing_log::LogTracer::init();
    Installed::Ours
}

fn layer(format: LogFormat) -> Box<dyn Layer<Layered<EnvFilter, Registry>> + Send + Sync> {
    match format {
        LogFormat::Pretty => fmt::layer().with_writer(ToOutput).boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .with_current_span(false)
            .with_writer(ToOutput)
            .boxed(),
    }
}

/// Writes what is queued; later lines are written directly, so none is lost after a shutdown.
pub(crate) fn flush() {
    if let Some(output) = OUTPUT.get() {
        output
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

/// Lines that a full queue had no room for; `None` when the log is not ours.
pub(crate) fn dropped_lines() -> Option<u64> {
    OUTPUT
        .get()
        .map(|output| output.dropped.dropped_lines() as u64)
}

impl Output {
    fn open() -> Self {
        // A full queue drops lines and counts them: a slow terminal must not stop the service.
        let builder = NonBlockingBuilder::default()
            .lossy(true)
            .thread_name("monitor-log");
        let (queue, guard) = builder.finish(io::stdout());
        Self {
            dropped: queue.error_counter(),
            queue,
            writer: Mutex::new(Some(guard)),
        }
    }

    fn is_open(&self) -> bool {
        self.writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }
}

/// Hands a line to the queue, or to standard output once the queue is closed.
struct ToOutput;

enum Line {
    Queued(NonBlocking),
    Direct(Stdout),
}

impl<'a> MakeWriter<'a> for ToOutput {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        match OUTPUT.get().filter(|output| output.is_open()) {
            Some(output) => Line::Queued(output.queue.clone()),
            None => Line::Direct(io::stdout()),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Queued(queue) => queue.write(bytes),
            Self::Direct(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Queued(queue) => queue.flush(),
            Self::Direct(stdout) => stdout.flush(),
        }
    }
}

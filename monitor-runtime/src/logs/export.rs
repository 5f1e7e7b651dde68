//! Log lines that wait for the exporter.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::base::outbox::Outbox;
use crate::context::trace::current_ids;
use crate::traces::lines::{Line, RecordedLine};
use crate::traces::{Ids, LocalTrace};

/// Bytes of the lines that wait.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The lines that wait.
pub(crate) static LINES: Outbox<ExportedLine> = Outbox::new(MAX_BYTES);
/// Lines that found no room.
static DROPPED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// `true` while this thread sends. An HTTP client logs, too, and each line would cause another request.
    static SENDS: Cell<bool> = const { Cell::new(false) };
}

/// A line of the log, with its place in a trace.
pub(crate) struct ExportedLine {
    pub(crate) at: SystemTime,
    pub(crate) ids: Option<Ids>,
    /// Its texts may hold secrets, see [`RecordedLine::into_line`].
    pub(crate) line: RecordedLine,
}

/// Returns the number of lines that were dropped because the exporter is too slow.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Runs code that sends, and whose lines are not exported.
pub(crate) fn unexported<R>(send: impl FnOnce() -> R) -> R {
    let before = SENDS.replace(true);
    let result = send();
    SENDS.set(before);
    result
}

/// Returns `true` if lines of this thread are exported.
#[inline]
pub(super) fn is_wanted() -> bool {
    LINES.is_open() && !SENDS.get()
}

/// Exports a line that is written now.
pub(super) fn export(line: RecordedLine) {
    put(ExportedLine {
        at: SystemTime::now(),
        ids: current_ids(),
        line,
    });
}

/// Exports a line of a trace that the log shows late.
pub(super) fn export_late(trace: &LocalTrace, line: &Line) {
    if !is_wanted() {
        return;
    }
    put(ExportedLine {
        at: line.at,
        ids: Some(Ids {
            span: trace.span_id(line.span),
            ..trace.ids
        }),
        line: RecordedLine::from(line),
    });
}

fn put(line: ExportedLine) {
    let bytes = size_of::<ExportedLine>() + line.line.bytes();
    if LINES.put(line, bytes).is_err() {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

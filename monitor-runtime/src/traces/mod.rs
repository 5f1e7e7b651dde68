//! Local traces: the story of one request, kept while it runs and judged when it ends.
//!
//! A local trace begins with a request at the HTTP edge, or with a task. Every monitored call inside
//! it adds a [`Span`](span::Span) to one bounded [record]. When the request ends, or a call in it fails,
//! [`judge`] decides if the record is kept and why, and [`store`] keeps the last ones of each route.
//! [`live`] lists those that still run.
//!
//! The code that a thread runs finds its local trace through its trace context, see
//! [`context::trace`](crate::context::trace).

mod ending;
pub(crate) mod export;
mod ids;
pub(crate) mod judge;
pub(crate) mod lines;
pub(crate) mod live;
mod polls;
mod record;
mod rest;
pub(crate) mod share;
mod slots;
pub(crate) mod span;
pub(crate) mod store;
pub(crate) mod tree;
mod waits;

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

pub(crate) use ids::{Ids, Origin, random};
pub use ids::{SpanId, TraceId};
pub(crate) use polls::WokenSpan;
pub(crate) use slots::SpanKey;
pub(crate) use span::{SpanEnd, Subject};

use self::judge::Reason;
use self::lines::Line;
use self::rest::Rest;
use self::slots::Slots;
use self::span::Span;

/// A local trace, shared by all threads that work for its request.
pub(crate) struct LocalTrace {
    /// The trace, and the root's span in it.
    pub(crate) ids: Ids,
    /// The span in which the caller made the request.
    pub(crate) remote_parent: Option<SpanId>,
    /// The `tracestate` of its spans.
    pub(crate) state: Option<Arc<str>>,
    /// The start.
    pub(crate) at: SystemTime,
    /// The start, in ticks of the clock.
    pub(crate) began: u64,
    slots: Slots,
    /// Its place among the kept traces; 0 without one. Only the [store] uses it, behind its lock.
    place: AtomicU64,
    rest: Mutex<Rest>,
}

/// A copy of a local trace.
#[derive(Default)]
pub(crate) struct Story {
    /// In the order of their beginnings; the root is the first.
    pub(crate) spans: Vec<Span>,
    /// Spans that were left out.
    pub(crate) left_out: u64,
    /// Spans whose fields or error were left out.
    pub(crate) cut: u64,
    /// The last lines of the log, in the order in which they were written.
    pub(crate) lines: Vec<Line>,
    /// Lines before them that were left out.
    pub(crate) lines_left_out: u64,
    /// The reason for which the trace is kept.
    pub(crate) reason: Option<Reason>,
}

thread_local! {
    /// `true` while this thread holds the lock of a record. The allocator may be monitored, too.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

impl LocalTrace {
    /// Runs code that has the rest; `None` if this thread has some already.
    fn with<R>(&self, code: impl FnOnce(&mut Rest) -> R) -> Option<R> {
        if BUSY.replace(true) {
            return None;
        }
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let result = code(&mut rest);
        drop(rest);
        BUSY.set(false);
        Some(result)
    }
}

#[cfg(test)]
mod tests;

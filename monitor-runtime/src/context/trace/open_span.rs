//! The span of a monitored call in the local trace that it began in: [`begin_call`] and [`end_call`]
//! for a call that returns on its thread, [`OpenSpan`] for any other.

use std::sync::Arc;

use super::TraceContext;
use super::current::{keep_promise, with_local};
use super::entered::{Here, with_begun};
use super::innermost::Innermost;
use super::local::Local;
use crate::callsite::Site;
use crate::context::thread::Thread;
use crate::traces::span::Detail;
use crate::traces::{LocalTrace, SpanEnd, SpanKey, Subject};

/// A span that has begun and not ended.
pub(crate) struct OpenSpan {
    trace: Arc<LocalTrace>,
    key: SpanKey,
    /// The context around it, while the thread works inside it.
    around: Option<Around>,
}

enum Around {
    /// Another span of the same local trace.
    Span(Innermost),
    /// Another local trace, or none: the call began elsewhere, and its future has moved.
    /// In a box, because it is large and rare.
    Elsewhere(Box<Here>),
}

impl OpenSpan {
    /// Begins a span inside the innermost one, without entering it. Returns `None` outside of local
    /// traces, and if the trace has no room.
    pub(crate) fn begin(subject: Subject, detail: Option<Detail>) -> Option<Self> {
        let (trace, key) = with_local(|trace, innermost| {
            let key = trace.begin_span(innermost.key, subject, detail)?;
            Some((Arc::clone(trace), key))
        })??;
        Some(Self {
            trace,
            key,
            around: None,
        })
    }

    /// Returns a span that has begun and is not entered.
    pub(super) fn suspended(trace: Arc<LocalTrace>, key: SpanKey) -> Self {
        Self {
            trace,
            key,
            around: None,
        }
    }

    /// Makes it the innermost span of this thread, until [`leave`](Self::leave).
    pub(crate) fn enter(&mut self) {
        let is_here = with_begun(|trace, _| Arc::ptr_eq(trace, &self.trace)) == Some(true);
        let around = if is_here {
            Around::Span(Innermost::new(&self.trace, self.key).enter())
        } else {
            Around::Elsewhere(Box::new(Here::enter(Some(&self.context()))))
        };
        self.around = Some(around);
    }

    /// Makes the span around it the innermost again.
    pub(crate) fn leave(&mut self) {
        match self.around.take() {
            Some(Around::Span(before)) => before.set(),
            Some(Around::Elsewhere(here)) => drop(here),
            None => {}
        }
    }

    /// Returns the innermost span, which [`begin_call`] began.
    pub(crate) fn of_call(site: &Site) -> Option<Self> {
        with_begun(|trace, innermost| {
            let (key, around) = trace.find_call(innermost.key, site)?;
            let around = Innermost::new(trace, around);
            Some(Self {
                trace: Arc::clone(trace),
                key,
                around: Some(Around::Span(around)),
            })
        })?
    }

    pub(super) fn trace(&self) -> &LocalTrace {
        &self.trace
    }

    pub(super) fn into_trace(self) -> Arc<LocalTrace> {
        self.trace
    }

    /// Notes that its call waits for another poll.
    pub(crate) fn begin_wait(&self, at: u64) {
        self.trace.begin_wait(self.key, at);
    }

    /// Notes that its call is polled again.
    pub(crate) fn end_wait(&self, at: u64) {
        self.trace.end_wait(self.key, at, 0);
    }

    fn context(&self) -> TraceContext {
        let mut ids = self.trace.ids;
        ids.span = self.trace.span_id(self.key.number);
        TraceContext {
            ids,
            is_remote: false,
            carried: None,
            failure: None,
            asked: None,
            local: Some(Local::inside(Arc::clone(&self.trace), self.key)),
        }
    }

    /// Ends the span.
    pub(crate) fn end(mut self, end: SpanEnd) {
        self.leave();
        self.trace.end_span(self.key, end);
    }
}

/// The begin of a call in a local trace.
pub(crate) enum Begun {
    /// It has a span, and began at this time.
    Recorded(u64),
    /// The trace has no room for it.
    LeftOut,
}

/// Begins the span of a call on a thread, which is this one, and enters it. `now` reads the clock.
///
/// Returns `None` outside of local traces, and in a [child](TraceContext::child), which [`end_call`]
/// could not enter again.
#[inline]
pub(crate) fn begin_call(
    thread: &Thread,
    site: &'static Site,
    now: impl Fn() -> u64,
) -> Option<Begun> {
    if thread.clock.visible().promised.is_some() {
        keep_promise();
    }
    let local = thread.local.try_borrow().ok()?;
    let trace = local.as_ref()?;
    let parent = thread.innermost.recorded()?;
    let Some((key, began)) = trace.begin_call(parent, site, now) else {
        return Some(Begun::LeftOut);
    };
    thread.innermost.move_to(key);
    Some(Begun::Recorded(began))
}

/// Ends the span of a call that succeeded, which [`begin_call`] began, and leaves it.
#[inline]
pub(crate) fn end_call(thread: &Thread, site: &'static Site, ended: u64) {
    let Ok(local) = thread.local.try_borrow() else {
        return;
    };
    let Some(trace) = &*local else { return };
    let recorded = thread.innermost.recorded();
    let around = recorded.and_then(|key| trace.end_call(key, site, ended));
    match around {
        Some(around) => thread.innermost.move_to(around),
        None => end_call_otherwise(trace, thread.innermost.get().key, site, ended),
    }
}

/// Leaves a call that is not the innermost span, or in a context that is not that of a span.
#[cold]
#[inline(never)]
fn end_call_otherwise(trace: &LocalTrace, innermost: SpanKey, site: &'static Site, ended: u64) {
    let found = trace.find_call(innermost, site);
    let around = found.and_then(|(key, _)| trace.end_call(key, site, ended));
    if let Some(around) = around {
        Innermost::new(trace, around).set();
    }
}

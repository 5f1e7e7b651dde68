//! The local trace of an outermost monitored call that the log shows.
//!
//! Most such calls call nothing that is monitored and succeed at once. A record of each would cost
//! more than its log line. So the thread only [promises](Promise) one while the call runs. The trace
//! begins when something has to be recorded in it: a call or a span inside, a task, a request to
//! another service, a wait, or a failure.

use std::sync::Arc;

use super::current::keep_promise;
use super::entered::{self, leave_local, with_begun};
use super::innermost::Innermost;
use super::open_span::OpenSpan;
use crate::callsite::Site;
use crate::context;
use crate::context::outermost_calls;
use crate::context::thread::{THREAD, Thread};
use crate::context::visible_stack::Promise;
use crate::traces::span::Detail;
use crate::traces::{Ids, LocalTrace, SpanKey};

/// An outermost call, and its local trace once that has begun.
pub(crate) struct RootCall {
    promise: Promise,
    /// The state of the thread around the call, while it runs and was promised a trace.
    around: Option<Around>,
    /// Its span, once it has left the stretch in which the trace began.
    span: Option<OpenSpan>,
    has_detail: bool,
}

/// The state of a thread around an outermost call.
struct Around {
    ids: Option<Ids>,
    innermost: Innermost,
    diverted: bool,
}

impl RootCall {
    /// Returns an outermost call, which began at this tick of the clock, or at 0 begins; `None` inside a local
    /// trace.
    #[inline]
    pub(crate) fn new(site: &'static Site, began: u64) -> Option<Self> {
        (!context::is_in_local_trace()).then_some(Self {
            promise: Promise { site, began },
            around: None,
            span: None,
            has_detail: false,
        })
    }

    /// Enters the call, until [`leave`](Self::leave).
    #[inline]
    pub(crate) fn enter(&mut self) {
        if let Some(span) = &mut self.span {
            return span.enter();
        }
        outermost_calls::show_to_others();
        THREAD.with(|thread| {
            thread.clock.visible().promised.set(Some(self.promise));
            self.around = Some(Around {
                ids: entered::ids(),
                innermost: thread.innermost.get(),
                diverted: thread.clock.divert(true),
            });
        });
    }

    /// Notes the start of the call that was entered last, which begins. It has no meaning once its trace has
    /// begun.
    #[inline]
    pub(crate) fn note_start(thread: &Thread, began: u64) {
        thread.clock.visible().promised.note_start(began);
    }

    /// Leaves the call.
    #[inline]
    pub(crate) fn leave(&mut self) {
        if let Some(span) = &mut self.span {
            return span.leave();
        }
        let Some(around) = self.around.take() else {
            return;
        };
        THREAD.with(|thread| {
            let promised = &thread.clock.visible().promised;
            if promised.is_some() {
                promised.set(None);
            } else {
                self.leave_begun(&around);
            }
            thread.clock.divert(around.diverted);
        });
    }

    /// Leaves the trace that has begun meanwhile.
    #[cold]
    fn leave_begun(&mut self, around: &Around) {
        let trace = leave_local(around.ids, around.innermost);
        self.span = trace.map(|trace| OpenSpan::suspended(trace, SpanKey::ROOT));
    }

    /// Returns its span between two polls, and once it has been entered again after the first.
    pub(crate) fn span(&self) -> Option<&OpenSpan> {
        self.span.as_ref()
    }

    /// Begins the trace of a call that is entered, if it has not begun.
    #[cold]
    pub(crate) fn begin(&self) {
        if self.span.is_none() {
            keep_promise();
        }
    }

    /// Adds the fields of the call to a trace that has begun.
    pub(crate) fn describe(&mut self, detail: impl FnOnce() -> Option<Detail>) {
        let has_begun = self.span.is_some() || context::is_recorded();
        if self.has_detail || !has_begun {
            return;
        }
        self.has_detail = true;
        let Some(detail) = detail() else { return };
        if let Some(span) = &self.span {
            span.trace().describe_root(detail);
        } else {
            with_begun(|trace, _| trace.describe_root(detail));
        }
    }

    /// Returns the trace of a call that has ended, and was left; `None` if it has none.
    pub(crate) fn into_trace(self) -> Option<Arc<LocalTrace>> {
        self.span.map(OpenSpan::into_trace)
    }
}

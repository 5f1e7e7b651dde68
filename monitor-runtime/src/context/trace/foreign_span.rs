//! A span of another crate in the local trace that it was opened in.

use std::sync::Arc;

use tracing::Metadata;

use super::current::with_local;
use super::entered::with_begun;
use super::innermost::Innermost;
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::traces::span::Detail;
use crate::traces::{LocalTrace, SpanEnd, SpanKey, Subject};

/// A span of another crate that has begun.
///
/// Such a span may be entered anywhere, on several threads, and left in any order. It is the
/// innermost one only where it is entered directly inside the span around it, so that leaving it
/// never puts a thread into a place where it has not been.
pub(crate) struct ForeignSpan {
    trace: Arc<LocalTrace>,
    key: SpanKey,
}

impl ForeignSpan {
    /// Begins a span inside the innermost one; `None` outside of local traces, and if the trace has
    /// no room.
    pub(crate) fn begin(metadata: &'static Metadata<'static>, detail: Detail) -> Option<Self> {
        with_local(|trace, innermost| {
            let subject = Subject::Foreign(metadata);
            let key = trace.begin_span(innermost.key, subject, Some(detail))?;
            let trace = Arc::clone(trace);
            Some(Self { trace, key })
        })?
    }

    pub(crate) fn enter(&self) {
        self.replace(self.around(), Some(self.key));
    }

    pub(crate) fn leave(&self) {
        self.replace(Some(self.key), self.around());
    }

    fn around(&self) -> Option<SpanKey> {
        self.trace.around(self.key)
    }

    /// Makes another span of the trace the innermost, if this one is.
    fn replace(&self, from: Option<SpanKey>, to: Option<SpanKey>) {
        with_begun(|trace, innermost| {
            // Not in a child of the context, which could not be found again.
            let is_here = innermost.is_recorded && Arc::ptr_eq(trace, &self.trace);
            let is_innermost = is_here && Some(innermost.key) == from;
            if let Some(to) = to.filter(|_| is_innermost) {
                Innermost::new(trace, to).set();
            }
        });
    }

    pub(crate) fn end(&self) {
        let end = SpanEnd::new(clock::now(), Outcome::Ok);
        self.trace.end_span(self.key, end);
    }
}

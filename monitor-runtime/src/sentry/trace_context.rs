//! The trace context of Sentry's events.

use sentry::protocol::{Event, SpanId, TraceContext, TraceId};

use crate::context::trace::current_ids;
use crate::traces::Ids;

impl Ids {
    pub(crate) fn to_sentry(self) -> TraceContext {
        TraceContext {
            trace_id: TraceId::from(self.trace.to_bytes()),
            span_id: SpanId::from(self.span.to_bytes()),
            ..TraceContext::default()
        }
    }
}

/// Sets the trace of an event, unless it already has one.
pub(super) fn describe(event: &mut Event<'_>) {
    let Some(ids) = current_ids() else { return };
    let contexts = event.contexts.entry("trace".into());
    contexts.or_insert_with(|| ids.to_sentry().into());
    let tag = event.tags.entry("trace_id".into());
    tag.or_insert_with(|| ids.trace.to_string());
}

//! The place of a trace context in a local trace: its request, or a task of it.

use std::fmt;
use std::sync::Arc;

use super::TraceContext;
use crate::traces::{LocalTrace, SpanEnd, SpanKey, Subject};

/// A place in a local trace.
#[derive(Clone)]
pub(super) struct Local {
    pub(super) trace: Arc<LocalTrace>,
    pub(super) key: SpanKey,
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.key, f)
    }
}

impl TraceContext {
    /// Begins the local trace of a request. `caller` is the context that came with it.
    pub(crate) fn begin_local(&mut self, caller: Option<&Self>, root: Subject) {
        let trace = LocalTrace::begin(self.ids, caller.map(Self::span_id), root);
        let key = SpanKey::ROOT;
        self.local = Some(Local { trace, key });
    }

    /// Returns the context of a task that is spawned here: a span of its own in the local trace, or
    /// a local trace that begins with it.
    pub(crate) fn of_task(here: Option<Self>, task: Subject) -> Self {
        let mut context = here.unwrap_or_default();
        if let Some(local) = &mut context.local {
            if let Some(key) = local.trace.begin_task(local.key, task) {
                local.key = key;
                context.ids.span = local.trace.span_id(key.number);
            }
        } else {
            context.begin_local(None, task);
        }
        context
    }

    /// Returns the local trace that it belongs to.
    pub(crate) fn local(&self) -> Option<&Arc<LocalTrace>> {
        self.local.as_ref().map(|local| &local.trace)
    }

    /// Ends the request or task that its local trace, or span of it, began with.
    pub(crate) fn end_local(&self, end: SpanEnd) {
        match &self.local {
            Some(Local { trace, key }) if *key == SpanKey::ROOT => trace.end_root(end),
            Some(Local { trace, key }) => trace.end_task(*key, end),
            None => {}
        }
    }
}

//! The place of a trace context in a local trace: its request, or a task of it.

use std::fmt;
use std::sync::Arc;

use tracing::Level;

use super::asked::Asking;
use super::{Carried, TraceContext};
use crate::base::clock;
use crate::traces::{LocalTrace, Origin, SpanEnd, SpanKey, Subject, WokenSpan, share};

/// A place in a local trace.
pub(super) struct Local {
    pub(super) trace: Arc<LocalTrace>,
    pub(super) key: SpanKey,
    /// `true` for the context of the request or task that this span is.
    is_own: bool,
}

impl Local {
    /// Returns the place of code that runs inside a span.
    pub(super) fn inside(trace: Arc<LocalTrace>, key: SpanKey) -> Self {
        Self {
            trace,
            key,
            is_own: false,
        }
    }
}

/// A copy is the place of code inside the span, which does not end it.
impl Clone for Local {
    fn clone(&self) -> Self {
        Self::inside(Arc::clone(&self.trace), self.key)
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.key, f)
    }
}

impl TraceContext {
    /// Decides if the trace is exported without another reason, unless the caller did. Does nothing while
    /// nothing is exported.
    pub(crate) fn decide_share(&mut self, caller: Option<&Self>) {
        let decided = caller.and_then(Self::decision);
        let carried = self.carried.as_ref();
        let state = carried.and_then(|carried| carried.state.clone());
        let Some(decision) = share::decide(self.ids.trace, decided, state.clone()) else {
            return;
        };
        self.ids.shared = decision.is_in;
        self.ids.sampled = false;
        if decision.state != state {
            let state = decision.state;
            let baggage = self.carried.take().map(|carried| carried.baggage.clone());
            let baggage = baggage.unwrap_or_default();
            let is_empty = state.is_none() && baggage.is_empty();
            self.carried = (!is_empty).then(|| Arc::new(Carried { state, baggage }));
        }
    }

    /// Begins the local trace of a request. `caller` is the context that came with it.
    pub(crate) fn begin_local(&mut self, caller: Option<&Self>, root: Subject) {
        let origin = Origin {
            ids: self.ids,
            remote_parent: caller.map(Self::span_id),
            state: self
                .carried
                .as_ref()
                .and_then(|carried| carried.state.clone()),
        };
        let trace = LocalTrace::begin(origin, root);
        self.local = Some(Local {
            is_own: true,
            ..Local::inside(trace, SpanKey::ROOT)
        });
    }

    /// Begins the local trace of code that is no request, in a span of its own if the context is that of
    /// a caller.
    pub(crate) fn begin_at_caller(&mut self, root: Subject) {
        let caller = self.is_remote.then(|| self.clone());
        if caller.is_some() {
            *self = self.child();
        }
        self.decide_share(caller.as_ref());
        self.begin_local(caller.as_ref(), root);
    }

    /// Returns the context of a task that is spawned here: a span of its own in the local trace, or
    /// a local trace that begins with it. In a trace without room it stays in the span it is spawned
    /// in.
    pub(crate) fn of_task(here: Option<Self>, task: Subject) -> Self {
        let mut context = here.unwrap_or_default();
        if let Some(local) = &mut context.local {
            if let Some(key) = local.trace.begin_task(local.key, task) {
                (local.key, local.is_own) = (key, true);
                context.ids.span = local.trace.span_id(key.number);
            }
        } else {
            context.begin_at_caller(task);
        }
        context
    }

    /// Asks for its log lines up to a level, whatever the log's filter says. Its local trace is kept.
    pub(crate) fn ask(&mut self, level: Level) {
        self.asked = Some(level);
        if let Some(local) = &self.local {
            local.trace.ask();
        }
    }

    /// Makes `tracing` ask the filter about lines of the level that it asked for, if it did.
    pub(crate) fn begin_asking(&self) -> Option<Asking> {
        self.asked.map(Asking::begin)
    }

    /// Returns the local trace that it belongs to.
    pub(crate) fn local(&self) -> Option<&Arc<LocalTrace>> {
        self.local.as_ref().map(|local| &local.trace)
    }

    /// Notes that the request or task that its local trace, or span of it, began with is polled. It was
    /// woken for that at `woken`; 0 if that is not known.
    pub(crate) fn begin_poll(&self, woken: u64) {
        if let Some(Local { trace, key, .. }) = self.own() {
            trace.end_wait(*key, clock::now(), woken);
        }
    }

    /// Returns what shows in the span of its request or task that this was woken.
    pub(crate) fn shows_wakes(&self) -> Option<WokenSpan> {
        let Local { trace, key, .. } = self.own()?;
        Some(trace.shows_wakes(*key))
    }

    /// Notes that the request or task waits for its next poll.
    pub(crate) fn end_poll(&self) {
        if let Some(Local { trace, key, .. }) = self.own() {
            trace.begin_wait(*key, clock::now());
        }
    }

    /// Returns its place if it is that of a request or task.
    fn own(&self) -> Option<&Local> {
        self.local.as_ref().filter(|local| local.is_own)
    }

    /// Returns `true` if a request or task of its local trace has this context.
    pub(crate) fn is_own(&self) -> bool {
        self.own().is_some()
    }

    /// Ends the request or task that its local trace, or span of it, began with.
    pub(crate) fn end_local(&self, end: SpanEnd) {
        match self.own() {
            Some(Local { trace, key, .. }) if *key == SpanKey::ROOT => trace.end_root(end),
            Some(Local { trace, key, .. }) => trace.end_task(*key, end),
            None => {}
        }
    }
}

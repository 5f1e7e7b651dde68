//! The trace context that the current thread works in. A local trace that it was
//! [promised](super::root_call) begins when it is asked for here.

use std::sync::Arc;

use super::TraceContext;
use super::entered::{self, current_ids, with_begun};
use super::innermost::Innermost;
use crate::context;
use crate::context::thread::THREAD;
use crate::traces::lines::RecordedLine;
use crate::traces::{LocalTrace, Origin, SpanId, Subject, TraceId, share};

/// Returns the context of the request that this code works for; `None` outside a request.
///
/// There is one under [`http::layer`](crate::http::layer), in [`TraceContext::scope`] and
/// [`TraceContext::follow`], and in a monitored call that the log shows. [`spawn`](crate::task::spawn) takes it along, or begins one. A task of
/// `tokio::spawn` or a thread has none. Inside a monitored call, its span is that of the call.
pub fn trace_context() -> Option<TraceContext> {
    keep_promise();
    entered::context()
}

/// Returns the trace of the request that this code works for; `None` outside a request.
pub fn current_trace_id() -> Option<TraceId> {
    keep_promise();
    current_ids().map(|ids| ids.trace)
}

/// Keeps a log line in the local trace that this code works for, if there is one.
pub(crate) fn keep_line(line: RecordedLine) {
    // A line that the log shows is no reason to begin a record.
    let line_is_logged = line.is_logged;
    let keep = |trace: &Arc<LocalTrace>, innermost: Innermost| trace.keep_line(line, innermost.key);
    if line_is_logged {
        with_begun(keep);
    } else {
        with_local(keep);
    }
}

/// Runs code that has the local trace of this thread; `None` outside of local traces.
#[inline]
pub(super) fn with_local<R>(code: impl FnOnce(&Arc<LocalTrace>, Innermost) -> R) -> Option<R> {
    if THREAD.with(|thread| thread.clock.visible().promised.is_some()) {
        keep_promise();
    }
    with_begun(code)
}

/// Begins the local trace that this thread was promised, if it was.
#[cold]
pub(super) fn keep_promise() {
    let Some(promise) = THREAD.with(|thread| thread.clock.visible().promised.take()) else {
        return;
    };
    // An event of the call may have named a trace.
    let known = entered::ids().or_else(context::known_trace_here);
    let mut ids = known.unwrap_or_else(|| TraceContext::new().ids());
    let caller = entered::is_remote().then_some(ids.span);
    if caller.is_some() {
        ids.span = SpanId::random();
    }
    let mut state = entered::state();
    let decided = caller.and((!ids.open).then_some(ids.sampled));
    if let Some(decision) = share::decide(ids.trace, decided, state.clone()) {
        (ids.shared, ids.sampled) = (decision.is_in, false);
        state = decision.state;
    }
    let origin = Origin {
        ids,
        remote_parent: caller,
        state,
    };
    let trace = LocalTrace::begin_at(promise.began, origin, Subject::Call(promise.site));
    entered::place_local(&trace);
}

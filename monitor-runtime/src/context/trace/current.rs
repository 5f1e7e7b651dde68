//! The trace context that the current thread works in.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::failure::Failure;
use super::{Carried, Ids, TraceContext, TraceId};
use crate::base::panics::Panic;

/// The parts of a context that are not copied.
#[derive(Clone, Default)]
struct Rest {
    carried: Option<Arc<Carried>>,
    failure: Option<Arc<Failure>>,
}

impl Rest {
    fn new(context: &TraceContext) -> Self {
        Self {
            carried: context.carried.clone(),
            failure: context.failure.clone(),
        }
    }
}

thread_local! {
    // Without a destructor, so that it exists to the end of the thread and is one instruction away.
    static IDS: Cell<Option<Ids>> = const { Cell::new(None) };
    static REST: RefCell<Rest> = const { RefCell::new(Rest { carried: None, failure: None }) };
}

/// Returns the context of the request that this code works for; `None` outside a request.
///
/// There is one under [`http::layer`](crate::http::layer) and in [`TraceContext::scope`] and
/// [`TraceContext::follow`]. [`spawn`](crate::task::spawn) takes it along. A task of `tokio::spawn` or a
/// thread begins without one.
pub fn trace_context() -> Option<TraceContext> {
    let ids = IDS.get()?;
    let rest = REST.try_with(|rest| rest.borrow().clone());
    let Rest { carried, failure } = rest.unwrap_or_default();
    Some(TraceContext {
        ids,
        carried,
        failure,
    })
}

/// Returns the trace of the request that this code works for; `None` outside a request.
pub fn current_trace_id() -> Option<TraceId> {
    current_ids().map(|ids| ids.trace)
}

pub(crate) fn current_ids() -> Option<Ids> {
    IDS.get()
}

/// Notes a line of level `WARN` or above on the failure of the current request.
pub(crate) fn note_logged() {
    if let Some(failure) = current_failure() {
        failure.set_logged();
    }
}

/// Notes on the failure of the current request that Sentry has an event of it, or is not to get
/// one.
pub(crate) fn note_reported() {
    if let Some(failure) = current_failure() {
        failure.set_reported();
    }
}

/// Leaves a panic to the access line of the current request. Returns `false` outside a request.
pub(crate) fn leave_to_request(panic: &Arc<Panic>) -> bool {
    current_failure().is_some_and(|failure| failure.keep_panic(panic))
}

/// Returns the failure of the request that this code works for.
fn current_failure() -> Option<Arc<Failure>> {
    IDS.get()?;
    REST.try_with(|rest| rest.borrow().failure.clone())
        .ok()
        .flatten()
}

/// Marks code that works in a context, or in none. Dropping it restores the previous context.
pub(crate) struct Here {
    ids: Option<Ids>,
    rest: Rest,
}

impl Here {
    pub(crate) fn enter(context: Option<&TraceContext>) -> Self {
        Self {
            ids: IDS.replace(context.map(|context| context.ids)),
            rest: replace(context.map(Rest::new).unwrap_or_default()),
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        IDS.set(self.ids);
        replace(std::mem::take(&mut self.rest));
    }
}

/// Replaces the current value. Does nothing on a thread that has dropped its thread-locals.
fn replace(rest: Rest) -> Rest {
    REST.try_with(|kept| kept.replace(rest)).unwrap_or_default()
}

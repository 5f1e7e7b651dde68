//! The context a thread works in.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::failure::Failure;
use super::{Ids, TraceContext, TraceId};

/// The parts of a context that are not copied.
#[derive(Clone, Default)]
struct Rest {
    state: Option<Arc<str>>,
    failure: Option<Arc<Failure>>,
}

thread_local! {
    // Without a destructor: there to the end of the thread, and one instruction away.
    static IDS: Cell<Option<Ids>> = const { Cell::new(None) };
    static REST: RefCell<Rest> = const { RefCell::new(Rest { state: None, failure: None }) };
}

/// The context of the request that this code works for; `None` outside a request.
///
/// There is one under [`http::layer`](crate::http::layer) and in [`TraceContext::scope`] and
/// [`TraceContext::follow`]; a spawned task or a thread begins without one.
pub fn trace_context() -> Option<TraceContext> {
    let ids = IDS.get()?;
    let rest = REST.try_with(|rest| rest.borrow().clone());
    let Rest { state, failure } = rest.unwrap_or_default();
    Some(TraceContext {
        ids,
        state,
        failure,
    })
}

/// The trace of the request that this code works for; `None` outside a request.
pub fn current_trace_id() -> Option<TraceId> {
    current_ids().map(|ids| ids.trace)
}

pub(crate) fn current_ids() -> Option<Ids> {
    IDS.get()
}

/// The failure of the request that this code works for.
pub(super) fn current_failure() -> Option<Arc<Failure>> {
    IDS.get()?;
    REST.try_with(|rest| rest.borrow().failure.clone())
        .ok()
        .flatten()
}

/// The stretch of code that works in a context; the one before it comes back.
pub(super) struct Here {
    ids: Option<Ids>,
    rest: Rest,
}

impl Here {
    pub(super) fn enter(context: &TraceContext) -> Self {
        Self {
            ids: IDS.replace(Some(context.ids)),
            rest: replace(Rest {
                state: context.state.clone(),
                failure: context.failure.clone(),
            }),
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        IDS.set(self.ids);
        replace(std::mem::take(&mut self.rest));
    }
}

/// A thread that ends may have no place for it any more.
fn replace(rest: Rest) -> Rest {
    REST.try_with(|kept| kept.replace(rest)).unwrap_or_default()
}

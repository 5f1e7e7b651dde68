//! The context a thread works in.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::{Ids, TraceContext, TraceId};

thread_local! {
    // Without a destructor: there to the end of the thread, and one instruction away.
    static IDS: Cell<Option<Ids>> = const { Cell::new(None) };
    static STATE: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// The context of the request that this code works for; `None` outside a request.
///
/// There is one under [`http::layer`](crate::http::layer) and in [`TraceContext::scope`] and
/// [`TraceContext::follow`]; a spawned task or a thread begins without one.
pub fn trace_context() -> Option<TraceContext> {
    let ids = IDS.get()?;
    let state = STATE.try_with(|state| state.borrow().clone());
    Some(TraceContext {
        ids,
        state: state.ok().flatten(),
    })
}

/// The trace of the request that this code works for; `None` outside a request.
pub fn current_trace_id() -> Option<TraceId> {
    current_ids().map(|ids| ids.trace)
}

pub(crate) fn current_ids() -> Option<Ids> {
    IDS.get()
}

/// The stretch of code that works in a context; the one before it comes back.
pub(super) struct Here {
    ids: Option<Ids>,
    state: Option<Arc<str>>,
}

impl Here {
    pub(super) fn enter(context: &TraceContext) -> Self {
        Self {
            ids: IDS.replace(Some(context.ids)),
            state: replace(context.state.clone()),
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        IDS.set(self.ids);
        replace(self.state.take());
    }
}

/// A thread that ends may have no place for it any more.
fn replace(state: Option<Arc<str>>) -> Option<Arc<str>> {
    STATE.try_with(|kept| kept.replace(state)).ok().flatten()
}

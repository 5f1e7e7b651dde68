//! The state of a thread that every call touches, side by side: one thread-local look-up finds it
//! all.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::context::call_stack::CallStack;
use crate::context::counter_cache::CounterCache;
use crate::context::trace::innermost::InnermostCell;
use crate::traces::LocalTrace;

pub(crate) struct Thread {
    pub(crate) clock: CallStack,
    pub(crate) found: CounterCache,
    /// The clock of events, as [`CallStack::after`] gives it, from which on the thread has to be asked for
    /// the worker that it runs.
    pub(crate) ask_worker_at: Cell<u64>,
    /// The local trace of the trace context. Empty when a thread ends, so that there is nothing to drop.
    pub(crate) local: ManuallyDrop<RefCell<Option<Arc<LocalTrace>>>>,
    /// The innermost span of the trace context; meaningless without one.
    pub(crate) innermost: InnermostCell,
}

thread_local! {
    // Without a destructor: otherwise every call would have to check whether it has run.
    pub(crate) static THREAD: Thread = const {
        Thread {
            clock: CallStack::new(),
            found: CounterCache::new(),
            ask_worker_at: Cell::new(0),
            local: ManuallyDrop::new(RefCell::new(None)),
            innermost: InnermostCell::new(),
        }
    };
}

//! The state of a thread that every call touches, side by side: one thread-local look-up finds it
//! all.

use crate::context::CallStack;
use crate::context::counter_cache::CounterCache;

pub(crate) struct Thread {
    pub(crate) clock: CallStack,
    pub(crate) found: CounterCache,
}

thread_local! {
    // Without a destructor: otherwise every call would have to check whether it has run.
    pub(crate) static THREAD: Thread = const {
        Thread {
            clock: CallStack::new(),
            found: CounterCache::new(),
        }
    };
}

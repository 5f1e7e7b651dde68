//! The state of a thread that every call touches, side by side: one thread-local look-up finds it
//! all.

use crate::context::Clock;
use crate::context::counter_cache::Found;

pub(crate) struct Thread {
    pub(crate) clock: Clock,
    pub(crate) found: Found,
}

thread_local! {
    // Without a destructor: otherwise every call would have to check whether it has run.
    pub(crate) static THREAD: Thread = const {
        Thread {
            clock: Clock::new(),
            found: Found::new(),
        }
    };
}

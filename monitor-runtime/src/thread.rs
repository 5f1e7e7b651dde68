//! What every call touches of its thread, side by side: found once, it is found for all of a call.

use crate::story::Clock;
use crate::table::Found;

pub(crate) struct Thread {
    pub(crate) clock: Clock,
    pub(crate) found: Found,
}

thread_local! {
    // Without a destructor, which spares every call the question whether it has run.
    pub(crate) static THREAD: Thread = const {
        Thread {
            clock: Clock::new(),
            found: Found::new(),
        }
    };
}

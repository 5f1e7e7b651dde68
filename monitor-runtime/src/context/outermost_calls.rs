//! The outermost calls that run and have no local trace, as other threads see them.
//!
//! A local trace of such a call begins when something has to be recorded in it. One that hangs before is seen here
//! alone.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::callsite::Site;
use crate::context::thread::THREAD;
use crate::context::threads::{self, Thread};
use crate::context::visible_stack::Promise;

/// An outermost call that runs and has no local trace.
pub(crate) struct OutermostCall {
    pub(crate) site: &'static Site,
    /// Its start, in ticks of the clock.
    pub(crate) began: u64,
    pub(crate) thread: Arc<Thread>,
}

/// Returns the outermost calls that run and have no local trace, of all threads that are on the list.
pub(crate) fn outermost_calls() -> Vec<OutermostCall> {
    threads::read(|_, listed| {
        let Promise { site, began } = listed.stack().promised.read()?;
        let thread = Arc::clone(&listed.thread);
        Some(OutermostCall {
            site,
            began,
            thread,
        })
    })
}

/// Lets other threads see the outermost calls of this one.
#[inline]
pub(super) fn show_to_others() {
    if !THREAD.with(|thread| thread.clock.visible().is_listed.load(Ordering::Relaxed)) {
        list();
    }
}

#[cold]
fn list() {
    let note = |is_listed| {
        THREAD.with(|thread| {
            let noted = &thread.clock.visible().is_listed;
            noted.store(is_listed, Ordering::Relaxed);
        });
    };
    // Before it is: the allocator may be monitored itself.
    note(true);
    note(threads::list_this_one());
}

//! The functions that run on this thread.

use std::ptr;

use super::call_stack::Frame;
use super::visible_stack::MAX_DEPTH;
use super::{HERE, Here};
use crate::callsite::Site;
use crate::context::thread::THREAD;

/// Returns the functions running on this thread, outermost first.
pub(super) fn frames() -> Vec<Frame> {
    THREAD.with(|thread| {
        let stack = &thread.clock;
        let known = 0..stack.depth().min(MAX_DEPTH);
        let mut frames: Vec<Frame> = known.map(|depth| stack.frame(depth)).collect();
        let _ = HERE.try_with(|here| {
            // Called by the panic hook, where a second panic would abort the process.
            if let Ok(deeper) = here.deeper.try_borrow() {
                frames.extend_from_slice(&deeper);
            }
        });
        frames
    })
}

/// A function that runs, as far as its breadcrumbs and errors need it.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) site: &'static Site,
    pub(super) began: u64,
    /// The start of its call, in ticks of the process's clock. `u64::MAX` for a call that has not
    /// waited: no sibling has run since it began.
    pub(super) call: u64,
}

/// Returns the functions running since the last task began, outermost first.
pub(super) fn path() -> Vec<Step> {
    let own = frames().into_iter().skip(before_task());
    own.filter_map(|frame| {
        Some(Step {
            site: frame.site?,
            began: frame.began,
            call: frame.call.filter(|call| *call != 0).unwrap_or(u64::MAX),
        })
    })
    .collect()
}

fn before_task() -> usize {
    HERE.try_with(|here| here.before_task.get()).unwrap_or(0)
}

/// Begins a task, whose code belongs to no function around it. Returns what [`end_task`] needs.
pub(super) fn begin_task() -> usize {
    let depth = THREAD.with(|thread| {
        thread.clock.enter(None, None);
        thread.clock.whole_depth()
    });
    let around = HERE.try_with(|here| here.before_task.replace(depth));
    around.unwrap_or(0)
}

/// Ends the task that [`begin_task`] began.
pub(super) fn end_task(around: usize) {
    THREAD.with(|thread| thread.clock.leave());
    let _ = HERE.try_with(|here| here.before_task.set(around));
}

/// Returns the function at a depth.
fn frame(depth: usize) -> Option<Frame> {
    THREAD.with(|thread| {
        let stack = &thread.clock;
        if depth < stack.depth().min(MAX_DEPTH) {
            return Some(stack.frame(depth));
        }
        let deeper = depth.checked_sub(MAX_DEPTH)?;
        let found = |here: &Here| here.deeper.try_borrow().ok()?.get(deeper).copied();
        HERE.try_with(found).ok()?
    })
}

/// Returns the start of the outermost call on this thread, in its clock of events.
// Every failure and every slowest call asks, at any depth of a recursion.
pub(super) fn outermost() -> Option<u64> {
    frame(before_task()).map(|frame| frame.began)
}

/// A moment on a thread.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// The address of the thread's state.
    thread: usize,
    /// The thread's clock of events.
    tick: u64,
}

impl Moment {
    pub(super) fn now() -> Self {
        THREAD.with(|thread| Self {
            thread: ptr::from_ref(thread).addr(),
            tick: thread.clock.tick_now(),
        })
    }
}

/// Returns `true` if the innermost call, which has waited, runs inside one that began after it. `call` is its start in
/// ticks of the process's clock, `polled` the end of its last poll, if that left something.
pub(super) fn is_stray(call: u64, polled: Option<Moment>) -> bool {
    let depth = THREAD.with(|thread| thread.clock.whole_depth());
    let around = depth.checked_sub(2).filter(|depth| *depth >= before_task());
    let Some(around) = around.and_then(frame) else {
        return false;
    };
    match around.call {
        // Of calls that are not timed, the order is not known: they are taken for caller and called.
        Some(around) => call != 0 && call < around,
        // The other has not waited, so it is the caller only if it polled the call before, right here.
        None => polled.is_some_and(|polled| {
            polled.thread != Moment::now().thread || polled.tick < around.began
        }),
    }
}

/// Returns `true` if no call runs.
pub(super) fn is_outside() -> bool {
    outermost().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{DetachedScope, Stretch};

    fn agree() {
        assert_eq!(outermost(), path().first().map(|step| step.began));
    }

    fn within(depth: usize, code: &dyn Fn()) {
        static SITE: Site = Site::placeholder();
        agree();
        if depth == 0 {
            return code();
        }
        Stretch::begin(&SITE);
        within(depth - 1, code);
        agree();
        Stretch::end();
    }

    /// Tasks begin outside of calls, inside them, at the last place of the outer stack, and beyond it.
    #[test]
    fn the_outermost_call_is_the_first_of_the_path() {
        for around in [0, 1, 3, 125, 126, 127, 128, 200] {
            within(around, &|| {
                let task = DetachedScope::enter();
                assert_eq!(outermost(), None);
                within(2, &|| {
                    let inner = DetachedScope::enter();
                    within(130, &|| ());
                    assert!(is_outside());
                    drop(inner);
                    agree();
                });
                drop(task);
                assert_eq!(outermost().is_some(), around > 0);
            });
        }
        assert!(is_outside());
    }
}

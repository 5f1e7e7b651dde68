//! The functions that run on this thread.

use super::call_stack::{Frame, MAX_DEPTH};
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

/// Returns the start of the outermost call on this thread, in its clock of events.
// Every failure and every slowest call asks, at any depth of a recursion.
pub(super) fn outermost() -> Option<u64> {
    let place = before_task();
    THREAD.with(|thread| {
        let stack = &thread.clock;
        if place < stack.depth().min(MAX_DEPTH) {
            return Some(stack.frame(place).began);
        }
        let deeper = place.checked_sub(MAX_DEPTH)?;
        let began = |here: &Here| Some(here.deeper.try_borrow().ok()?.get(deeper)?.began);
        HERE.try_with(began).ok()?
    })
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
        static SITE: Site = Site::nobody();
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

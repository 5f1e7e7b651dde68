//! The part of a thread's state that every call touches: its clock of events, and the functions
//! that run.
#![expect(
    clippy::inline_always,
    reason = "each of these is a few instructions of every call"
)]

use std::cell::Cell;
use std::sync::atomic::Ordering;

use super::visible_stack::{DIVERTED, EVENT, MAX_DEPTH, VisibleStack, depth_of};
use super::{HERE, Here, Stretch};
use crate::callsite::Site;

/// The part of a thread's state that every call touches, in [`THREAD`]. It has no destructor, so it
/// exists to the end of its thread, and reaching it costs one instruction.
pub(crate) struct CallStack {
    /// The functions that run, and `now`: two numbers in one, because every call changes both. The upper
    /// bits count, in [`EVENT`]s, each begin and end of a monitored call and each poll of a future. The
    /// lower bits count the functions that run, up to [`MAX_DEPTH`]; among them is [`DIVERTED`].
    visible: VisibleStack,
    /// The number of functions that run within those.
    deeper: Cell<usize>,
    /// The time of the last thing that a future has to remember, in [`EVENT`]s.
    marked: Cell<u64>,
    // More of the outermost of them, one array per field, and like `began` by the number of functions that
    // run then: an entry is found without arithmetic.
    /// Equal to `began` if this stretch continues a call; otherwise left over from an earlier
    /// stretch.
    resumed: [Cell<u64>; MAX_DEPTH + 1],
    /// The start of the call that continues, in ticks of the process's clock.
    calls: [Cell<u64>; MAX_DEPTH + 1],
}

/// A function that is running.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) site: Option<&'static Site>,
    pub(super) began: u64,
    /// The start of the call that continues; `None` for a call that has not waited.
    pub(super) call: Option<u64>,
}

impl CallStack {
    pub(crate) const fn new() -> Self {
        Self {
            visible: VisibleStack::new(),
            deeper: Cell::new(0),
            marked: Cell::new(0),
            resumed: [const { Cell::new(0) }; MAX_DEPTH + 1],
            calls: [const { Cell::new(0) }; MAX_DEPTH + 1],
        }
    }

    /// Returns the part that other threads may read.
    pub(super) fn visible(&self) -> &VisibleStack {
        &self.visible
    }

    #[inline(always)]
    fn now(&self) -> u64 {
        self.visible.now.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn set_now(&self, now: u64) {
        self.visible.now.store(now, Ordering::Release);
    }

    /// Returns the start of the stretch of the innermost of so many functions.
    #[inline(always)]
    fn began(&self, functions: usize) -> Option<u64> {
        Some(self.visible.began.get(functions)?.load(Ordering::Relaxed))
    }

    pub(super) fn tick_now(&self) -> u64 {
        self.now() / EVENT
    }

    /// Returns a time of the thread's clock so many events from now, for
    /// [`has_reached`](Self::has_reached).
    pub(super) fn after(&self, events: u64) -> u64 {
        self.now() / EVENT * EVENT + events * EVENT
    }

    #[inline(always)]
    pub(super) fn has_reached(&self, time: u64) -> bool {
        self.now() >= time
    }

    pub(super) fn tick(&self) -> u64 {
        self.set_now(self.now() + EVENT);
        self.tick_now()
    }

    #[inline(always)]
    pub(super) fn depth(&self) -> usize {
        depth_of(self.now())
    }

    /// Returns the number of functions that run, one within the other.
    pub(super) fn whole_depth(&self) -> usize {
        self.depth() + self.deeper.get()
    }

    /// Keeps calls off the fast path from now on, or lets them on it again. Returns the former
    /// state.
    pub(crate) fn divert(&self, on: bool) -> bool {
        let before = self.is_diverted();
        self.set_now(self.now() & !DIVERTED | if on { DIVERTED } else { 0 });
        before
    }

    /// Returns `true` if the thread works inside a local trace.
    pub(crate) fn is_diverted(&self) -> bool {
        self.now() & DIVERTED != 0
    }

    /// Begins a stretch of a function, unless calls are diverted or too many others are running.
    #[inline(always)]
    pub(crate) fn push(&self, site: &'static Site) -> Option<()> {
        let now = self.now();
        self.push_at(now, (now % EVENT) as usize, site)?;
        Some(())
    }

    /// Returns `true` if one more function needs nothing on the heap.
    pub(crate) fn has_room(&self) -> bool {
        self.depth() < MAX_DEPTH
    }

    /// Begins a stretch of a function, diverted or not, unless too many others are running.
    pub(crate) fn push_diverted(&self, site: &'static Site) {
        self.push_at(self.now(), self.depth(), site);
    }

    /// Begins a stretch and returns its start.
    #[inline(always)]
    fn push_at(&self, now: u64, depth: usize, site: &'static Site) -> Option<u64> {
        let now = now + EVENT + 1;
        self.visible.set_site(depth, Some(site))?;
        self.visible.began[depth + 1].store(now, Ordering::Relaxed);
        self.set_now(now);
        Some(now)
    }

    /// Begins a stretch of a call that began at `call`, in ticks of the process's clock.
    #[inline(always)]
    pub(crate) fn push_resumed(&self, site: &'static Site, call: u64) -> Option<()> {
        let now = self.now();
        let depth = (now % EVENT) as usize;
        let began = self.push_at(now, depth, site)?;
        self.resumed[depth + 1].set(began);
        self.calls[depth + 1].set(call);
        Some(())
    }

    /// Begins a stretch of a call that began at `call`, diverted or not, unless too many others are
    /// running.
    pub(crate) fn push_resumed_diverted(&self, site: &'static Site, call: u64) {
        let depth = self.depth();
        if let Some(began) = self.push_at(self.now(), depth, site) {
            self.resumed[depth + 1].set(began);
            self.calls[depth + 1].set(call);
        }
    }

    /// Returns `true` if the innermost stretch has nothing to remember and is not diverted.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        let began = self.began((self.now() % EVENT) as usize);
        began.is_some_and(|began| self.marked.get() <= began)
    }

    /// Returns `true` if the innermost stretch has something to remember.
    pub(crate) fn is_marked(&self) -> bool {
        let began = self.began(self.depth());
        began.is_none_or(|began| self.marked.get() > began)
    }

    /// Ends the stretch that [`push`](Self::push) began.
    #[inline(always)]
    pub(crate) fn pop(&self) {
        self.set_now(self.now().wrapping_sub(1));
    }

    /// Ends the stretch that [`push`](Self::push) began, and the call with it.
    #[inline(always)]
    pub(crate) fn pop_ended(&self) {
        self.set_now(self.now() + EVENT - 1);
    }

    /// Returns the innermost stretch, which [`push`](Self::push) began.
    pub(crate) fn stretch(&self) -> Stretch {
        let began = self.began(self.depth()).unwrap_or(0) / EVENT;
        Stretch { began }
    }

    /// Begins a stretch at any depth.
    pub(super) fn enter(&self, site: Option<&'static Site>, call: Option<u64>) -> Stretch {
        let depth = self.depth();
        let began = self.tick();
        if depth < MAX_DEPTH {
            let now = self.now() + 1;
            self.visible.set_site(depth, site);
            self.visible.began[depth + 1].store(now, Ordering::Relaxed);
            self.set_now(now);
            self.resumed[depth + 1].set(call.map_or(0, |_| now));
            self.calls[depth + 1].set(call.unwrap_or_default());
        } else {
            self.deeper.set(self.deeper.get() + 1);
            let frame = Frame { site, began, call };
            let _ = HERE.try_with(|here| {
                // The allocator may be monitored itself.
                if let Ok(mut deeper) = here.deeper.try_borrow_mut() {
                    deeper.push(frame);
                }
            });
        }
        Stretch { began }
    }

    /// Ends a stretch at any depth.
    pub(super) fn leave(&self) {
        let Some(deeper) = self.deeper.get().checked_sub(1) else {
            return self.pop();
        };
        self.deeper.set(deeper);
        let _ = HERE.try_with(|here| {
            if let Ok(mut frames) = here.deeper.try_borrow_mut() {
                frames.truncate(deeper);
            }
        });
    }

    /// Undoes the stretch that has just ended, if nothing happened in it.
    pub(super) fn rewind(&self, stretch: Stretch) {
        // The next stretch has the time and place of this one, and may belong to a new call.
        if let Some(resumed) = self.resumed.get(self.depth() + 1) {
            resumed.set(0);
        }
        self.set_now(self.now() - EVENT);
        (self.marked).set(self.marked.get().min(stretch.began * EVENT));
    }

    /// Notes that the running call has something to keep when it is suspended.
    pub(super) fn mark(&self) {
        self.marked.set((self.tick_now() + 1) * EVENT);
    }

    /// Returns `true` if the stretch, or code since its begin, left something to keep.
    pub(super) fn is_marked_since(&self, stretch: Stretch) -> bool {
        self.marked.get() / EVENT > stretch.began
    }

    /// Returns the innermost function that is running.
    pub(super) fn innermost(&self) -> Option<&'static Site> {
        if self.deeper.get() > 0 {
            let innermost = |here: &Here| here.deeper.try_borrow().ok()?.last()?.site;
            return HERE.try_with(innermost).ok()?;
        }
        self.visible.site(self.depth().wrapping_sub(1))
    }

    /// Returns the start of the innermost call, which [`push_resumed`](Self::push_resumed) or
    /// [`push_resumed_diverted`](Self::push_resumed_diverted) continued.
    pub(crate) fn innermost_call(&self) -> u64 {
        self.calls[self.depth()].get()
    }

    /// Returns the function at a depth that is one of the outermost.
    pub(super) fn frame(&self, depth: usize) -> Frame {
        let began = self.began(depth + 1).unwrap_or_default();
        let waited = self.resumed[depth + 1].get() == began;
        Frame {
            site: self.visible.site(depth),
            began: began / EVENT,
            call: waited.then(|| self.calls[depth + 1].get()),
        }
    }
}

//! Suspends and continues calls on the fast path: the ends and beginnings of their polls.
#![expect(
    clippy::inline_always,
    reason = "each of these is a few instructions of the one short way"
)]

use super::FastCall;
use super::fast::now;
use super::marks::{LOGGED, RECORDED, RESUMED};
use crate::base::clock;
use crate::callsite::Site;
use crate::callsite::slow_polls;
use crate::context::CallStack;
use crate::context::capture;
use crate::context::thread::THREAD;
use crate::context::trace::SuspendedSpan;

// The first three functions run at every poll after the first. They call nothing that returns to them, so
// the compiler saves no registers for them. A call that they cannot handle continues in a slower function.
impl FastCall {
    /// Continues a suspended call that is timed by the time stamp counter; `None` if it has to be
    /// continued by [`resume`](Self::resume) or on the full path.
    // A closure, so that `began` is loaded late and occupies no register before it is needed.
    #[inline(always)]
    pub(crate) fn resume_plainly(
        site: &'static Site,
        label_set: usize,
        began: impl FnOnce() -> u64,
    ) -> Option<Self> {
        THREAD.with(|thread| {
            let shard = thread.found.look_plainly_again(site, label_set)?;
            if capture::is_active() {
                return None;
            }
            thread.clock.push_resumed(site, began())?;
            let began = clock::tsc() | RESUMED;
            Some(Self { shard, began })
        })
    }

    /// Suspends a call that is timed by the time stamp counter until the next poll, and keeps the start of one
    /// that was not suspended before. Returns `false` if it has to be suspended by [`rest`](Self::rest).
    #[inline(always)]
    pub(crate) fn rest_plainly(&self, call_began: &mut u64) -> bool {
        let clock = &self.shard.thread().clock;
        if !clock.is_plain() {
            return false;
        }
        let now = clock::tsc();
        let began = if self.is_resumed() {
            self.began - RESUMED
        } else {
            *call_began = self.began;
            self.began
        };
        // The ticks of a call that has another mark exceed every bound.
        let ticks = now.wrapping_sub(began);
        let is_counted = ticks <= self.shard.quick_poll && self.shard.suspended_again(ticks);
        if is_counted {
            clock.pop();
        }
        is_counted
    }

    /// Counts the end of a call whose only mark is [`RESUMED`], after a last poll of `last` ticks. `ticks` is the
    /// time stamp counter minus `began` with that mark. Returns `false` if the call took long or is timed by
    /// another clock.
    #[inline(always)]
    pub(super) fn ended_after_suspension(&self, clock: &CallStack, ticks: u64, last: u64) -> bool {
        let ended = ticks.wrapping_add(self.began);
        let ticks = ended.wrapping_sub(clock.innermost_call());
        ticks <= self.shard.quick && self.shard.ended_quickly_after_suspension(ticks, last)
    }

    /// Returns the present, in which the poll ends, and the ticks of the poll; `None` if it was slow, which
    /// needs the full path.
    #[inline]
    fn polled(&self) -> Option<(u64, u64)> {
        let at = now(&self.shard);
        // Those of a counter that went back are slow, too.
        let ticks = at.wrapping_sub(Self::ticks(self.began));
        (ticks <= slow_polls::ticks()).then_some((at, ticks))
    }

    /// Suspends a call of any clock, inside a local trace or not, and returns its span if it has one. Gives
    /// back a call that has something to remember, or had a slow poll, which needs the full path.
    pub(crate) fn rest(self) -> Result<Option<SuspendedSpan>, Self> {
        if self.began & LOGGED != 0 {
            return Err(self);
        }
        let Some((at, ticks)) = self.polled() else {
            return Err(self);
        };
        let thread = self.shard.thread();
        if thread.clock.is_marked() {
            return Err(self);
        }
        let is_recorded = self.began & RECORDED != 0;
        let site = self.shard.site;
        let span = is_recorded.then(|| SuspendedSpan::of_call(thread, site, at));
        if let Some(None) = span {
            return Err(self);
        }
        thread.clock.pop();
        self.shard.suspended(ticks);
        Ok(span.flatten())
    }

    /// Continues a suspended call of any clock, inside a local trace or not; `None` if the call needs the
    /// full path. `began` has the mark of a call that has a span.
    pub(crate) fn resume(
        site: &'static Site,
        label_set: usize,
        began: u64,
        span: Option<&SuspendedSpan>,
    ) -> Option<Self> {
        THREAD.with(|thread| {
            let shard = thread.found.look_again(site, label_set)?;
            let is_traced = span.is_some() || thread.clock.is_diverted();
            if capture::is_active() || !thread.clock.has_room() {
                return None;
            }
            if is_traced && !thread.clock.is_diverted() {
                return None;
            }
            if !span.is_none_or(|span| span.resume(thread, site)) {
                return None;
            }
            thread.clock.push_resumed_diverted(site, Self::ticks(began));
            let at = now(&shard);
            if let Some(span) = span {
                span.end_wait(at);
            }
            let began = at | RESUMED | (began & RECORDED);
            Some(Self { shard, began })
        })
    }
}

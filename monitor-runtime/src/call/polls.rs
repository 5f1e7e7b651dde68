//! Suspends and continues calls on the fast path: the ends and beginnings of their polls.
#![expect(
    clippy::inline_always,
    reason = "each of these is a few instructions of the one short way"
)]

use super::FastCall;
use super::fast::{RECORDED, RESUMED, now};
use super::logged::LOGGED;
use crate::callsite::Site;
use crate::callsite::slow_polls;
use crate::context::capture;
use crate::context::thread::THREAD;
use crate::context::trace::SuspendedSpan;

impl FastCall {
    /// Continues a suspended call on the fast path; `None` if the call needs the full path.
    // A closure, so that `began` is loaded late and occupies no register before it is needed.
    #[inline(always)]
    pub(crate) fn resume(
        site: &'static Site,
        label_set: usize,
        began: impl FnOnce() -> u64,
    ) -> Option<Self> {
        THREAD.with(|thread| {
            let shard = thread.found.look_again(site, label_set)?;
            if capture::is_active() {
                return None;
            }
            thread.clock.push_resumed(site, began())?;
            let began = now(shard) | RESUMED;
            Some(Self { shard, began })
        })
    }

    /// Returns the present, in which the poll ends, and the ticks of the poll; `None` if it was slow, which
    /// needs the full path.
    #[inline(always)]
    fn polled(&self) -> Option<(u64, u64)> {
        let at = now(self.shard);
        // Those of a counter that went back are slow, too.
        let ticks = at.wrapping_sub(Self::ticks(self.began));
        (ticks <= slow_polls::ticks()).then_some((at, ticks))
    }

    /// Suspends the call until the next poll. Returns `false` if it has something to remember, or had a
    /// slow poll, which needs the full path.
    #[inline(always)]
    pub(crate) fn rest(&self) -> bool {
        // Twice, because one closure around all of it is not inlined.
        if !THREAD.with(|thread| thread.clock.is_plain()) {
            return false;
        }
        let Some((_, ticks)) = self.polled() else {
            return false;
        };
        self.shard.suspended(ticks);
        THREAD.with(|thread| thread.clock.pop());
        true
    }

    /// Suspends a call inside a local trace, and returns its span if it has one. Gives back a call that
    /// has something to remember, or had a slow poll, which needs the full path.
    pub(crate) fn rest_diverted(self) -> Result<Option<SuspendedSpan>, Self> {
        if self.began & LOGGED != 0 {
            return Err(self);
        }
        let Some((at, ticks)) = self.polled() else {
            return Err(self);
        };
        THREAD.with(|thread| {
            if thread.clock.is_marked() {
                return Err(self);
            }
            let is_recorded = self.began & RECORDED != 0;
            let site = self.shard.site;
            let span = is_recorded.then(|| SuspendedSpan::of_call(site, at));
            if let Some(None) = span {
                return Err(self);
            }
            thread.clock.pop();
            self.shard.suspended(ticks);
            Ok(span.flatten())
        })
    }

    /// Continues a suspended call inside a local trace; `None` if the call needs the full path. `began` has
    /// the mark of a call that has a span.
    pub(crate) fn resume_diverted(
        site: &'static Site,
        label_set: usize,
        began: u64,
        span: Option<&SuspendedSpan>,
    ) -> Option<Self> {
        THREAD.with(|thread| {
            let shard = thread.found.look_again(site, label_set)?;
            if capture::is_active() || !thread.clock.is_diverted() || !thread.clock.has_room() {
                return None;
            }
            if !span.is_none_or(|span| span.resume(site)) {
                return None;
            }
            thread.clock.push_resumed_diverted(site, Self::ticks(began));
            let at = now(shard);
            if let Some(span) = span {
                span.end_wait(at);
            }
            let began = at | RESUMED | (began & RECORDED);
            Some(Self { shard, began })
        })
    }
}

//! The fast path of a call: two reads of the clock and a few counters.
#![expect(
    clippy::inline_always,
    reason = "each of these is a few instructions of the one short way"
)]

use std::mem::ManuallyDrop;

use super::marks::{LOGGED, MARKS, RECORDED, RESUMED};
use super::{Call, End, FullCall, Stretch};
use crate::base::clock;
use crate::base::verdict::Verdict;
use crate::call::start::Start;
use crate::callsite::Site;
use crate::callsite::counters::{Shard, Timing};
use crate::context::capture;
use crate::context::counter_cache::OwnShard;
use crate::context::own_shards;
use crate::context::thread::{THREAD, Thread};
use crate::context::trace;
use crate::context::trace::Begun;

/// A call on the fast path: on one thread, without fields, span or events. Most calls are on it
/// from start to end.
pub(crate) struct FastCall {
    pub(crate) shard: OwnShard,
    /// The start of the call or of its present poll, in ticks of the clock, with its marks; 0 for the ticks if
    /// calls are not timed.
    pub(crate) began: u64,
}

impl FastCall {
    /// Begins a call that is timed by the time stamp counter; `None` if the call needs the full
    /// path.
    #[inline(always)]
    pub(crate) fn begin_plainly(site: &'static Site, label_set: usize) -> Option<Self> {
        THREAD.with(|thread| {
            let shard = thread.found.look_plainly(site, label_set)?;
            Self::count(thread, shard, site)?;
            // The clock is read last: the time before is not the user's.
            let began = clock::tsc();
            Some(Self { shard, began })
        })
    }

    /// Begins a call that is not timed; `None` if the call needs the full path.
    #[inline(always)]
    pub(crate) fn begin_untimed(site: &'static Site) -> Option<Self> {
        THREAD.with(|thread| {
            let shard = thread.found.look(site, 0)?;
            if shard.timing != Timing::None {
                return None;
            }
            Self::count(thread, shard, site)?;
            Some(Self { shard, began: 0 })
        })
    }

    /// Begins a call with any clock; `None` if the call needs the full path.
    #[inline(always)]
    pub(crate) fn begin(site: &'static Site, label_set: usize) -> Option<Self> {
        THREAD.with(|thread| {
            let shard = thread.found.look(site, label_set)?;
            Self::count(thread, shard, site)?;
            let began = now(&shard);
            Some(Self { shard, began })
        })
    }

    /// Begins a call on a thread that has no shard of the function yet.
    #[cold]
    pub(crate) fn claim(start: &Start) -> Option<Self> {
        let site = start.site;
        site.make_known();
        if start.declared.is_some() || site.is_watched() {
            return None;
        }
        let claimed = own_shards::claim(site, start.label_set);
        let shard = claimed.inspect_err(|shard| shard.release()).ok()?;
        THREAD.with(|thread| Self::count(thread, shard, site))?;
        let began = now(&shard);
        Some(Self { shard, began })
    }

    /// Begins a call inside a local trace; `None` if the call needs the full path. It has a span
    /// there, unless it is not to be recorded or the trace has no room.
    pub(crate) fn begin_diverted(site: &'static Site, label_set: usize) -> Option<Self> {
        THREAD.with(|thread| {
            let is_diverted = thread.clock.is_diverted();
            is_diverted.then(|| Self::begin_diverted_on(thread, site, label_set))?
        })
    }

    // Out of line. Otherwise the look-up of the thread is, with all of this inside.
    #[inline(never)]
    fn begin_diverted_on(thread: &Thread, site: &'static Site, label_set: usize) -> Option<Self> {
        if !thread.clock.has_room() || capture::is_active() {
            return None;
        }
        let shard = thread.found.look(site, label_set)?;
        if shard.timing == Timing::None {
            return None;
        }
        let span = if site.is_recorded() {
            trace::begin_call(thread, site, || now(&shard))?
        } else {
            Begun::LeftOut
        };
        thread.clock.push_diverted(site);
        shard.started();
        let began = match span {
            Begun::Recorded(began) => began | RECORDED,
            Begun::LeftOut => now(&shard),
        };
        Some(Self { shard, began })
    }

    #[inline(always)]
    fn count(thread: &Thread, shard: OwnShard, site: &'static Site) -> Option<()> {
        if capture::is_active() {
            return None;
        }
        thread.clock.push(site)?;
        shard.started();
        Some(())
    }

    /// Returns the start of a call or poll in ticks, without its marks.
    #[inline]
    pub(crate) fn ticks(began: u64) -> u64 {
        began & !MARKS
    }

    #[inline]
    pub(super) fn is_resumed(&self) -> bool {
        self.began & RESUMED != 0
    }

    /// Returns the start of the call, in ticks.
    pub(super) fn call_began(&self) -> u64 {
        if self.is_resumed() {
            self.shard.thread().clock.innermost_call()
        } else {
            Self::ticks(self.began)
        }
    }

    /// Ends a call that succeeded; `timed` is `false` if the call is known not to be.
    #[inline]
    pub(crate) fn end_ok(self, timed: bool) {
        if !timed {
            return self.end_untimed();
        }
        // The clock is read first: the time after is not the user's. A counter that went back gives
        // a duration beyond all bounds, which takes the slow branch as well.
        let ticks = clock::tsc().wrapping_sub(self.began);
        if ticks > self.shard.quick {
            return self.end_otherwise(ticks);
        }
        self.shard.ended_quickly(ticks);
        self.shard.thread().clock.pop_ended();
    }

    #[inline]
    fn end_untimed(self) {
        self.shard.ended_untimed();
        self.shard.thread().clock.pop_ended();
    }

    /// Ends a call that has a mark, took long, counts in fine cells, or is timed by another clock. `ticks`
    /// is the time stamp counter minus `began` with its marks.
    #[inline(never)]
    fn end_otherwise(self, ticks: u64) {
        // The ticks of a last poll, unless the call has another mark or none: a number beyond every bound then.
        let last = ticks.wrapping_add(RESUMED);
        let clock = &self.shard.thread().clock;
        if last <= self.shard.quick_poll && self.ended_after_suspension(clock, ticks, last) {
            return clock.pop_ended();
        }
        if self.began < RESUMED {
            self.end_unmarked(ticks);
        } else {
            self.end_marked(ticks);
        }
    }

    #[inline(never)]
    fn end_unmarked(self, ticks: u64) {
        if !self.shard.ended_finely(ticks) {
            return self.end_slowly(ticks);
        }
        self.shard.thread().clock.pop_ended();
    }

    #[inline(never)]
    fn end_slowly(self, ticks: u64) {
        if self.began & LOGGED != 0 {
            return self.end_logged(ticks);
        }
        if self.shard.timing == Timing::None {
            return self.end_untimed();
        }
        let ticks = self.ended(ticks).wrapping_sub(self.began);
        if ticks > self.shard.brief {
            return self.end(End::Returned(&Verdict::Ok));
        }
        self.shard.ended_briefly(ticks);
        self.shard.thread().clock.pop_ended();
    }

    /// Ends a call that was suspended or has a span in a local trace.
    #[inline(never)]
    fn end_marked(self, ticks: u64) {
        if self.began & LOGGED != 0 {
            return self.end_logged(ticks);
        }
        let ended = self.ended(ticks);
        let ticks = ended.wrapping_sub(self.call_began());
        if ticks > self.shard.brief {
            return self.end(End::Returned(&Verdict::Ok));
        }
        if self.began & RECORDED != 0 {
            trace::end_call(self.shard.thread(), self.shard.site, ended);
        }
        if self.is_resumed() {
            let last = ended.wrapping_sub(Self::ticks(self.began));
            self.shard.ended_briefly_after_suspension(ticks, last);
        } else {
            self.shard.ended_briefly(ticks);
        }
        self.shard.thread().clock.pop_ended();
    }

    /// Returns the end of the call by the clock that times it; another read of the time stamp counter would
    /// cost as much as the rest.
    #[inline]
    pub(super) fn ended(&self, ticks: u64) -> u64 {
        match self.shard.timing {
            Timing::Tsc => ticks.wrapping_add(self.began),
            other => now_otherwise(other),
        }
    }

    /// Ends a call that did not succeed, or that the fast path cannot end.
    #[cold]
    #[inline(never)]
    pub(crate) fn end(self, end: End<'_>) {
        let FullCall { call, stretch } = self.in_full();
        call.end(end, &stretch);
    }

    /// Turns the call into a full one, which can end in any way.
    pub(crate) fn in_full(self) -> FullCall {
        let mut call = Call::at(self.call_began());
        if self.began & LOGGED != 0 {
            call.extra = ManuallyDrop::new(Some(self.logged_extras().boxed()));
        }
        if self.began & RECORDED != 0 {
            call.adopt_span(self.shard.site);
        }
        FullCall {
            call,
            stretch: Stretch {
                shard: self.shard.shared(),
                story: self.shard.thread().clock.stretch(),
                late: false,
                since: Self::ticks(self.began),
                is_resumed: self.is_resumed(),
            },
        }
    }
}

/// Returns the present, in ticks; 0 if calls are not timed.
#[inline(always)]
pub(super) fn now(shard: &Shard) -> u64 {
    match shard.timing {
        Timing::Tsc => clock::tsc(),
        other => now_otherwise(other),
    }
}

// Out of line: the registers that it needs would be saved on the stack by every caller.
#[cold]
#[inline(never)]
fn now_otherwise(timing: Timing) -> u64 {
    match timing {
        Timing::None => 0,
        Timing::Tsc | Timing::Clock => clock::now(),
    }
}

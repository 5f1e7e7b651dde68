//! The fast path of a call: two reads of the clock and a few counters.
#![expect(
    clippy::inline_always,
    reason = "each of these is a few instructions of the one short way"
)]

use super::{Call, End, FullCall, Stretch};
use crate::base::clock;
use crate::base::verdict::Verdict;
use crate::call::start::Start;
use crate::callsite::Site;
use crate::callsite::counters::{Shard, Timing};
use crate::context::capture;
use crate::context::counter_cache;
use crate::context::thread::{THREAD, Thread};
use crate::context::trace;
use crate::context::trace::{Begun, SuspendedSpan};

/// Set in the start of a call that has a span in a local trace. Its ticks then exceed every bound,
/// so that it leaves the fast path at its end without a check of its own.
const RECORDED: u64 = 1 << 63;

/// A call on the fast path: on one thread, without fields, span or events. Most calls are on it
/// from start to end.
pub(crate) struct FastCall {
    pub(crate) shard: &'static Shard,
    /// The start, in ticks of the clock, and [`RECORDED`]; 0 if calls are not timed.
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
            let began = now(shard);
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
        let (shard, is_late) = counter_cache::claim(site, start.label_set);
        if is_late {
            shard.release();
            return None;
        }
        THREAD.with(|thread| Self::count(thread, shard, site))?;
        let began = now(shard);
        Some(Self { shard, began })
    }

    /// Begins a call inside a local trace; `None` if the call needs the full path. It has a span
    /// there, unless it is not to be recorded or the trace has no room.
    pub(crate) fn begin_diverted(site: &'static Site, label_set: usize) -> Option<Self> {
        if capture::is_active() {
            return None;
        }
        THREAD.with(|thread| {
            let shard = thread.found.look(site, label_set)?;
            if shard.timing == Timing::None || !thread.clock.has_room() {
                return None;
            }
            let span = if site.is_recorded() {
                trace::begin_call(site, || now(shard))?
            } else {
                Begun::LeftOut
            };
            thread.clock.push_diverted(site);
            shard.started();
            let began = match span {
                Begun::Recorded(began) => began | RECORDED,
                Begun::LeftOut => now(shard),
            };
            Some(Self { shard, began })
        })
    }

    #[inline(always)]
    fn count(thread: &Thread, shard: &'static Shard, site: &'static Site) -> Option<()> {
        if capture::is_active() {
            return None;
        }
        thread.clock.push(site)?;
        shard.started();
        Some(())
    }

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
            let began = began();
            thread.clock.push_resumed(site, began)?;
            Some(Self { shard, began })
        })
    }

    /// Suspends the call until the next poll. Returns `false` if it has something to remember,
    /// which needs the full path.
    #[inline(always)]
    pub(crate) fn rest() -> bool {
        THREAD.with(|thread| thread.clock.pop_unmarked())
    }

    /// Suspends a call inside a local trace, and returns its span if it has one. Gives back a call that
    /// has something to remember, which needs the full path.
    pub(crate) fn rest_diverted(self) -> Result<Option<SuspendedSpan>, Self> {
        THREAD.with(|thread| {
            if thread.clock.is_marked() {
                return Err(self);
            }
            let is_recorded = self.began & RECORDED != 0;
            let site = self.shard.site;
            let span = is_recorded.then(|| SuspendedSpan::of_call(site));
            if let Some(None) = span {
                return Err(self);
            }
            thread.clock.pop();
            Ok(span.flatten())
        })
    }

    /// Continues a suspended call inside a local trace; `None` if the call needs the full path.
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
            Some(Self { shard, began })
        })
    }

    /// Returns the start of a call in ticks, without the mark of one that has a span.
    #[inline]
    pub(crate) fn ticks(began: u64) -> u64 {
        began & !RECORDED
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
        THREAD.with(|thread| thread.clock.pop_ended());
    }

    #[inline]
    fn end_untimed(self) {
        self.shard.ended_untimed();
        THREAD.with(|thread| thread.clock.pop_ended());
    }

    /// Ends a call that took long, that counts in fine cells, or that another clock times; `ticks` are
    /// those of the time stamp counter.
    #[inline(never)]
    fn end_otherwise(self, ticks: u64) {
        if !self.shard.ended_finely(ticks) {
            return self.end_slowly(ticks);
        }
        THREAD.with(|thread| thread.clock.pop_ended());
    }

    #[inline(never)]
    fn end_slowly(self, ticks: u64) {
        if self.began & RECORDED != 0 {
            return self.end_recorded();
        }
        let ticks = match self.shard.timing {
            Timing::Tsc => ticks,
            Timing::Clock => clock::now().wrapping_sub(self.began),
            Timing::None => return self.end_untimed(),
        };
        if ticks > self.shard.brief {
            return self.end(End::Returned(&Verdict::Ok));
        }
        self.shard.ended_briefly(ticks);
        THREAD.with(|thread| thread.clock.pop_ended());
    }

    /// Ends a call that has a span in a local trace.
    fn end_recorded(self) {
        let ended = now(self.shard);
        let ticks = ended.wrapping_sub(Self::ticks(self.began));
        if ticks > self.shard.brief {
            return self.end(End::Returned(&Verdict::Ok));
        }
        trace::end_call(self.shard.site, ended);
        self.shard.ended_briefly(ticks);
        THREAD.with(|thread| thread.clock.pop_ended());
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
        let mut call = Call::at(Self::ticks(self.began));
        if self.began & RECORDED != 0 {
            call.adopt_span(self.shard.site);
        }
        FullCall {
            call,
            stretch: Stretch {
                shard: self.shard,
                story: THREAD.with(|thread| thread.clock.stretch()),
                late: false,
            },
        }
    }
}

/// Returns the present, in ticks; 0 if calls are not timed.
#[inline(always)]
fn now(shard: &Shard) -> u64 {
    match shard.timing {
        Timing::Tsc => clock::tsc(),
        Timing::Clock => clock::now(),
        Timing::None => 0,
    }
}

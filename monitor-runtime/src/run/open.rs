//! A call, where it is: in the frame that runs the user's code, or in a future that waits.
#![expect(
    clippy::inline_always,
    reason = "a call of it would be a tenth of the whole price"
)]

use std::mem;

use crate::call::{Call, End, Quick, Stretch};
use crate::site::Site;
use crate::start::Start;
use crate::verdict::Verdict;

/// A call while the user's code runs, in the frame that runs it.
// A tag of its own is a byte to compare; one hidden in a field takes a handful of instructions.
#[repr(u8)]
pub(super) enum Open {
    Ended,
    Timed(Quick),
    /// `latency = false`.
    Counted(Quick),
    Full(Call, Stretch),
}

impl Open {
    /// Inlined to where it is known whether anything is declared.
    #[inline(always)]
    pub(super) fn begin(&mut self, start: Start) {
        match start {
            Start {
                site,
                lane: 0,
                declared: None,
            } => self.begin_plainly(site),
            start => self.begin_labelled(start),
        }
    }

    #[inline(never)]
    fn begin_plainly(&mut self, site: &'static Site) {
        match Quick::begin(site, 0) {
            Some(quick) => *self = Self::quick(quick),
            None => self.begin_in_full(site.start()),
        }
    }

    #[inline(never)]
    fn begin_labelled(&mut self, start: Start) {
        if start.declared.is_none()
            && let Some(quick) = Quick::begin(start.site, start.lane)
        {
            *self = Self::quick(quick);
        } else {
            self.begin_in_full(start);
        }
    }

    #[inline(always)]
    fn quick(quick: Quick) -> Self {
        if quick.is_timed() {
            Self::Timed(quick)
        } else {
            Self::Counted(quick)
        }
    }

    #[cold]
    #[inline(never)]
    fn begin_in_full(&mut self, start: Start) {
        let (call, stretch) = Call::begin(start);
        *self = Self::Full(call, stretch);
    }

    /// The user's code goes on.
    #[inline(always)]
    fn resume(&mut self, site: &'static Site, lane: usize, call: Call) {
        match Quick::resume(site, lane, &call) {
            Some(quick) => *self = Self::quick(quick),
            None => self.resume_in_full(site, lane, call),
        }
    }

    #[cold]
    #[inline(never)]
    fn resume_in_full(&mut self, site: &'static Site, lane: usize, call: Call) {
        let (call, stretch) = call.resume(site, lane);
        *self = Self::Full(call, stretch);
    }

    /// The user's code returned.
    #[inline(always)]
    pub(super) fn returned(&mut self, verdict: &Verdict<'_>) {
        match verdict {
            Verdict::Ok => self.end_ok(),
            other => self.end(End::Returned(other)),
        }
    }

    /// Inlined: to call it would be a tenth of the whole price.
    #[inline(always)]
    fn end_ok(&mut self) {
        match self {
            Self::Timed(quick) if quick.end_ok(true) => {}
            _ => self.end_otherwise(),
        }
    }

    #[inline(never)]
    fn end_otherwise(&mut self) {
        match self {
            Self::Counted(quick) if quick.end_ok(false) => {}
            _ => self.end(End::Returned(&Verdict::Ok)),
        }
    }

    /// Ends the call, unless it has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn end(&mut self, end: End<'_>) {
        if let Some((call, stretch)) = self.take() {
            call.end(end, &stretch);
        }
    }

    fn take(&mut self) -> Option<(Call, Stretch)> {
        match mem::replace(self, Self::Ended) {
            Self::Timed(quick) | Self::Counted(quick) => Some(quick.in_full()),
            Self::Full(call, stretch) => Some((call, stretch)),
            Self::Ended => None,
        }
    }
}

/// A call while no poll runs.
pub(super) enum State {
    /// Not polled yet: no call.
    New(Start),
    Waiting {
        site: &'static Site,
        lane: usize,
        call: Call,
    },
    /// It has ended, or is being polled.
    Away,
    /// The future is being dropped. In a box: all futures would grow by what few of them ever need.
    Dropping(#[expect(dead_code, reason = "its `Drop` is what it is for")] Box<Cancelled>),
}

/// Ends a call as cancelled once the user's future is gone, even if its `Drop` code panics.
pub(super) struct Cancelled(Open);

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.end(End::Cancelled);
    }
}

impl State {
    /// Begins the call, or goes on with it, unless it has ended.
    #[inline(never)]
    pub(super) fn enter(&mut self, open: &mut Open) {
        match mem::replace(self, Self::Away) {
            Self::New(start) => open.begin(start),
            Self::Waiting { site, lane, call } => open.resume(site, lane, call),
            Self::Away | Self::Dropping(_) => {}
        }
    }

    /// Goes on with a call that has begun and not ended, until this is dropped.
    #[inline(never)]
    pub(super) fn reopen(&mut self) {
        if let Self::Waiting { site, lane, call } = mem::replace(self, Self::Away) {
            let mut open = Open::Ended;
            open.resume(site, lane, call);
            *self = Self::Dropping(Box::new(Cancelled(open)));
        }
    }

    /// The call waits for another poll.
    #[inline(never)]
    pub(super) fn rest(&mut self, open: &mut Open) {
        if let Open::Timed(quick) = open
            && let Some(call) = quick.rest()
        {
            *self = Self::Waiting {
                site: quick.site(),
                lane: quick.lane(),
                call,
            };
        } else {
            self.rest_otherwise(open);
        }
    }

    #[inline(never)]
    fn rest_otherwise(&mut self, open: &mut Open) {
        if let Some((call, stretch)) = open.take() {
            *self = Self::Waiting {
                site: stretch.site(),
                lane: stretch.lane(),
                call: call.rest(&stretch),
            };
        }
    }
}

//! The short way through a call: two reads of the clock and a few numbers.
#![expect(
    clippy::inline_always,
    reason = "each of these is a few instructions of the one short way"
)]

use std::mem::ManuallyDrop;

use tracing::level_filters::LevelFilter;

use super::{Call, Stretch};
use crate::cells::Cells;
use crate::site::Site;
use crate::{clock, story, table, testkit};

/// A call about which nothing is special, on the one thread it has been on: what most calls are
/// from beginning to end.
pub(crate) struct Quick {
    cells: &'static Cells,
    /// In ticks of the clock; 0 where calls are not timed.
    began: u64,
    story: story::Stretch,
}

impl Quick {
    /// Begins a call, unless there is more to do than that.
    #[inline(always)]
    pub(crate) fn begin(site: &'static Site, lane: usize) -> Option<Self> {
        let mut quick = Self::enter(site, lane, || story::Stretch::begin(site))?;
        quick.cells.started();
        // The clock last: what came before is not the user's time.
        if quick.is_timed() {
            quick.began = clock::tsc();
        }
        Some(quick)
    }

    /// Goes on with a call, unless there is more to do than that.
    #[inline(always)]
    pub(crate) fn resume(site: &'static Site, lane: usize, call: &Call) -> Option<Self> {
        if call.extra.is_some() {
            return None;
        }
        let resume = || story::Stretch::resume(site, call.began);
        let mut quick = Self::enter(site, lane, resume)?;
        quick.began = call.began;
        Some(quick)
    }

    #[inline(always)]
    fn enter(
        site: &'static Site,
        lane: usize,
        story: impl FnOnce() -> story::Stretch,
    ) -> Option<Self> {
        let cells = table::recent(site, lane)?;
        if cells.watched <= LevelFilter::current() || testkit::is_active() {
            return None;
        }
        Some(Self {
            cells,
            began: 0,
            story: story(),
        })
    }

    #[inline(always)]
    pub(crate) fn is_timed(&self) -> bool {
        self.cells.timed
    }

    pub(crate) fn site(&self) -> &'static Site {
        self.cells.site
    }

    pub(crate) fn lane(&self) -> usize {
        self.cells.lane
    }

    /// The call waits for another poll; `None` if it has something to remember.
    #[inline(always)]
    pub(crate) fn rest(&self) -> Option<Call> {
        if self.story.has_marks() {
            return None;
        }
        story::Stretch::end();
        Some(Call {
            began: self.began,
            extra: ManuallyDrop::new(None),
        })
    }

    /// The call ended well; says whether that was all there is to it.
    #[inline(always)]
    pub(crate) fn end_ok(&self, timed: bool) -> bool {
        // The clock first: what follows is not the user's time. A counter that went back gives a
        // duration beyond all bounds, and so does what is slow.
        let ticks = if timed {
            clock::tsc().wrapping_sub(self.began)
        } else {
            0
        };
        let is_all = ticks <= self.cells.quick;
        if is_all {
            self.cells.ended_quickly(ticks);
            story::Stretch::end();
            story::tick();
        }
        is_all
    }

    /// The same call, for whatever end it finds.
    pub(crate) fn in_full(&self) -> (Call, Stretch) {
        let call = Call {
            began: self.began,
            extra: ManuallyDrop::new(None),
        };
        let stretch = Stretch {
            cells: self.cells,
            story: self.story,
            late: false,
        };
        (call, stretch)
    }
}

//! The stretches of a call on one thread: the whole of a function, or one poll of a future.

use super::Extra;
use crate::callsite::Site;
use crate::callsite::counters::Cells;
use crate::context;
use crate::context::counter_cache;

/// The user's code running on one thread: the whole of a function, or one poll of a future.
///
/// The code that enters it also leaves it or ends the call.
pub(crate) struct Stretch {
    pub(super) cells: &'static Cells,
    pub(super) story: context::Stretch,
    /// `true` if the cells go back at the end of the call, because the thread has dropped its
    /// table.
    pub(super) late: bool,
}

impl Stretch {
    /// Enters the user's code. `story` pushes the call on the thread's state and returns its
    /// stretch.
    pub(super) fn enter(
        site: &'static Site,
        lane: usize,
        extra: Option<&Extra>,
        story: impl FnOnce() -> context::Stretch,
    ) -> Self {
        if let Some(extra) = extra {
            extra.enter();
        }
        let (cells, is_late) = counter_cache::claim(site, lane);
        Self {
            cells,
            late: is_late,
            story: story(),
        }
    }

    pub(super) fn exit(&self, extra: Option<&Extra>) {
        context::Stretch::end();
        if self.late {
            self.cells.release();
        }
        if let Some(extra) = extra {
            extra.exit();
        }
    }
}

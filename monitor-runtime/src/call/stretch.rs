//! The stretches of a call on one thread: the whole of a function, or one poll of a future.

use super::CallExtras;
use crate::base::outcome::Outcome;
use crate::callsite::Site;
use crate::callsite::counters::Shard;
use crate::context;
use crate::context::counter_cache::OwnShard;
use crate::context::own_shards;

/// The user's code running on one thread: the whole of a function, or one poll of a future.
///
/// The code that enters it also leaves it or ends the call.
pub(crate) struct Stretch {
    pub(super) shard: &'static Shard,
    pub(super) story: context::Stretch,
    /// `true` if the shard goes back at the end of the call, because the thread has dropped its
    /// table.
    pub(super) late: bool,
    /// Its beginning, in ticks of the clock; 0 if calls are not timed.
    pub(super) since: u64,
    /// `true` if the call was suspended before.
    pub(super) is_resumed: bool,
}

impl Stretch {
    /// Enters the user's code. `story` pushes the call on the thread's state and returns its
    /// stretch.
    pub(super) fn enter(
        site: &'static Site,
        label_set: usize,
        extra: Option<&mut CallExtras>,
        story: impl FnOnce() -> context::Stretch,
    ) -> Self {
        if let Some(extra) = extra {
            extra.enter(site);
        }
        let claimed = own_shards::claim(site, label_set);
        let late = claimed.is_err();
        Self {
            shard: claimed.map_or_else(|shard| shard, OwnShard::shared),
            late,
            story: story(),
            since: 0,
            is_resumed: false,
        }
    }

    /// Leaves the user's code; `leave` does so for the call's other parts.
    pub(super) fn exit(&self, extra: Option<&mut CallExtras>, leave: impl FnOnce(&mut CallExtras)) {
        context::Stretch::end();
        if self.late {
            self.shard.release();
        }
        if let Some(extra) = extra {
            leave(extra);
        }
    }

    /// Leaves the breadcrumbs of a call that has ended to the call around it.
    pub(super) fn close(&self, outcome: Outcome, is_stray: bool) {
        self.story.hand_up(is_stray);
        if outcome == Outcome::Cancelled {
            self.story.rewind();
        } else {
            context::tick();
        }
    }
}

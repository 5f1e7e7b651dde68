//! The keys by which a thread finds its shard, and the way from there to the state of the thread.

use super::Shard;
use crate::base::sync::atomic::Ordering;

/// The ids of a shard, one of which a look-up compares.
pub(crate) struct Key {
    /// Equal to `id` if calls are timed by the time stamp counter, read in place; else
    /// `usize::MAX`, which no look-up matches.
    pub(crate) plain_id: usize,
    /// The index in a thread's table.
    pub(crate) id: usize,
}

impl Key {
    /// Matches no look-up.
    pub(crate) const NONE: Self = Self {
        plain_id: usize::MAX,
        id: usize::MAX,
    };
}

impl Shard {
    /// Keeps where the state of the thread is that claimed it.
    pub(crate) fn set_owner(&self, owner: *mut ()) {
        self.owner.store(owner, Ordering::Relaxed);
    }

    /// Returns what [`set_owner`](Self::set_owner) was last given, or null.
    #[inline]
    pub(crate) fn owner(&self) -> *mut () {
        self.owner.load(Ordering::Relaxed)
    }
}

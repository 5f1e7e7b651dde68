//! The shards that a thread has used last, by their address in an array: a call finds its shard there in
//! a few instructions. A call that does not [claims](super::own_shards::claim) one.
#![allow(unsafe_code)]
#![expect(clippy::inline_always, reason = "a few instructions of every call")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;

use crate::callsite::Site;
use crate::callsite::counters::{Key, Shard};

/// The number of shards per thread that are found without the table.
const RECENT: usize = 256;

/// Shards of the current thread that are found without the table.
// A place without one has the address of `NOWHERE`: a look-up then needs no comparison of its own for it.
pub(crate) struct CounterCache([Cell<*const Shard>; RECENT]);

/// Stands at the beginning of no shard.
static NOWHERE: Key = Key::NONE;
const NONE: *const Shard = ptr::from_ref(&NOWHERE).cast();

impl CounterCache {
    pub(crate) const fn new() -> Self {
        Self([const { Cell::new(NONE) }; RECENT])
    }

    /// Returns the shard of a site's label set, if the cache has them.
    #[inline(always)]
    pub(crate) fn look(&self, site: &'static Site, label_set: usize) -> Option<OwnShard> {
        // Before its first call a site has no id, and its label sets would match those of other sites.
        let known = label_set == 0 || site.key() != 0;
        known.then(|| self.look_again(site, label_set))?
    }

    /// Returns the shard for a call that has already begun, on this or another thread.
    #[inline(always)]
    pub(crate) fn look_again(&self, site: &'static Site, label_set: usize) -> Option<OwnShard> {
        self.find(site.key().wrapping_add(label_set), |key| key.id)
    }

    /// Returns the shard of a site's label set, if the cache has them and calls are timed by the time
    /// stamp counter.
    #[inline(always)]
    pub(crate) fn look_plainly(&self, site: &'static Site, label_set: usize) -> Option<OwnShard> {
        let shard = self.look_plainly_again(site, label_set)?;
        // As in `look`.
        (label_set == 0 || site.key() != 0).then_some(shard)
    }

    /// Returns the shard for a call that has already begun, if calls are timed by the time stamp counter.
    #[inline(always)]
    pub(crate) fn look_plainly_again(
        &self,
        site: &'static Site,
        label_set: usize,
    ) -> Option<OwnShard> {
        self.find(site.key().wrapping_add(label_set), |key| key.plain_id)
    }

    pub(super) fn look_by_id(&self, id: usize) -> Option<OwnShard> {
        self.find(id, |key| key.id)
    }

    #[inline(always)]
    fn find(&self, id: usize, id_of: impl FnOnce(&Key) -> usize) -> Option<OwnShard> {
        let shard = self.0[id % RECENT].get();
        // SAFETY: it points to a `Key`, which is that of a `&'static Shard` or `NOWHERE`.
        let key = unsafe { &*shard.cast::<Key>() };
        // SAFETY: no look-up is for the ids of `NOWHERE`, so it is that of a `&'static Shard`.
        (id_of(key) == id).then(|| OwnShard::new(unsafe { &*shard }))
    }

    /// Lets calls find a shard, whose owner is the thread that has this cache.
    pub(super) fn keep(&self, id: usize, shard: &'static Shard) {
        self.0[id % RECENT].set(shard);
    }

    pub(super) fn clear(&self) {
        self.0.iter().for_each(|found| found.set(NONE));
    }
}

/// A shard in which the current thread counts.
// Not `Send`.
#[derive(Clone, Copy)]
pub(crate) struct OwnShard(&'static Shard, PhantomData<*const ()>);

impl OwnShard {
    /// Takes a shard that the current thread has [kept](super::own_shards).
    #[inline(always)]
    pub(super) fn new(shard: &'static Shard) -> Self {
        Self(shard, PhantomData)
    }

    /// Returns the shard, for code that may run on another thread.
    pub(crate) fn shared(self) -> &'static Shard {
        self.0
    }
}

impl Deref for OwnShard {
    type Target = Shard;

    #[inline(always)]
    fn deref(&self) -> &Shard {
        self.0
    }
}

//! The sources of a page's numbers.

use std::sync::OnceLock;

use crate::callsite::Site;
use crate::callsite::counters::Shards;
use crate::callsite::site_snapshot::SiteSnapshot;

/// The source of a series' numbers: a site and one of its label sets.
///
/// Sources lie side by side and copy the fields that a page reads, because each site's own memory
/// is far away.
pub(crate) struct Source {
    pub(crate) site: &'static Site,
    /// 0 for calls without labels.
    pub(crate) label_set: usize,
    store: &'static Shards,
    /// A copy of the store's list, set once the store has its first shard.
    near: Shards,
    slots: usize,
    pub(super) timed: bool,
    pub(super) is_future: bool,
}

impl Source {
    /// Returns the source of a label set that has not been called: it has counted nothing.
    pub(crate) fn uncalled(site: &'static Site, label_set: usize) -> Self {
        static NOTHING: Shards = Shards(OnceLock::new());
        Self {
            store: &NOTHING,
            ..Self::new(site, label_set)
        }
    }

    pub(crate) fn new(site: &'static Site, label_set: usize) -> Self {
        Self {
            site,
            label_set,
            store: site.store(label_set),
            near: Shards(OnceLock::new()),
            slots: site.slots(),
            timed: site.is_timed(),
            is_future: site.is_future,
        }
    }

    /// Touches the memory that is going to be read; see [`Shards::look`].
    pub(crate) fn look(&self) -> u64 {
        self.near().look()
    }

    fn near(&self) -> &Shards {
        if self.near.is_empty()
            && let Some(first) = self.store.0.get()
        {
            // Another thread that sets it sets the same value.
            let _ = self.near.0.set(first);
        }
        &self.near
    }

    /// Returns the site's id, if it was called.
    pub(crate) fn id(&self) -> Option<usize> {
        let first = self.near().0.get()?;
        Some(first.key.id - self.label_set)
    }

    /// Returns the time of its first call, in milliseconds since the Unix epoch.
    pub(crate) fn created(&self) -> Option<u64> {
        self.near().created()
    }

    /// Returns the upper bounds of its buckets but the last, in seconds.
    pub(crate) fn bounds(&self) -> &'static [f64] {
        self.site.bounds()
    }

    /// Reads its counts, over all threads.
    pub(super) fn read(&self, sum: &mut SiteSnapshot) {
        sum.reset(self.slots);
        self.near().add_to(self.site, sum);
        if !self.is_future {
            sum.no_polls();
        }
    }
}

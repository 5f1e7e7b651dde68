//! The list of a site's shards: claimed by threads, read by scrapes.

use super::{Shard, Timing, fine};
use crate::base::sync::OnceLock;
use crate::base::sync::atomic::Ordering;
use crate::callsite::Site;
use crate::callsite::site_snapshot::SiteSnapshot;

/// The shards of a site, in use or waiting for a thread: a list that only grows.
// Has a public field instead of a `const fn`, because a model checker's locks cannot be made in a
// constant.
pub(crate) struct Shards(pub(crate) OnceLock<&'static Shard>);

impl Shards {
    fn all(&self) -> impl Iterator<Item = &'static Shard> {
        std::iter::successors(self.0.get().copied(), |shard| shard.next.get().copied())
    }

    /// Returns the time just before the first call, in milliseconds since the Unix epoch; `None` without
    /// a call.
    pub(crate) fn created(&self) -> Option<u64> {
        Some(self.0.get()?.created)
    }

    /// Returns `true` if nothing was ever counted here.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.get().is_none()
    }

    /// Returns a shard for the current thread alone, until it gives it back.
    #[cold]
    pub(crate) fn claim(&self, site: &'static Site, label_set: usize) -> &'static Shard {
        let mut end = &self.0;
        while let Some(shard) = end.get() {
            if shard.is_as_wanted() && shard.try_claim() {
                return shard;
            }
            end = &shard.next;
        }
        let new: &'static Shard = Box::leak(Box::new(Shard::new(site, label_set)));
        // Another thread may have appended a shard at the same end.
        while let Err(_taken) = end.set(new) {
            let Some(shard) = end.get() else { continue };
            end = &shard.next;
        }
        if self.0.get().is_some_and(|first| std::ptr::eq(*first, new)) {
            site.opened();
        }
        new
    }

    /// Adds the numbers of all threads, living and ended.
    pub(crate) fn add_to(&self, site: &Site, sum: &mut SiteSnapshot) {
        let ok: u64 = self.all().map(|shard| shard.add_ok_to(sum)).sum();
        let mut started = self.started();
        // If the successful calls are as many as the started ones, none had ended in another way
        // before this read.
        if started != ok {
            self.all().for_each(|shard| shard.add_others_to(site, sum));
            // Read last: a call that is seen as finished must also be seen as started, on any
            // thread.
            started = self.started();
        }
        sum.started += started;
    }

    /// Adds the successful calls of all threads, living and ended.
    pub(crate) fn add_ok_to(&self, sum: &mut SiteSnapshot) {
        self.all().for_each(|shard| _ = shard.add_ok_to(sum));
    }

    fn started(&self) -> u64 {
        let started = |shard: &Shard| shard.started.load(Ordering::Acquire);
        self.all().map(started).sum()
    }

    /// Touches the memory that a scrape is going to read. Many such reads at once take hardly
    /// longer than one, because nothing waits for their values.
    pub(crate) fn look(&self) -> u64 {
        self.started()
    }
}

impl Shard {
    /// Returns `true` if it counts in the cells that are wanted now, and apart from quick calls those with
    /// a slow poll.
    fn is_as_wanted(&self) -> bool {
        let is_apart = self.brief <= self.site.slow_poll_ticks();
        self.timing == Timing::None || (self.fine.is_some() == fine::is_on() && is_apart)
    }

    fn try_claim(&self) -> bool {
        // A plain read first: most shards belong to another thread, and stay in its cache.
        if self.claimed.load(Ordering::Relaxed) {
            return false;
        }
        let exchange =
            self.claimed
                .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        exchange.is_ok()
    }

    /// Gives them back. The thread that claims them next sees all that was counted here.
    pub(crate) fn release(&self) {
        self.claimed.store(false, Ordering::Release);
    }
}

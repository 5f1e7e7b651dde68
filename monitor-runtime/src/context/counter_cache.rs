//! Finds the shard in which the current thread counts a call.
#![expect(clippy::inline_always, reason = "a few instructions of every call")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::base::spread::Spread;
use crate::callsite::Site;
use crate::callsite::counters::Shard;
use crate::context::thread::THREAD;
use crate::context::threads;

/// The number of shards per thread that are found without the table.
const RECENT: usize = 256;

/// Cells of the current thread that are found without the table.
pub(crate) struct CounterCache([Cell<Option<&'static Shard>>; RECENT]);

impl CounterCache {
    pub(crate) const fn new() -> Self {
        Self([const { Cell::new(None) }; RECENT])
    }

    /// Returns the shard of a site's label set, if the cache has them.
    #[inline(always)]
    pub(crate) fn look(&self, site: &'static Site, label_set: usize) -> Option<&'static Shard> {
        // Before its first call a site has no id, and its label sets would match those of other sites.
        let known = label_set == 0 || site.key() != 0;
        known.then(|| self.look_again(site, label_set))?
    }

    /// Returns the shard for a call that has already begun, on this or another thread.
    #[inline(always)]
    pub(crate) fn look_again(
        &self,
        site: &'static Site,
        label_set: usize,
    ) -> Option<&'static Shard> {
        let id = site.key().wrapping_add(label_set);
        let shard = self.0[id % RECENT].get()?;
        (shard.id == id).then_some(shard)
    }

    /// Returns the shard of a site's label set, if the cache has them and calls are timed by the time
    /// stamp counter.
    #[inline(always)]
    pub(crate) fn look_plainly(
        &self,
        site: &'static Site,
        label_set: usize,
    ) -> Option<&'static Shard> {
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
    ) -> Option<&'static Shard> {
        let id = site.key().wrapping_add(label_set);
        let shard = self.0[id % RECENT].get()?;
        (shard.plain_id == id).then_some(shard)
    }

    fn look_by_id(&self, id: usize) -> Option<&'static Shard> {
        self.0[id % RECENT].get().filter(|shard| shard.id == id)
    }

    fn keep(&self, id: usize, shard: &'static Shard) {
        self.0[id % RECENT].set(Some(shard));
    }

    fn clear(&self) {
        self.0.iter().for_each(|found| found.set(None));
    }
}

/// The shards of the current thread, by their id; its destructor gives them back.
///
/// Ids lie far apart: those of a labelled function leave room for every possible label set. So this
/// is a map of the ids that the thread has used, not an array.
struct Table(RefCell<HashMap<usize, &'static Shard, BuildHasherDefault<Spread>>>);

impl Drop for Table {
    fn drop(&mut self) {
        // First, so that no call in a later destructor counts in a shard that another thread may have
        // claimed.
        THREAD.with(|thread| thread.found.clear());
        for shard in self.0.take().into_values() {
            shard.release();
        }
    }
}

thread_local! {
    static TABLE: Table =
        const { Table(RefCell::new(HashMap::with_hasher(BuildHasherDefault::new()))) };
}

/// Returns the current thread's shard of a site's label set, and claims it on its first call of it.
///
/// For a label set that counts in another one, the shard is that of the other, once per thread.
///
/// A thread that is ending has no table any more. It claims a shard for one stretch of a call, and
/// returns `true`: the caller then has to release them.
pub(crate) fn claim(site: &'static Site, label_set: usize) -> (&'static Shard, bool) {
    let label_set = site.admit(label_set);
    let id = site.id() + label_set;
    // A call whose label set counts in another one was looked up under its own, and the key of a function
    // that a subscriber watches finds nothing.
    if let Some(shard) = THREAD.with(|thread| thread.found.look_by_id(id)) {
        return (shard, false);
    }
    threads::note_worker_and_runtime();
    let kept = TABLE.try_with(|table| {
        // The allocator may be monitored itself.
        let mut all = table.0.try_borrow_mut().ok()?;
        let shard = *all
            .entry(id)
            .or_insert_with(|| Shard::claim(site, label_set));
        THREAD.with(|thread| thread.found.keep(id, shard));
        Some(shard)
    });
    match kept {
        Ok(Some(shard)) => (shard, false),
        _ => (Shard::claim(site, label_set), true),
    }
}

/// Lets the current thread claim other counters, for functions that it calls again.
///
/// Calls that are running end in those they began in, so these are given to no other thread.
pub(crate) fn start_over() {
    let _ = TABLE.try_with(|table| table.0.try_borrow_mut().map(|mut all| all.clear()));
    THREAD.with(|thread| thread.found.clear());
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::callsite::error_classes;
    use crate::settings::buckets::BUCKETS;

    #[test]
    fn the_documentation_has_the_memory_of_a_function_and_a_thread() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        if !docs.exists() {
            return; // the published package has no documentation beside it
        }
        let page = fs::read_to_string(docs.join("metrics.md")).expect("docs/metrics.md");
        let shard = format!("{} bytes each", size_of::<Shard>());
        assert!(page.contains(&shard), "{shard}");
        let buckets = format!("{} more for each result", BUCKETS.len() * 8);
        assert!(page.contains(&buckets), "{buckets}");
        let classes = format!(
            "{} more for an error with a class",
            error_classes::MAX_CLASSES * 8
        );
        assert!(page.contains(&classes), "{classes}");
        let cancelled = format!("{} more for a cancelled call", Shard::CANCELLED_BYTES);
        assert!(page.contains(&cancelled), "{cancelled}");
        let polls = format!("{} more for calls that are suspended", Shard::POLLS_BYTES);
        assert!(page.contains(&polls), "{polls}");
    }
}

//! The shards that a thread has claimed, to count its calls in. They are given back when it ends.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ptr;

use crate::base::spread::Spread;
use crate::callsite::Site;
use crate::callsite::counters::Shard;
use crate::context::counter_cache::OwnShard;
use crate::context::thread::{THREAD, Thread};
use crate::context::{panics, threads};

impl OwnShard {
    /// Returns the state of the current thread.
    // Not by `THREAD`: the compiler takes the look-up of a thread-local variable for a call of a function
    // that may be in another library, and saves all registers in use around it.
    #[expect(clippy::inline_always, reason = "an instruction of every call")]
    #[inline(always)]
    pub(crate) fn thread(&self) -> &Thread {
        // SAFETY: `keep` set it to this thread's `THREAD`, which has no destructor.
        unsafe { &*self.owner().cast::<Thread>() }
    }
}

impl Thread {
    /// Lets calls of this thread, whose state it is, find a shard that it has claimed.
    fn keep(&self, id: usize, shard: &'static Shard) -> OwnShard {
        shard.set_owner(ptr::from_ref(self).cast_mut().cast());
        self.found.keep(id, shard);
        OwnShard::new(shard)
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
/// A thread that is ending has no table any more. It claims a shard for one stretch of a call, which is the
/// error: the caller then has to release it.
pub(crate) fn claim(site: &'static Site, label_set: usize) -> Result<OwnShard, &'static Shard> {
    let label_set = site.admit(label_set);
    let id = site.id() + label_set;
    // A call whose label set counts in another one was looked up under its own, and the key of a function
    // that a subscriber watches finds nothing.
    if let Some(shard) = THREAD.with(|thread| thread.found.look_by_id(id)) {
        return Ok(shard);
    }
    threads::note_worker_and_runtime();
    panics::note_calm();
    let kept = TABLE.try_with(|table| {
        // The allocator may be monitored itself.
        let mut all = table.0.try_borrow_mut().ok()?;
        let shard = *all
            .entry(id)
            .or_insert_with(|| Shard::claim(site, label_set));
        Some(THREAD.with(|thread| thread.keep(id, shard)))
    });
    match kept {
        Ok(Some(shard)) => Ok(shard),
        _ => Err(Shard::claim(site, label_set)),
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

    use crate::callsite::counters::Shard;
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

//! The number by which a thread finds its shard of a function.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Site;
use super::interest::INTERESTED;
use super::registry;

/// Set in the key of a site that is compiled with labels of several types, or of which that is not known. Such a key
/// finds no shard, so each of its calls looks at its labels.
const MIXED: usize = 1 << (usize::BITS - 2);

impl Site {
    /// Returns the key by which a thread finds its shard. While a subscriber wants its calls, it
    /// matches none.
    #[inline]
    pub(crate) fn key(&self) -> usize {
        self.0.key.load(Ordering::Relaxed)
    }

    /// Returns its place in a thread's table of shards; 0 before the first call.
    #[inline]
    pub(crate) fn known_id(&self) -> usize {
        self.key() & !(INTERESTED | MIXED)
    }

    /// Notes that it is compiled with labels of several types.
    pub(crate) fn note_mixed_labels(&self) {
        self.0.key.fetch_or(MIXED, Ordering::Relaxed);
    }

    /// Returns `true` if the labels of a call need to be looked at: before the first one, or if those of other calls
    /// may have another type.
    #[inline]
    pub(crate) fn are_labels_new(&self) -> bool {
        (self.key() & !INTERESTED).wrapping_sub(1) >= MIXED - 1
    }

    /// Returns its place in a thread's table of shards, given out on the first call.
    pub(crate) fn id(&'static self) -> usize {
        match self.known_id() {
            0 => self.assign_id(),
            id => id,
        }
    }

    #[cold]
    fn assign_id(&'static self) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let (label_sets, mark) = if self.labels.is_empty() {
            (1, 0)
        } else {
            let sets = self.sets();
            let mark = if sets.is_declared() { 0 } else { MIXED };
            (sets.other().map_or(1, |other| other + 1), mark)
        };
        let new = NEXT.fetch_add(label_sets, Ordering::Relaxed);
        let place = |key| (key & !(INTERESTED | MIXED) == 0).then_some(key | mark | new);
        // Two first calls may race; the second number stays unused.
        let placed = (self.0.key).fetch_update(Ordering::Relaxed, Ordering::Relaxed, place);
        match placed {
            Ok(_) => {
                registry::called(self);
                new
            }
            Err(key) => key & !(INTERESTED | MIXED),
        }
    }
}

//! Text as a label: the first values are told apart, up to a number; all others become one.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::dimensions::OTHER;
use crate::base::escape::is_unseen;
use crate::base::redact::hidden;

/// The longest value, in bytes; beyond it the text is cut.
const MAX_TEXT: usize = 128;

/// A value and its index.
type Slot = OnceLock<(Box<str>, usize)>;

/// The values seen, by index, in a table that only grows and is read without a lock.
pub(crate) struct Interner {
    hasher: RandomState,
    /// Twice as many slots as values, each with its index; found by hash.
    slots: Box<[Slot]>,
    taken: AtomicUsize,
    adding: Mutex<()>,
    max: usize,
    /// Calls whose value was one too many.
    overflowed: AtomicU64,
}

impl Interner {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            slots: (0..2 * max).map(|_| OnceLock::new()).collect(),
            taken: AtomicUsize::new(0),
            adding: Mutex::new(()),
            max,
            overflowed: AtomicU64::new(0),
        }
    }

    /// Creates the names of a label that is secret by its name: all its values count as one.
    pub(crate) fn secret(max: usize) -> Self {
        let names = Self::new(max);
        names.taken.store(max, Ordering::Relaxed);
        names
    }

    /// Returns the index of a value, and gives it one if it is new; `max` if there are too many.
    pub(crate) fn index(&self, value: &str) -> usize {
        let value = cut(value);
        if value == OTHER {
            return self.max;
        }
        let known = self.find(value).or_else(|| self.add(value));
        known.unwrap_or_else(|| {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
            self.max
        })
    }

    /// Returns the slots where a value can be, in the order to look.
    fn slots(&self, value: &str) -> impl Iterator<Item = &Slot> {
        let start = self.hasher.hash_one(value) % self.slots.len().max(1) as u64;
        let (before, from) = self.slots.split_at(usize::try_from(start).unwrap_or(0));
        from.iter().chain(before)
    }

    fn find(&self, value: &str) -> Option<usize> {
        let entries = self.slots(value).map_while(OnceLock::get);
        let mut own = entries.filter(|(name, _)| **name == *value);
        own.next().map(|(_, index)| *index)
    }

    #[cold]
    fn add(&self, value: &str) -> Option<usize> {
        // Checked without the lock, so that values beyond the last do not wait for each other.
        if self.taken.load(Ordering::Relaxed) == self.max {
            return None;
        }
        // A terminal would act on control characters, and strangers read secrets. Cleaned, the
        // value could equal another one.
        if value.contains(is_unseen) || hidden(value).is_some() {
            return None;
        }
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = self.find(value) {
            return Some(index);
        }
        let index = self.taken.load(Ordering::Relaxed);
        if index == self.max {
            return None;
        }
        let free = self.slots(value).find(|slot| slot.get().is_none())?;
        free.get_or_init(|| (value.into(), index));
        self.taken.store(index + 1, Ordering::Relaxed);
        Some(index)
    }

    /// Returns the value of an index; [`OTHER`] for the last.
    pub(crate) fn name(&self, index: usize) -> &str {
        let entries = self.slots.iter().filter_map(OnceLock::get);
        let mut own = entries.filter(|entry| entry.1 == index);
        own.next().map_or(OTHER, |entry| &entry.0)
    }

    /// Returns the number of calls whose value was one too many.
    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }
}

/// Cuts a value to the longest prefix of whole characters that is kept.
fn cut(value: &str) -> &str {
    let mut end = value.len().min(MAX_TEXT);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_index_and_those_beyond_the_last_share_one() {
        let names = Interner::new(3);
        let indices = ["eu", "us", "eu", "ap", "sa", "us", "other"].map(|name| names.index(name));
        assert_eq!(indices, [0, 1, 0, 2, 3, 1, 3]);
        assert_eq!(
            [0, 1, 2, 3].map(|index| names.name(index).to_owned()),
            ["eu", "us", "ap", "other"]
        );
        assert_eq!(names.overflowed(), 1, "`other` itself is no overflow");
    }

    #[test]
    fn threads_agree_on_the_indices() {
        let names = Interner::new(20);
        let all = |names: &Interner| {
            (0..40)
                .map(|n| names.index(&format!("v{}", n % 20)))
                .collect::<Vec<_>>()
        };
        let seen: Vec<Vec<usize>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| all(&names))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(seen.iter().all(|indices| *indices == seen[0]));
        let mut first = seen[0][..20].to_vec();
        first.sort_unstable();
        assert_eq!(first, (0..20).collect::<Vec<_>>(), "none is lost to a race");
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let names = Interner::new(2);
        let long = "ä".repeat(100);
        assert_eq!(names.index(&long), 0);
        assert_eq!(names.name(0), "ä".repeat(64));
    }

    #[test]
    fn a_value_with_characters_that_are_not_seen_is_other() {
        let names = Interner::new(3);
        for value in ["\u{1b}[31m", "a\nb 1", "\0", "\u{202e}eu"] {
            assert_eq!(names.index(value), 3, "{value:?}");
        }
        assert_eq!((names.index("eu"), names.overflowed()), (0, 4));
    }

    #[test]
    fn a_value_with_a_secret_is_other() {
        let names = Interner::new(3);
        assert_eq!(names.index("redis://:hunter2@cache"), 3);
        assert_eq!((names.index("redis://cache"), names.overflowed()), (0, 1));
        let names = Interner::secret(3);
        assert_eq!(
            (names.index("a"), names.index("b"), names.name(3)),
            (3, 3, "other")
        );
    }
}

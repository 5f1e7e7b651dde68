//! Kinds of failure: calls that failed with the same class, through the same types.
//!
//! Texts do not distinguish kinds, because most contain an id: a thousand missing rows are one kind
//! with a count. A class that fails often never hides one that fails rarely, see [`Kinds::keep`].

use std::sync::atomic::{AtomicU64, Ordering};

use super::{FIELD_BYTES, Failure};
use crate::base::outcome::Outcome;
use crate::base::verdict::cut;

/// Kinds that a function keeps, unless it has more classes.
pub(super) const MAX_KINDS: usize = 10;
/// The number of links that are kept of a chain, and the bytes of each.
pub(super) const MAX_LINKS: usize = 8;
pub(super) const MAX_LINK_BYTES: usize = 512;
/// Links, and bytes of a link or a field, for kinds beyond the latest [`MAX_KINDS`].
const MAX_OLD_LINKS: usize = 2;
const MAX_OLD_BYTES: usize = 128;

/// Numbers the kinds of the process.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The kinds of one function, the one that failed last at the end.
///
/// A function has at most 66 classes: 64 of errors, panics, and errors without one.
#[derive(Default)]
pub(super) struct Kinds(Vec<(Key, Failure)>);

/// A value that is equal for failures of one kind.
#[derive(PartialEq, Eq)]
struct Key {
    class: Class,
    first: bool,
    expected: bool,
    /// Types of the chain; for a panic the line it came from.
    types: Vec<String>,
}

/// A class, or a panic, which has none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Error(&'static str),
    Panic,
}

impl Kinds {
    /// Keeps a failure in the place of the last one of its kind.
    ///
    /// A new kind beyond [`MAX_KINDS`] takes the place of the kind that failed longest ago in the class with
    /// the most kinds. The only kind of its class never leaves.
    pub(super) fn keep(&mut self, mut failure: Failure) {
        let key = Key::new(&failure);
        shorten(&mut failure, MAX_LINKS, MAX_LINK_BYTES, FIELD_BYTES);
        let known = self.0.iter().position(|(other, _)| *other == key);
        if let Some(place) = known {
            let (_, before) = self.0.remove(place);
            failure.times += before.times;
            failure.since = before.since;
            failure.kind = before.kind;
        } else {
            failure.kind = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        self.0.push((key, failure));
        if known.is_none() && self.0.len() > MAX_KINDS {
            self.make_room();
        }
        let old = self.0.len().checked_sub(MAX_KINDS + 1);
        if let Some((_, old)) = old.and_then(|place| self.0.get_mut(place)) {
            shorten(old, MAX_OLD_LINKS, MAX_OLD_BYTES, MAX_OLD_BYTES);
        }
    }

    fn make_room(&mut self) {
        let of_class = |class| self.0.iter().filter(|(key, _)| key.class == class).count();
        // `max_by_key` returns the last of equals: the class that has just got one more.
        let most = self.0.iter().map(|(key, _)| key.class);
        let most = most.max_by_key(|class| of_class(*class));
        let Some(class) = most.filter(|class| of_class(*class) > 1) else {
            return;
        };
        if let Some(oldest) = self.0.iter().position(|(key, _)| key.class == class) {
            self.0.remove(oldest);
        }
    }

    pub(super) fn latest_first(&self) -> impl Iterator<Item = &Failure> {
        self.0.iter().rev().map(|(_, failure)| failure)
    }
}

impl Key {
    fn new(failure: &Failure) -> Self {
        let chain = failure.chain.iter();
        let (class, types) = if failure.call.outcome == Outcome::Panic {
            // `panic: <message> at <file>:<line>`.
            let places = chain.filter_map(|link| Some(link.text.rsplit_once(" at ")?.1.to_owned()));
            (Class::Panic, places.collect())
        } else {
            let types = chain.take(MAX_LINKS).map(|link| link.type_name.clone());
            (Class::Error(failure.class), types.collect())
        };
        Self {
            class,
            first: failure.first,
            expected: failure.expected,
            types,
        }
    }
}

/// Cuts a failure to so many links, and so many bytes of each text and field.
fn shorten(failure: &mut Failure, links: usize, link_bytes: usize, field_bytes: usize) {
    failure.call.cut(field_bytes);
    failure.chain.truncate(links);
    for link in &mut failure.chain {
        cut(&mut link.text, link_bytes);
        cut(&mut link.type_name, FIELD_BYTES);
    }
}

//! The label sets of a labelled function, and the store that counts the calls of each.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::dimensions::{Dimensions, OTHER, Values};
use super::interned::Interner;
use crate::base::redact::is_secret;
use crate::callsite::Site;
use crate::callsite::counters::Shards;
use crate::settings::config::DEFAULT_LABEL_SERIES;

/// Labels that one function can have; the attribute takes no more.
const MAX_LABELS: usize = 8;

/// The most label sets of one function that are on a page before they are called.
const MAX_SHOWN: usize = 32;

/// The number of label sets in use in this process, and its limit.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MAX_IN_USE: AtomicUsize = AtomicUsize::new(DEFAULT_LABEL_SERIES);

/// `true` once the log has warned that there are too many.
static WARNED: AtomicBool = AtomicBool::new(false);

/// The number of label sets that have been called, including those counted as `other`.
static OPENED: AtomicUsize = AtomicUsize::new(0);

/// Returns the number of label sets that have been called in this process. It only grows.
pub(crate) fn opened() -> usize {
    OPENED.load(Ordering::Acquire)
}

/// Notes that a label set has been called for the first time, once that can be seen.
pub(crate) fn open() {
    OPENED.fetch_add(1, Ordering::Release);
}

/// Sets the number of label sets that this process tells apart.
pub(crate) fn bound(most: usize) {
    MAX_IN_USE.store(most, Ordering::Relaxed);
}

/// Takes one of the process's places for label sets.
fn take_place() -> bool {
    let most = MAX_IN_USE.load(Ordering::Relaxed);
    let next = |in_use| (in_use < most).then_some(in_use + 1);
    let taken = IN_USE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    taken.is_ok()
}

/// Returns `true` if a new label set would be told apart.
fn is_place_left() -> bool {
    IN_USE.load(Ordering::Relaxed) < MAX_IN_USE.load(Ordering::Relaxed)
}

/// The label sets of one function, allocated on its first call with labels.
pub(crate) struct LabelSets {
    /// The values of the labels that are `bounded`, by the label's position.
    names: [OnceLock<Box<Interner>>; MAX_LABELS],
    shape: OnceLock<Shape>,
    /// `true` if all calls have labels of the types in `shape`.
    is_declared: AtomicBool,
}

struct Shape {
    values: Vec<Values>,
    /// The number of label sets. The place after the last one is that of `other`.
    label_sets: usize,
    /// Places of the label sets, allocated as they are called.
    pages: Box<[OnceLock<Box<Page>>]>,
}

/// The number of places that are allocated at once.
const PAGE: usize = 32;

type Page = [Place; PAGE];

/// The place that counts a label set: a store of its own, or `other`. The first call decides for
/// good. Calls that begin on one thread and end on another meet in the same place.
type Place = OnceLock<Option<Shards>>;

impl Shape {
    fn new(values: Vec<Values>) -> Self {
        let label_sets = values.iter().map(Values::count).product();
        let pages = usize::div_ceil(label_sets, PAGE);
        Self {
            values,
            label_sets,
            pages: (0..pages).map(|_| OnceLock::new()).collect(),
        }
    }

    fn place(&self, label_set: usize) -> Option<&Place> {
        let page = self.pages.get(label_set / PAGE)?;
        if page.get().is_none() {
            // Made before it is set, because the allocator may be monitored itself.
            let new = Box::new([const { OnceLock::new() }; PAGE]);
            let _ = page.set(new);
        }
        page.get().map(|places| &places[label_set % PAGE])
    }
}

impl LabelSets {
    pub(crate) fn new() -> Self {
        Self {
            names: [const { OnceLock::new() }; MAX_LABELS],
            shape: OnceLock::new(),
            is_declared: AtomicBool::new(false),
        }
    }

    /// Returns the values of a bounded label.
    pub(crate) fn names(&self, of: &Site, label: usize, max: usize) -> &Interner {
        self.names[label].get_or_init(|| {
            Box::new(if is_secret(of.labels[label]) {
                Interner::secret(max)
            } else {
                Interner::new(max)
            })
        })
    }

    /// Sets the shape that the labels' types define.
    pub(crate) fn shape<D: Dimensions>(&self) {
        self.shape.get_or_init(|| {
            let mut values = Vec::new();
            D::push(&mut values);
            Shape::new(values)
        });
    }

    /// Takes the shape of labels that have these values in all calls, before the first one.
    pub(crate) fn declare(&self, values: Vec<Values>) {
        self.shape.get_or_init(|| Shape::new(values));
        self.is_declared.store(true, Ordering::Release);
    }

    pub(crate) fn is_declared(&self) -> bool {
        self.is_declared.load(Ordering::Acquire)
    }

    /// Returns the values of its labels, label by label; none where they are known from the first call on.
    pub(crate) fn dimensions(&self) -> &[Values] {
        self.shape.get().map_or(&[], |shape| &shape.values)
    }

    /// Returns the label set of `other`, behind all label sets; `None` while the labels' values are not known.
    pub(crate) fn other(&self) -> Option<usize> {
        self.shape.get().map(|shape| shape.label_sets)
    }

    /// Returns the store of a label set that has one of its own.
    pub(crate) fn store(&self, label_set: usize) -> Option<&Shards> {
        let page = self.shape.get()?.pages.get(label_set / PAGE)?.get()?;
        page[label_set % PAGE].get()?.as_ref()
    }

    /// Returns the label sets that have been called, without `other`.
    pub(crate) fn opened(&self) -> impl Iterator<Item = usize> {
        let pages = self.shape.get().map_or(&[][..], |shape| &shape.pages);
        let made = pages.iter().enumerate();
        let made = made.filter(|(_, page)| page.get().is_some());
        let label_sets = made.flat_map(|(page, _)| page * PAGE..(page + 1) * PAGE);
        label_sets.filter(|label_set| {
            self.store(*label_set)
                .is_some_and(|store| !store.is_empty())
        })
    }

    /// Returns the label sets that have not been called, if they are few and known by type.
    ///
    /// Empty if the process has no place left for them: they would be counted as `other`.
    pub(crate) fn uncalled(&self) -> impl Iterator<Item = usize> {
        let is_known = |values: &Values| matches!(values, Values::Known(_));
        let few = self.shape.get().filter(|shape| {
            shape.label_sets <= MAX_SHOWN && shape.values.iter().all(is_known) && is_place_left()
        });
        let label_sets = 0..few.map_or(0, |shape| shape.label_sets);
        label_sets.filter(move |label_set| {
            match few.and_then(|shape| shape.place(*label_set)?.get()) {
                None => true,
                Some(Some(store)) => store.is_empty(),
                Some(None) => false,
            }
        })
    }

    /// Returns the label set of a call with labels of the types `D`, of a function that has none yet or may have others.
    /// Label sets are numbers, which mean other values for each type: those of the type that was
    /// called first are told apart.
    pub(crate) fn label_set_of<D: Dimensions>(&self, function: &str, label_set: usize) -> usize {
        static WARNED: AtomicBool = AtomicBool::new(false);
        self.shape::<D>();
        let mut values = Vec::new();
        D::push(&mut values);
        let known = self.shape.get().filter(|shape| shape.values != values);
        let Some(known) = known else { return label_set };
        if !WARNED.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                function,
                "a generic function is called with labels of several types; those of all types but the first \
                 count as `other`; give the label one type, or take it as text with `bounded(..)`"
            );
        }
        known.label_sets
    }

    /// Returns the label set to count in: `other` for a label set that was beyond the process's limit on
    /// its first call, even if the limit has been raised since; and for one that is not of the function's
    /// shape, because its label has another type.
    pub(crate) fn admit(&self, label_set: usize) -> usize {
        let Some(shape) = self.shape.get() else {
            return label_set;
        };
        if label_set >= shape.label_sets {
            return shape.label_sets;
        }
        let mut refused = false;
        let decide = || {
            let admitted = take_place();
            refused = !admitted;
            admitted.then(|| Shards(OnceLock::new()))
        };
        let place = shape.place(label_set);
        let own = place.is_some_and(|place| place.get_or_init(decide).is_some());
        // Logged after the decision, because the subscriber may be monitored itself.
        if refused && !WARNED.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                most = MAX_IN_USE.load(Ordering::Relaxed),
                "labels have more combinations of values than this process tells apart; from now \
                 on new ones are counted as `other`; MONITOR_LABEL_SERIES sets how many"
            );
        }
        if own { label_set } else { shape.label_sets }
    }

    /// Returns the values of a label set, label by label.
    pub(crate) fn values(&self, label_set: usize) -> Vec<&str> {
        let Some(shape) = self.shape.get() else {
            return Vec::new();
        };
        if label_set == shape.label_sets {
            return vec![OTHER; shape.values.len()];
        }
        let mut rest = label_set;
        let mut found = Vec::with_capacity(shape.values.len());
        for (label, values) in shape.values.iter().enumerate().rev() {
            found.push(match values {
                Values::Known(values) => {
                    let value = values[rest % values.len()];
                    rest /= values.len();
                    value
                }
                Values::Bounded(max) => {
                    let names = self.names[label].get();
                    let value = names.map_or(OTHER, |names| names.name(rest % (max + 1)));
                    rest /= max + 1;
                    value
                }
            });
        }
        found.reverse();
        found
    }

    /// Returns the number of calls with a value that was one too many, by the label's place.
    pub(crate) fn overflowed(&self) -> impl Iterator<Item = (usize, u64)> {
        let names = self.names.iter().enumerate();
        names.filter_map(|(label, names)| Some((label, names.get()?.overflowed())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callsite::labels::Bounded;

    /// Asks for a label set on many threads at once; they have to agree.
    fn ask(sets: &LabelSets, label_set: usize) -> usize {
        let barrier = std::sync::Barrier::new(8);
        let ask = || {
            barrier.wait();
            sets.admit(label_set)
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            let mut given = threads.into_iter().map(|thread| thread.join().unwrap());
            let first = given.next().expect("a thread");
            assert!(
                given.all(|other| other == first),
                "all threads count in one place"
            );
            first
        })
    }

    #[test]
    fn a_combination_counts_in_one_place_for_good() {
        let sets = LabelSets::new();
        sets.shape::<((), Bounded<999>)>();
        let before = IN_USE.load(Ordering::Relaxed);
        bound(before + 100);
        let places: Vec<usize> = (0..200).map(|label_set| ask(&sets, label_set)).collect();
        let (own, others): (Vec<_>, Vec<_>) =
            (0..200).partition(|label_set| places[*label_set] == *label_set);
        // Other tests of this process may take some.
        assert!(
            own.len() <= 100 && own.len() > 50,
            "{} of their own",
            own.len()
        );
        assert!(others.iter().all(|label_set| places[*label_set] == 1000));
        // Another start of the runtime may bring another bound, and calls that run then end later.
        for most in [0, before + 1000] {
            bound(most);
            let again: Vec<usize> = (0..200).map(|label_set| ask(&sets, label_set)).collect();
            assert_eq!(again, places);
        }
        bound(DEFAULT_LABEL_SERIES);
        assert_eq!(ask(&sets, 999), 999);
    }
}

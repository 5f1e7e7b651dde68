//! The lanes of a labelled function: which combination each is, and where its calls are counted.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Dimensions, Names, OTHER, Values};
use crate::cells::Store;
use crate::config::DEFAULT_LABEL_SERIES;
use crate::redact::is_secret;
use crate::site::Site;

/// Labels that one function can have; the attribute takes no more.
const MOST_LABELS: usize = 8;

/// Combinations in use in this process, and how many may be.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST_IN_USE: AtomicUsize = AtomicUsize::new(DEFAULT_LABEL_SERIES);

/// Whether the log was told that there are too many.
static WARNED: AtomicBool = AtomicBool::new(false);

/// Combinations that have been called, those counted as `other` among them.
static OPENED: AtomicUsize = AtomicUsize::new(0);

/// How many combinations of labels have been called in this process; it only grows.
pub(crate) fn opened() -> usize {
    OPENED.load(Ordering::Acquire)
}

/// Says that a combination has been called for the first time, once that can be seen.
pub(crate) fn open() {
    OPENED.fetch_add(1, Ordering::Release);
}

/// Sets how many combinations of labels this process tells apart.
pub(crate) fn bound(most: usize) {
    MOST_IN_USE.store(most, Ordering::Relaxed);
}

/// What is made on the first call of a labelled function.
pub(crate) struct Family {
    /// Of the labels that are `bounded`, by the label's place.
    names: [OnceLock<Box<Names>>; MOST_LABELS],
    shape: OnceLock<Shape>,
}

struct Shape {
    values: Vec<Values>,
    /// One per combination, and one for all that came when the process had too many.
    stores: Box<[Store]>,
}

impl Family {
    pub(crate) fn new() -> Self {
        Self {
            names: [const { OnceLock::new() }; MOST_LABELS],
            shape: OnceLock::new(),
        }
    }

    /// The values of a bounded label.
    pub(crate) fn names(&self, of: &Site, label: usize, max: usize) -> &Names {
        self.names[label].get_or_init(|| {
            Box::new(if is_secret(of.labels[label]) {
                Names::secret(max)
            } else {
                Names::new(max)
            })
        })
    }

    /// Takes the shape that the labels' types give it.
    pub(crate) fn shape<D: Dimensions>(&self) {
        self.shape.get_or_init(|| {
            let mut values = Vec::new();
            D::push(&mut values);
            Shape {
                values,
                stores: (0..=D::LANES).map(|_| Store(OnceLock::new())).collect(),
            }
        });
    }

    /// Its labels' values, label by label; none before the first call.
    pub(crate) fn dimensions(&self) -> &[Values] {
        self.shape.get().map_or(&[], |shape| &shape.values)
    }

    fn stores(&self) -> &[Store] {
        self.shape.get().map_or(&[], |shape| &shape.stores)
    }

    /// How many lanes there are; none before the first call.
    pub(crate) fn lanes(&self) -> usize {
        self.stores().len()
    }

    pub(crate) fn store(&self, lane: usize) -> Option<&Store> {
        self.stores().get(lane)
    }

    /// The lane to count in: another one where this one would be one too many for the process.
    pub(crate) fn admit(&self, lane: usize) -> usize {
        let other = self.lanes() - 1;
        if lane == other || !self.stores()[lane].is_empty() {
            return lane;
        }
        let most = MOST_IN_USE.load(Ordering::Relaxed);
        let next = |in_use| (in_use < most).then_some(in_use + 1);
        let admitted = IN_USE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        if admitted.is_ok() {
            return lane;
        }
        if !WARNED.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                most,
                "labels have more combinations of values than this process tells apart; from now \
                 on new ones are counted as `other`; MONITOR_LABEL_SERIES sets how many"
            );
        }
        other
    }

    /// The values of a lane, label by label.
    pub(crate) fn values(&self, lane: usize) -> Vec<&str> {
        let Some(shape) = self.shape.get() else {
            return Vec::new();
        };
        if lane + 1 == shape.stores.len() {
            return vec![OTHER; shape.values.len()];
        }
        let mut rest = lane;
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

    /// Calls with a value that was one too many, by the label's place.
    pub(crate) fn overflowed(&self) -> impl Iterator<Item = (usize, u64)> {
        let names = self.names.iter().enumerate();
        names.filter_map(|(label, names)| Some((label, names.get()?.overflowed())))
    }
}

//! Labels that the attribute declares: their values are known by type, or bounded in number.
//!
//! A label set is one number, computed from one index per label. So a labelled
//! call finds its shard like any other call, and no text is compared or copied.

use std::marker::PhantomData;

use crate::base::fields::Recorder;
use crate::base::unwind::caught;
use crate::call::start::Start;
use crate::callsite::Site;
use crate::callsite::labels::{self, Bounded, Dimensions, MAX_LABEL_SETS, Place};
use crate::settings::label::MonitorLabel;

/// The call site of a labelled function.
pub struct Labelled<P>(PhantomData<P>);

/// A call whose labels are still to be evaluated.
pub struct Unlabelled<P>(Start, PhantomData<P>);

impl<P: Place> Labelled<P> {
    /// Returns the call site that `P` stands for.
    #[inline]
    pub const fn here() -> Self {
        Self(PhantomData)
    }

    /// Starts a call without declared fields.
    #[inline]
    pub fn start(self) -> Unlabelled<P> {
        Unlabelled(P::site().start(), PhantomData)
    }

    /// Starts a call with declared fields.
    pub fn start_with(self, record: impl FnOnce(&mut Recorder)) -> Unlabelled<P> {
        Unlabelled(P::site().start_with(record), PhantomData)
    }
}

impl Start {
    /// Evaluates `labels(..)`, for every call.
    ///
    /// If the expression panics, the labels become `other`; the call continues.
    #[inline]
    pub fn labels<D: Dimensions>(mut self, labels: impl FnOnce(Labels) -> Labels<D>) -> Self {
        let labels = caught(|| labels(Labels::new(self.site)));
        self.label_set = labels.map_or_else(|| Labels::<D>::other(self.site), Labels::label_set);
        self
    }
}

impl<P: Place> Unlabelled<P> {
    /// Evaluates the labels, and declares them where this is compiled.
    #[inline]
    pub fn labels<D: Dimensions>(self, labels: impl FnOnce(Labels) -> Labels<D>) -> Start {
        labels::leave::<P, D>();
        self.0.labels(labels)
    }
}

/// The labels of one call, as far as they have been added.
pub struct Labels<D = ()> {
    site: &'static Site,
    label_set: usize,
    /// The number of labels added so far.
    label: usize,
    dimensions: PhantomData<D>,
}

impl Labels {
    #[inline]
    pub(crate) const fn new(site: &'static Site) -> Self {
        Self {
            site,
            label_set: 0,
            label: 0,
            dimensions: PhantomData,
        }
    }
}

impl<D: Dimensions> Labels<D> {
    /// Adds a label whose type has the values.
    #[inline]
    pub fn label<L: MonitorLabel>(self, value: &L) -> Labels<(D, L)> {
        const {
            assert!(!L::VALUES.is_empty(), "a label needs a value");
        }
        // An index beyond the values is a bug of a hand-written type, and counts as the last value.
        self.then(L::VALUES.len(), value.index().min(L::VALUES.len() - 1))
    }

    /// Adds a label of text, of which the first `MAX` values are told apart.
    #[inline]
    pub fn bounded<const MAX: usize>(self, value: impl AsRef<str>) -> Labels<(D, Bounded<MAX>)> {
        let index = self
            .site
            .sets()
            .names(self.site, self.label, MAX)
            .index(value.as_ref());
        self.then(MAX + 1, index)
    }

    #[inline]
    fn then<E: Dimensions>(self, values: usize, index: usize) -> Labels<E> {
        const {
            assert!(
                E::LABEL_SETS <= MAX_LABEL_SETS,
                "the labels of this function have more than 10,000 combinations of values"
            );
        }
        Labels {
            site: self.site,
            label_set: self.label_set * values + index,
            label: self.label + 1,
            dimensions: PhantomData,
        }
    }

    /// Returns the label set of this call. A site's first call gives its label sets their shape.
    #[inline]
    pub(crate) fn label_set(self) -> usize {
        if self.site.are_labels_new() {
            return Self::look(self.site, self.label_set);
        }
        self.label_set
    }

    /// Returns the label set of a call whose labels are not known.
    #[cold]
    pub(crate) fn other(site: &'static Site) -> usize {
        let sets = site.sets();
        sets.shape::<D>();
        // Of its shape, which may be that of labels of another type.
        sets.other().unwrap_or(D::LABEL_SETS)
    }

    // Without `self`, which would be laid out in memory for the call.
    #[cold]
    fn look(site: &'static Site, label_set: usize) -> usize {
        site.sets().label_set_of::<D>(site.function(), label_set)
    }
}

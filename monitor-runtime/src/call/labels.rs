//! Labels that the attribute declares: their values are known by type, or bounded in number.
//!
//! A call's label set is one number, its lane, computed from one index per label. So a labelled
//! call finds its cells like any other call, and no text is compared or copied.

use std::marker::PhantomData;

pub(crate) use crate::callsite::interned::Names;
pub(crate) use crate::callsite::label_sets::{Family, bound, open, opened};

use crate::callsite::Site;
use crate::settings::label::MonitorLabel;

/// The value of a label beyond its limit: of `bounded(..)` beyond `max`, and of all labels of a
/// call beyond the process's limit.
pub(crate) const OTHER: &str = "other";

/// The most label sets that one function can have.
const MOST_LANES: usize = 10_000;

/// The values of a function's labels, as far as their types tell.
pub trait Dimensions {
    /// The number of label sets: the product of the values of each label.
    const LANES: usize;

    #[doc(hidden)]
    fn push(values: &mut Vec<Values>);
}

/// The values of one label.
#[doc(hidden)]
pub enum Values {
    Known(&'static [&'static str]),
    /// As many as these, in the order they are seen; the last is `other`.
    Bounded(usize),
}

impl Values {
    /// Returns the number of values that are told apart.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Known(values) => values.len(),
            Self::Bounded(max) => max + 1,
        }
    }
}

impl Dimensions for () {
    const LANES: usize = 1;

    fn push(_: &mut Vec<Values>) {}
}

impl<D: Dimensions, L: MonitorLabel> Dimensions for (D, L) {
    const LANES: usize = D::LANES * L::VALUES.len();

    fn push(values: &mut Vec<Values>) {
        D::push(values);
        values.push(Values::Known(L::VALUES));
    }
}

/// `bounded(expr, max = N)`.
pub struct Bounded<const MAX: usize>;

impl<D: Dimensions, const MAX: usize> Dimensions for (D, Bounded<MAX>) {
    const LANES: usize = D::LANES * (MAX + 1);

    fn push(values: &mut Vec<Values>) {
        D::push(values);
        values.push(Values::Bounded(MAX));
    }
}

/// The labels of one call, as far as they have been added.
pub struct Labels<D = ()> {
    site: &'static Site,
    lane: usize,
    /// The number of labels added so far.
    label: usize,
    dimensions: PhantomData<D>,
}

impl Labels {
    #[inline]
    pub(crate) const fn of(site: &'static Site) -> Self {
        Self {
            site,
            lane: 0,
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
            .family()
            .names(self.site, self.label, MAX)
            .index(value.as_ref());
        self.then(MAX + 1, index)
    }

    #[inline]
    fn then<E: Dimensions>(self, values: usize, index: usize) -> Labels<E> {
        const {
            assert!(
                E::LANES <= MOST_LANES,
                "the labels of this function have more than 10,000 combinations of values"
            );
        }
        Labels {
            site: self.site,
            lane: self.lane * values + index,
            label: self.label + 1,
            dimensions: PhantomData,
        }
    }

    /// Returns the lane of this call. A site's first call gives its family its shape.
    #[inline]
    pub(crate) fn lane(self) -> usize {
        if self.site.known_id() == 0 {
            self.shape();
        }
        self.lane
    }

    /// Returns the lane of a call whose labels are not known.
    #[cold]
    pub(crate) fn other(site: &'static Site) -> usize {
        site.family().shape::<D>();
        D::LANES
    }

    #[cold]
    fn shape(&self) {
        self.site.family().shape::<D>();
    }
}

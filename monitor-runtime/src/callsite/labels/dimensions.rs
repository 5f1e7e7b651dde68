//! The labels of a function as its types define them: how many label sets there can be, and their values.

use crate::settings::label::MonitorLabel;

/// The value of a label beyond its limit: of `bounded(..)` beyond `max`, and of all labels of a
/// call beyond the process's limit.
pub(crate) const OTHER: &str = "other";

/// The most label sets that one function can have.
pub(crate) const MAX_LABEL_SETS: usize = 10_000;

/// The values of a function's labels, as far as their types tell.
pub trait Dimensions {
    /// The number of label sets: the product of the values of each label.
    const LABEL_SETS: usize;

    #[doc(hidden)]
    fn push(values: &mut Vec<Values>);
}

/// The values of one label.
#[doc(hidden)]
#[derive(Clone, PartialEq, Eq)]
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
    const LABEL_SETS: usize = 1;

    fn push(_: &mut Vec<Values>) {}
}

impl<D: Dimensions, L: MonitorLabel> Dimensions for (D, L) {
    const LABEL_SETS: usize = D::LABEL_SETS * L::VALUES.len();

    fn push(values: &mut Vec<Values>) {
        D::push(values);
        values.push(Values::Known(L::VALUES));
    }
}

/// `bounded(expr, max = N)`.
pub struct Bounded<const MAX: usize>;

impl<D: Dimensions, const MAX: usize> Dimensions for (D, Bounded<MAX>) {
    const LABEL_SETS: usize = D::LABEL_SETS * (MAX + 1);

    fn push(values: &mut Vec<Values>) {
        D::push(values);
        values.push(Values::Bounded(MAX));
    }
}

//! What ends a call by what it returned: a type alone, or what the attribute says.

use super::Verdict;
use super::probe::{NoClass, Plain};
use crate::run::Open;

/// Knows the verdict on values of a type.
// The call is ended in here: where a verdict came back, its lifetime would be asked of what `AsRef` gives.
pub trait Judge<R> {
    /// Ends a call that returned.
    fn end(&self, open: Open, timed: bool, returned: &R);
}

/// A judge that is known by its type.
// Not `Default`, whose impls in all crates the user's compiler would have to go through.
pub trait Stateless {
    /// The one value there is.
    const NEW: Self;
}

/// What the attribute says: a closure that returns the verdict.
pub struct ByRule<V>(pub(crate) V);

impl<R, V: for<'a> Fn(&'a R) -> Verdict<'a>> Judge<R> for ByRule<V> {
    #[inline]
    fn end(&self, open: Open, timed: bool, returned: &R) {
        open.returned(timed, (self.0)(returned));
    }
}

/// The judge of types that cannot be a `Result`.
#[inline]
pub fn plain<R>(_: &R) -> Plain<(R, NoClass)> {
    Plain::NEW
}

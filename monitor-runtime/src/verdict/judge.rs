//! Ends a call with the verdict on its returned value: by type alone, or by the attribute's rules.

use std::marker::PhantomData;

use super::Verdict;
use crate::run::Open;

/// Knows the verdict on values of a type.
// Ends the call instead of returning a `Verdict<'_>`: the lifetime of a returned verdict would be
// required of the `dyn Error` behind `AsRef`, too.
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

/// A judge that the attribute's arguments define: a closure that returns the verdict.
pub struct ByRule<V>(pub(crate) V);

impl<R, V: for<'a> Fn(&'a R) -> Verdict<'a>> Judge<R> for ByRule<V> {
    #[inline]
    fn end(&self, open: Open, timed: bool, returned: &R) {
        open.returned(timed, (self.0)(returned));
    }
}

/// The judge that a closure would return. The closure is never called; only its type is used.
// A future has the closure's type for its own, and not the judge's: that names what the future resolves
// to, which need not live as long as the future.
pub struct ByType<V>(PhantomData<fn() -> V>);

impl<V> Stateless for ByType<V> {
    const NEW: Self = Self(PhantomData);
}

impl<R, J, V> Judge<R> for ByType<V>
where
    J: Judge<R> + Stateless,
    V: FnOnce(&R) -> J,
{
    #[inline]
    fn end(&self, open: Open, timed: bool, returned: &R) {
        J::NEW.end(open, timed, returned);
    }
}

/// The judge of what cannot be an error.
pub struct AlwaysOk;

impl<R> Judge<R> for AlwaysOk {
    #[inline]
    fn end(&self, open: Open, timed: bool, _: &R) {
        open.returned(timed, Verdict::Ok);
    }
}

//! The list of answers collected while the probe descends through `Result`s nested in `Ok`.

use super::judge::Stateless;
use super::look::{ByClass, Level, NoClass, Value};
use super::probe::{Done, Probe};
use crate::base::classify::Classify;

/// A list of ways to see an error: one for each `Result` around a value, the innermost first.
pub trait Stack {
    /// The judge of the outermost `Result`, made from the judge of the innermost value.
    type Around<J>;
}
impl Stack for () {
    type Around<J> = J;
}
impl<H, S: Stack> Stack for (H, S) {
    type Around<J> = S::Around<Level<H, J>>;
}

/// A value in an `Ok` that has a class, or is a `Result` itself.
// `Result` belongs to another crate, so its `Classify` can only be expressed here.
pub trait Inside {
    #[doc(hidden)]
    type How;
}
impl<T: Classify> Inside for T {
    type How = ByClass;
}
impl<T, E> Inside for Result<T, E> {
    type How = Nested;
}

/// The value is a `Result`.
pub struct Nested;

/// The next question about a type, once it is known how an error is seen.
pub trait Then<H, T, S> {
    #[doc(hidden)]
    type Next: Stateless;
}
impl<H, T, S: Stack> Then<H, T, S> for ByClass {
    type Next = Done<S::Around<Level<H, Value<Self>>>>;
}
impl<H, T, S: Stack> Then<H, T, S> for NoClass {
    type Next = Done<S::Around<Level<H, Value<Self>>>>;
}
impl<H, T, S> Then<H, T, S> for Nested {
    type Next = Probe<(T, (H, S))>;
}

//! A `Result` in the `Ok` of another: the list of what was found out on the way in.

use super::judge::Stateless;
use super::look::{ByClass, Level, NoClass, Value};
use super::probe::{Done, Probe};
use crate::classify::Classify;

/// A list of ways to see an error: those of the `Result`s around a value, the innermost first.
pub trait Stack {
    /// The judge of the outermost, by the judge of what is in the innermost.
    type Around<J>;
}
impl Stack for () {
    type Around<J> = J;
}
impl<H, S: Stack> Stack for (H, S) {
    type Around<J> = S::Around<Level<H, J>>;
}

/// A value in an `Ok` that there is more to ask of.
// A type of another crate's, `Result` can have no `Classify` but here.
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

/// It is a `Result`.
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

//! The list of answers collected while the probe descends through `Result`s nested in `Ok`.

use super::look::{ByClass, Level};
use crate::base::classify::Classify;

/// A list of ways to see an error: one for each `Result` around a value, the innermost first.
pub trait Stack {
    /// The judge of the outermost `Result`, made from the judge of the innermost value.
    type Around<J>;
}
impl Stack for () {
    type Around<J> = J;
}

/// The list of a probe that asks about one `Result` only.
pub struct Shallow;
impl Stack for Shallow {
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

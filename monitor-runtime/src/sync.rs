//! What the counting is made of, named once: a model checker puts its own in the place.

pub(crate) use std::sync::{OnceLock, atomic};
pub(crate) use std::thread::yield_now;

//! The atomics and locks that the counters use, named once, so that a model checker can replace
//! them.

pub(crate) use std::sync::{OnceLock, atomic};
pub(crate) use std::thread::yield_now;

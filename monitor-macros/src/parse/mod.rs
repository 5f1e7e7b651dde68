//! Reads the attribute's arguments and the item it stands on; nothing is decided here.
//!
//! [`args`] reads what stands in the parentheses, one file per kind of value. [`input`] reads the item: a
//! function, a method, or an `impl` block. A mistake is collected in [`errors`], and reading goes on, so that
//! one build shows all of them.

pub(crate) mod arg;
pub(crate) mod args;
pub(crate) mod buckets;
pub(crate) mod durations;
pub(crate) mod error_type;
pub(crate) mod errors;
pub(crate) mod fields;
pub(crate) mod idents;
pub(crate) mod input;
pub(crate) mod keywords;
pub(crate) mod labels;
pub(crate) mod return_type;
pub(crate) mod sentry;
pub(crate) mod signature;
pub(crate) mod values;

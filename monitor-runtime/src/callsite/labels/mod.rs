//! The label sets of a function: their number and values by type, their counters, and the texts that
//! `bounded(..)` tells apart.
//!
//! A label set is a number, its place among all combinations. [`dimensions`] knows how many a function can
//! have, [`declared`] knows that before the first call, [`sets`] which store counts each of them, and
//! [`interned`] which index a text has.

mod declared;
mod dimensions;
mod interned;
mod sets;

pub use declared::Place;
pub(crate) use declared::{leave, read as read_declared};
pub(crate) use dimensions::MAX_LABEL_SETS;
pub(crate) use dimensions::{Bounded, Dimensions, Values};
pub(crate) use sets::{LabelSets, bound, open, opened};

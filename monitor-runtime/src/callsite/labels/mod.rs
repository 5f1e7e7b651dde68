//! The label sets of a function: their number and values by type, their counters, and the texts that
//! `bounded(..)` tells apart.
//!
//! A call's label set is one number, its lane. [`dimensions`] knows how many lanes a function can
//! have, [`sets`] which store counts each of them, and [`interned`] which index a text has.

mod dimensions;
mod interned;
mod sets;

pub(crate) use dimensions::MOST_LANES;
pub(crate) use dimensions::{Bounded, Dimensions, Values};
pub(crate) use sets::{Family, bound, open, opened};

//! The functions of `hostile.rs` in edition 2021, without the prelude.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    warnings,
    clippy::pedantic,
    clippy::nursery
)]

mod attribute {
    pub(crate) use ::monitor_runtime::monitored;
}

/// All of them.
#[path = "../../functions.rs"]
pub mod functions;

#[cfg(test)]
#[path = "../../order.rs"]
mod order;

#[cfg(test)]
#[::core::prelude::v1::test]
fn everything_is_dropped_in_the_same_order() {
    order::check();
}

//! Compiles unusual functions under every lint.
#![forbid(unsafe_code)]
#![deny(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    warnings,
    clippy::pedantic,
    clippy::nursery,
    clippy::shadow_same
)]

use std::task::{Context, Poll, Waker};

mod attribute {
    pub(crate) use monitor_runtime::monitored;
}

#[no_implicit_prelude]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the same file is the whole of other crates, whose interface it is"
)]
#[path = "../hostile/functions.rs"]
mod functions;

#[no_implicit_prelude]
#[path = "../hostile/order.rs"]
mod order;

fn now(mut future: functions::Later<'_>) -> String {
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(text) => text,
        Poll::Pending => String::new(),
    }
}

#[test]
fn hostile_functions_do_what_they_did() {
    functions::check(&now);
    hostile_edition2018::functions::check(&now);
    hostile_edition2021::functions::check(&now);
}

#[test]
fn everything_is_dropped_in_the_same_order() {
    // The crates of the other editions do the same among their own tests.
    order::check();
}

/// Its expansion must pass every lint of the service's crate.
#[test]
fn the_builder_is_written_under_every_lint() {
    let _builder = monitor_runtime::builder!();
}

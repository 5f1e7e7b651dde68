//! A crate in which `std` cannot be named; the runtime it is linked with has it.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub, warnings, clippy::pedantic)]
#![allow(clippy::missing_errors_doc, clippy::must_use_candidate)]

extern crate alloc;

use alloc::boxed::Box;
use alloc::string::String;
use core::future::{Future, ready};
use core::pin::Pin;

use monitor_runtime::monitored;

/// With all that takes values.
#[monitored(args(n), fields(twice = ?n), labels(big = n > 3), ret, err(Debug), slow = "1s")]
pub fn now(n: u8) -> Result<u8, core::fmt::Error> {
    if n == 0 { Err(core::fmt::Error) } else { Ok(n) }
}

/// Later.
#[monitored(parent = None, sentry(fingerprint = [n]))]
pub async fn later(n: u8) -> Result<u8, String> {
    ready(()).await;
    Ok(n)
}

/// In a box.
#[monitored]
pub fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    if n == 0 {
        return Box::pin(ready(1));
    }
    Box::pin(async move { n })
}

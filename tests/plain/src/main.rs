//! A service that is built without the feature `sentry`: it fails in every way there is, and ends.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::error::Error;
use std::panic::catch_unwind;

use monitor_runtime::monitored;

/// Fails; what it says about Sentry has no effect.
#[monitored(args(id), sentry(level = "warning", tags(id), throttle = "5/1m"))]
fn fail(id: u64) -> Result<(), String> {
    Err(format!("no order {id}"))
}

/// Panics.
#[monitored(sentry = false)]
fn panics() {
    panic!("a bad order")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .start()
        .await?;
    let _ = fail(7);
    let task = monitor_runtime::task::spawn(async { fail(8) });
    let _ = task.await?;
    let _ = catch_unwind(panics);
    let _ = catch_unwind(|| panic!("outside of all functions"));
    monitor.shutdown().await;
    Ok(())
}

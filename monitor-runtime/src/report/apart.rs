//! What is asked of Sentry on a thread of its own.
//!
//! Sentry holds the lock of a hub while it asks code of the user's for a breadcrumb, and runs more of
//! it over every event on its way out. Where that code fails or logs, there is an event to send on a
//! thread that holds the lock already, which would wait for itself; and a panic while the panic hook
//! runs ends the process. On another thread neither can happen.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{log, quietly};

/// How long anybody waits for that thread, which takes microseconds unless it is in need of a lock
/// that will be free only later.
const PATIENCE: Duration = Duration::from_millis(100);

/// Runs code on a thread of its own; `None` if it panics, or goes on for too long, or cannot run.
pub(super) fn run<T>(code: impl FnOnce() -> T + Send + 'static) -> Option<T>
where
    T: Send + 'static,
{
    let (done, result) = mpsc::sync_channel(1);
    let work = move || {
        log::disown_thread();
        if let Some(value) = quietly(code) {
            let _ = done.send(value);
        }
    };
    let thread = thread::Builder::new().name("monitor-event".into());
    thread.spawn(work).ok()?;
    result.recv_timeout(PATIENCE).ok()
}

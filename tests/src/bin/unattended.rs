//! A service that starts the runtime and never waits for `drained()`.

use std::time::Duration;

use monitor_runtime::monitored;

#[derive(Debug, thiserror::Error)]
#[error("nobody attends")]
struct Unattended;

#[monitored]
fn fail() -> Result<(), Unattended> {
    Err(Unattended)
}

/// Fails where the thread has hardly anything left: what Sentry and the log kept in it has gone.
struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        let _ = fail();
    }
}

thread_local! {
    static AT_EXIT: AtExit = const { AtExit };
}

fn main() -> Result<(), monitor_runtime::error::StartError> {
    let monitor = monitor_runtime::builder!().start_blocking()?;
    let thread = std::thread::spawn(|| {
        AT_EXIT.with(|_| ());
        fail()
    });
    let _ = thread.join();
    std::thread::sleep(Duration::from_secs(3600));
    monitor.shutdown_blocking();
    Ok(())
}

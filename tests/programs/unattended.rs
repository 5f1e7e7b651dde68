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

fn main() -> Result<(), monitor_runtime::StartError> {
    let monitor = monitor_runtime::builder!().start_blocking()?;
    let _ = fail();
    std::thread::sleep(Duration::from_secs(3600));
    monitor.shutdown_blocking();
    Ok(())
}

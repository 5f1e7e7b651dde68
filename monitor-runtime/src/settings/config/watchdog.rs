//! The times that a runtime and one of its workers may be blocked.

use std::time::Duration;

use super::{ConfigError, Env, Given, MONITOR_BLOCKED_WORKER, MONITOR_WATCHDOG};

const SILENCE: Duration = Duration::from_secs(30);
const BLOCKED_WORKER: Duration = Duration::from_secs(1);
/// Below that, a busy machine would be taken for a blocked runtime.
const MIN_DURATION: Duration = Duration::from_millis(100);

pub(super) fn watchdog(
    builder: Option<String>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    let given = Given::find(&MONITOR_WATCHDOG, builder, env)?;
    Given::limit(given, SILENCE, MIN_DURATION)
}

pub(super) fn blocked_worker(
    builder: Option<String>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    let given = Given::find(&MONITOR_BLOCKED_WORKER, builder, env)?;
    Given::limit(given, BLOCKED_WORKER, MIN_DURATION)
}

//! The times that a runtime and one of its workers may be blocked.

use std::time::Duration;

use super::{ConfigError, Env, Given, MONITOR_BLOCKED_WORKER, MONITOR_WATCHDOG, Setting};

const SILENCE: Duration = Duration::from_secs(30);
const BLOCKED_WORKER: Duration = Duration::from_secs(1);
/// Below that, a busy machine would be taken for a blocked runtime.
const MIN_DURATION: Duration = Duration::from_millis(100);
const MAX_DURATION: Duration = Duration::from_secs(3600);

pub(super) fn watchdog(
    builder: Option<String>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    limit(&MONITOR_WATCHDOG, SILENCE, builder, env)
}

pub(super) fn blocked_worker(
    builder: Option<String>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    limit(&MONITOR_BLOCKED_WORKER, BLOCKED_WORKER, builder, env)
}

fn limit(
    setting: &'static Setting,
    default: Duration,
    builder: Option<String>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    let Some(given) = Given::find(setting, builder, env)? else {
        return Ok(Some(default));
    };
    if given.says("off") {
        return Ok(None);
    }
    match humantime::parse_duration(&given.value) {
        Ok(limit) if limit < MIN_DURATION => Err(given.refuse("is too short")),
        Ok(limit) if limit > MAX_DURATION => Err(given.refuse("is too long")),
        Ok(limit) => Ok(Some(limit)),
        Err(problem) => Err(given.refuse(format_args!("is not a duration ({problem})"))),
    }
}

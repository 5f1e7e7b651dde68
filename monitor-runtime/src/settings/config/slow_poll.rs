//! The duration beyond which a poll of a future is slow.

use std::time::Duration;

use super::{ConfigError, Env, Given, MONITOR_SLOW_POLL};

/// The limit without the setting.
pub(crate) const DEFAULT_SLOW_POLL: Duration = Duration::from_millis(100);
/// Below that, the pauses of a busy machine would be taken for code that blocks.
const MIN_DURATION: Duration = Duration::from_millis(1);
const MAX_DURATION: Duration = Duration::from_secs(3600);

pub(super) fn slow_poll(
    builder: Option<String>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    let Some(given) = Given::find(&MONITOR_SLOW_POLL, builder, env)? else {
        return Ok(Some(DEFAULT_SLOW_POLL));
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

//! The duration beyond which a poll of a future is slow.

use std::time::Duration;

use super::{ConfigError, Env, Given, MONITOR_SLOW_POLL};

/// The limit without the setting.
pub(crate) const DEFAULT_SLOW_POLL: Duration = Duration::from_millis(100);
/// Below that, the pauses of a busy machine would be taken for code that blocks.
pub(crate) const MIN_SLOW_POLL: Duration = Duration::from_millis(1);

pub(super) fn slow_poll(
    builder: Option<String>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    let given = Given::find(&MONITOR_SLOW_POLL, builder, env)?;
    Given::limit(given, DEFAULT_SLOW_POLL, MIN_SLOW_POLL)
}

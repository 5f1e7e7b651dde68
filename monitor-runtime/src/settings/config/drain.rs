//! The drain delay and the drain limit.

use std::time::Duration;

use super::{ConfigError, Env, Given, MONITOR_DRAIN, MONITOR_DRAIN_LIMIT, Setting};

/// The drain limit where no setting gives one.
pub(crate) const DEFAULT_DRAIN_LIMIT: Duration = Duration::from_secs(30);
/// The longest time that either may be.
const MAX_DURATION: Duration = Duration::from_secs(3600);

/// The time between the drain delay and the moment at which running work is cut off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DrainLimit {
    pub(crate) duration: Duration,
    /// `true` if a setting gives the limit. Then it also holds for a service that handles signals itself.
    pub(crate) given: bool,
}

pub(super) fn drain(builder: Option<Duration>, env: Env<'_>) -> Result<Duration, ConfigError> {
    let drain = duration(&MONITOR_DRAIN, builder, env)?;
    Ok(drain.unwrap_or(Duration::from_secs(5)))
}

pub(super) fn limit(builder: Option<Duration>, env: Env<'_>) -> Result<DrainLimit, ConfigError> {
    let limit = duration(&MONITOR_DRAIN_LIMIT, builder, env)?;
    Ok(DrainLimit {
        duration: limit.unwrap_or(DEFAULT_DRAIN_LIMIT),
        given: limit.is_some(),
    })
}

fn duration(
    setting: &'static Setting,
    builder: Option<Duration>,
    env: Env<'_>,
) -> Result<Option<Duration>, ConfigError> {
    let text = builder.map(|given| humantime::format_duration(given).to_string());
    let Some(given) = Given::find(setting, text, env)? else {
        return Ok(None);
    };
    match humantime::parse_duration(&given.value) {
        Ok(duration) if duration <= MAX_DURATION => Ok(Some(duration)),
        Ok(_) => Err(given.refuse("is too long")),
        Err(problem) => Err(given.refuse(format_args!("is not a duration ({problem})"))),
    }
}

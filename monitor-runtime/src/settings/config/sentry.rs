//! The settings of Sentry.

use super::{ConfigError, Env, Given, MONITOR_TRACES_SAMPLER};
use crate::settings::traces_sampler::TracesSampler;

pub(super) fn traces_sampler(
    builder: Option<TracesSampler>,
    env: Env<'_>,
) -> Result<TracesSampler, ConfigError> {
    if let Some(sampler) = builder {
        return Ok(sampler);
    }
    let Some(given) = Given::find(&MONITOR_TRACES_SAMPLER, None, env)? else {
        return Ok(TracesSampler::default());
    };
    match given.value.to_ascii_lowercase().as_str() {
        "caller" => Ok(TracesSampler::Caller),
        "own" => Ok(TracesSampler::Own),
        "both" => Ok(TracesSampler::Both),
        _ => Err(given.refuse("is not a word of the list")),
    }
}

/// Parses an environment within Sentry's limits:
/// <https://docs.sentry.io/platform-redirect/?next=/configuration/environments/>.
pub(super) fn parse_environment(given: Given) -> Result<String, ConfigError> {
    let unfit = |c: char| c.is_whitespace() || c == '/';
    // Sentry reserves the word for events without an environment.
    if given.value.len() > 64 || given.value.contains(unfit) || given.value == "None" {
        return Err(given.refuse("is not a name of an environment"));
    }
    Ok(given.value)
}

/// Parses a release within Sentry's limits:
/// <https://docs.sentry.io/product/releases/naming-releases/>.
pub(super) fn parse_release(given: Given) -> Result<String, ConfigError> {
    let unfit = |c: char| c.is_control() || c == '/' || c == '\\';
    if given.value.len() > 200
        || given.value.contains(unfit)
        || [".", ".."].contains(&&*given.value)
    {
        return Err(given.refuse("is not a name of a release"));
    }
    Ok(given.value)
}

pub(super) fn parse_rate(given: Given) -> Result<f32, ConfigError> {
    match given.value.parse() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(rate),
        Ok(_) => Err(given.refuse("is not from 0 to 1")),
        Err(_) => Err(given.refuse("is not a number")),
    }
}

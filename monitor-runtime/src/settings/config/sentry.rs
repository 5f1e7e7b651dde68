//! The settings of Sentry.

use super::{
    ConfigError, Env, Given, MONITOR_TRACES_SAMPLER, SENTRY_ENVIRONMENT, SENTRY_RELEASE,
    SENTRY_TRACES_SAMPLE_RATE,
};
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

/// Decides the environment; `of_service` is that of the service's attributes.
pub(super) fn environment(
    builder: Option<String>,
    env: Env<'_>,
    of_service: Option<String>,
) -> Result<String, ConfigError> {
    let of_build = || {
        let is_debug = cfg!(debug_assertions);
        let name = if is_debug {
            "development"
        } else {
            "production"
        };
        name.to_owned()
    };
    let given = Given::find(&SENTRY_ENVIRONMENT, builder, env)?;
    given.map_or_else(
        || Ok(of_service.unwrap_or_else(of_build)),
        parse_environment,
    )
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

/// Decides the release, which is that of the service unless one is given.
pub(super) fn release(
    builder: Option<String>,
    env: Env<'_>,
    crate_name: &str,
    service_version: &str,
) -> Result<String, ConfigError> {
    let of_service = || Ok(format!("{crate_name}@{service_version}"));
    let given = Given::find(&SENTRY_RELEASE, builder, env)?;
    given.map_or_else(of_service, parse_release)
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

/// Decides the share of traces that Sentry gets, from 0 to 1; `None` if none is given.
pub(super) fn traces_sample_rate(
    builder: Option<f32>,
    env: Env<'_>,
) -> Result<Option<f32>, ConfigError> {
    let builder = builder.map(|rate| rate.to_string());
    let given = Given::find(&SENTRY_TRACES_SAMPLE_RATE, builder, env)?;
    given.map(parse_rate).transpose()
}

fn parse_rate(given: Given) -> Result<f32, ConfigError> {
    match given.value.parse() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(rate),
        Ok(_) => Err(given.refuse("is not from 0 to 1")),
        Err(_) => Err(given.refuse("is not a number")),
    }
}

//! The setting of native histograms.

use super::{ConfigError, Env, Given, MONITOR_NATIVE_HISTOGRAMS};
use crate::settings::native_histograms::NativeHistograms;

pub(super) fn native_histograms(
    builder: Option<NativeHistograms>,
    env: Env<'_>,
) -> Result<NativeHistograms, ConfigError> {
    if let Some(wanted) = builder {
        return Ok(wanted);
    }
    match Given::find(&MONITOR_NATIVE_HISTOGRAMS, None, env)? {
        None => Ok(NativeHistograms::default()),
        Some(given) if given.says("off") => Ok(NativeHistograms::Off),
        Some(given) if given.says("on") => Ok(NativeHistograms::On),
        Some(given) if given.says("only") => Ok(NativeHistograms::Only),
        Some(given) => Err(given.refuse("is not a word of the list")),
    }
}

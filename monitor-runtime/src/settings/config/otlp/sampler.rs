//! `OTEL_TRACES_SAMPLER` and its argument.

use super::super::{ConfigError, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG};
use super::given::OtelVariables;
use crate::settings::trace_share::TraceShare;

/// Decides which traces belong to the share that is exported without another reason.
pub(super) fn share(variables: &OtelVariables<'_>) -> Result<TraceShare, ConfigError> {
    let ratio = ratio(variables)?;
    let Some(given) = variables.find(&OTEL_TRACES_SAMPLER)? else {
        // An argument alone is meant for the sampler that has one.
        return Ok(TraceShare {
            threshold: TraceShare::threshold(ratio.unwrap_or(1.0)),
            ..TraceShare::default()
        });
    };
    let name = given.value.to_ascii_lowercase();
    let own = name.strip_prefix("parentbased_");
    let threshold = match own.unwrap_or(&name) {
        "always_on" => TraceShare::ALL,
        "always_off" => TraceShare::NONE,
        "traceidratio" => TraceShare::threshold(ratio.unwrap_or(1.0)),
        _ => {
            return Err(given.refuse(
                "is no sampler that this runtime has: set `parentbased_traceidratio`, with the share in OTEL_TRACES_SAMPLER_ARG",
            ));
        }
    };
    Ok(TraceShare {
        follows_caller: own.is_some(),
        threshold,
    })
}

fn ratio(variables: &OtelVariables<'_>) -> Result<Option<f64>, ConfigError> {
    let Some(given) = variables.find(&OTEL_TRACES_SAMPLER_ARG)? else {
        return Ok(None);
    };
    match given.value.parse() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Some(ratio)),
        Ok(_) => Err(given.refuse("is not from 0 to 1")),
        Err(_) => Err(given.refuse("is not a number")),
    }
}

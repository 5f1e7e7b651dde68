//! The settings of the OTLP exporter: OpenTelemetry's own variables.
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/> and
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>. A value that another
//! SDK supports and this exporter does not is an error, which says what to set instead.

mod endpoint;
mod given;
mod headers;
mod sampler;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use self::endpoint::Endpoint;
use self::given::OtelVariables;
use super::{
    ConfigError, Env, OTEL_BLRP_SCHEDULE_DELAY, OTEL_BSP_SCHEDULE_DELAY,
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, OTEL_LOGS_EXPORTER,
    OTEL_METRIC_EXPORT_INTERVAL, OTEL_METRICS_EXPORTER, OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER,
    Setting,
};
use crate::settings::trace_share::TraceShare;

/// One of the three kinds of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    pub(crate) const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// Returns the setting that switches it on or off.
    const fn exporter(self) -> &'static Setting {
        match self {
            Self::Traces => &OTEL_TRACES_EXPORTER,
            Self::Metrics => &OTEL_METRICS_EXPORTER,
            Self::Logs => &OTEL_LOGS_EXPORTER,
        }
    }
}

/// The settings of the exporter. A signal that is off has no endpoint.
#[derive(Debug, Default)]
pub(crate) struct OtlpSettings {
    pub(crate) traces: Option<Endpoint>,
    pub(crate) metrics: Option<Endpoint>,
    pub(crate) logs: Option<Endpoint>,
    pub(crate) share: TraceShare,
    /// The time between two exports of metrics.
    pub(crate) metric_interval: Duration,
    /// The time that spans wait for others, and lines.
    pub(crate) span_delay: Duration,
    pub(crate) line_delay: Duration,
}

impl OtlpSettings {
    /// Decides the settings; `given` are the variables of the builder.
    pub(super) fn resolve(given: &[(String, String)], env: Env<'_>) -> Result<Self, ConfigError> {
        let variables = OtelVariables { given, env };
        variables.check_names()?;
        if variables.is_true(&OTEL_SDK_DISABLED)? {
            return Ok(Self::default());
        }
        let [traces, metrics, logs] = Signal::ALL.map(|signal| {
            let wanted = is_wanted(&variables, signal)?;
            let endpoint = wanted.then(|| Endpoint::resolve(&variables, signal));
            endpoint.transpose()
        });
        let (traces, metrics, logs) = (traces?, metrics?, logs?);
        let share = if traces.is_some() {
            sampler::share(&variables)?
        } else {
            TraceShare::default()
        };
        if metrics.is_some() {
            check_aggregation(&variables)?;
        }
        Ok(Self {
            traces,
            metrics,
            logs,
            share,
            metric_interval: variables.milliseconds(&OTEL_METRIC_EXPORT_INTERVAL, 60_000)?,
            span_delay: variables.milliseconds(&OTEL_BSP_SCHEDULE_DELAY, 5000)?,
            line_delay: variables.milliseconds(&OTEL_BLRP_SCHEDULE_DELAY, 1000)?,
        })
    }
}

/// Returns `true` if a signal is exported: an endpoint is set for it, or `otlp` is its exporter.
fn is_wanted(variables: &OtelVariables<'_>, signal: Signal) -> Result<bool, ConfigError> {
    match variables.find(signal.exporter())? {
        Some(given) if given.says("none") => Ok(false),
        Some(given) if given.says("otlp") => Ok(true),
        Some(given) => Err(given.refuse(
            "is no exporter that this runtime has: set `otlp` with OTEL_EXPORTER_OTLP_ENDPOINT, or `none`",
        )),
        None => endpoint::is_given(variables, signal),
    }
}

/// Refuses temporalities and aggregations that the exporter does not have.
fn check_aggregation(variables: &OtelVariables<'_>) -> Result<(), ConfigError> {
    let temporality = &OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE;
    if let Some(given) = variables.find(temporality)?
        && !given.says("cumulative")
    {
        return Err(given.refuse(
            "is not supported: metrics are cumulative, as on /metrics; a collector's `cumulativetodelta` converts them",
        ));
    }
    let aggregation = &OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION;
    if let Some(given) = variables.find(aggregation)?
        && !given.says("explicit_bucket_histogram")
    {
        return Err(given.refuse("is not supported: histograms have the buckets of /metrics"));
    }
    Ok(())
}

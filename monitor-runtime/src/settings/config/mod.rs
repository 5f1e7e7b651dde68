//! Decides every setting: the builder wins over the environment, which wins over the default.

mod drain;
#[cfg(feature = "sentry")]
mod dsn;
#[cfg(not(feature = "sentry"))]
#[path = "dsn_off.rs"]
mod dsn;
mod given;
mod histograms;
mod links;
mod log;
mod log_limit;
mod of_builder;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "otlp_off.rs"]
pub(crate) mod otlp;
mod redact;
mod resource;
mod sentry;
#[cfg(feature = "server")]
mod server;
#[cfg(not(feature = "server"))]
#[path = "server_off.rs"]
mod server;
mod slow_poll;
mod table;
mod unknown;
mod unread;
mod watchdog;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::time::Duration;

pub(crate) use self::drain::{DEFAULT_DRAIN_LIMIT, DrainLimit};
use self::dsn::{Dsn, parse_dsn};
pub use self::given::ConfigError;
use self::given::Given;
use self::histograms::native_histograms;
pub(crate) use self::links::INSTANCE;
use self::links::{parse_server_url, parse_url};
use self::log::{colours, log_format, parse_filter, parse_record_level};
use self::log_limit::log_limit;
use self::otlp::OtlpSettings;
use self::redact::parse_names;
use self::sentry::{environment, release, traces_sample_rate, traces_sampler};
#[cfg(feature = "server")]
pub(crate) use self::server::{Address, PageLinks};
pub(crate) use self::server::{ServerOverrides, ServerSettings};
use self::slow_poll::slow_poll;
pub(crate) use self::slow_poll::{DEFAULT_SLOW_POLL, MIN_SLOW_POLL};
#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "every setting, which this room reads"
    )
)]
use self::table::*;
pub use self::table::{SETTINGS, Setting};
use self::watchdog::{blocked_worker, watchdog};
use crate::base::rate_limit::Throttle;
use crate::settings::log_filter::{LogDirectives, RecordDirectives};
use crate::settings::log_format::LogFormat;
use crate::settings::native_histograms::NativeHistograms;
use crate::settings::traces_sampler::TracesSampler;

/// The settings of the builder; `None` leaves a setting to the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) server: ServerOverrides,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) drain: Option<Duration>,
    pub(crate) drain_limit: Option<Duration>,
    pub(crate) watchdog: Option<String>,
    pub(crate) slow_poll: Option<String>,
    pub(crate) blocked_worker: Option<String>,
    pub(crate) log_limit: Option<String>,
    pub(crate) label_series: Option<usize>,
    pub(crate) redact: Option<String>,
    pub(crate) process_metrics: Option<bool>,
    pub(crate) native_histograms: Option<NativeHistograms>,
    pub(crate) runbook_url: Option<String>,
    pub(crate) grafana_url: Option<String>,
    pub(crate) server_url: Option<String>,
    pub(crate) log_filter: Option<String>,
    pub(crate) record_level: Option<String>,
    pub(crate) sentry_dsn: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) traces_sample_rate: Option<f32>,
    pub(crate) traces_sampler: Option<TracesSampler>,
    pub(crate) service_name: Option<String>,
    pub(crate) resource_attributes: Option<String>,
    /// Variables of OpenTelemetry and their values.
    pub(crate) otel: Vec<(String, String)>,
}

/// All settings, decided.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) server: ServerSettings,
    pub(crate) log_format: LogFormat,
    /// `true` if pretty lines have colours.
    pub(crate) colours: bool,
    pub(crate) drain: Duration,
    pub(crate) drain_limit: DrainLimit,
    /// The time that a runtime may be blocked; `None` for no limit.
    pub(crate) watchdog: Option<Duration>,
    /// The duration beyond which a poll is slow; `None` for no limit.
    pub(crate) slow_poll: Option<Duration>,
    pub(crate) blocked_worker: Option<Duration>,
    /// The lines that one place in the code may write.
    pub(crate) log_limit: Throttle,
    pub(crate) label_series: usize,
    pub(crate) redact: Vec<String>,
    pub(crate) process_metrics: bool,
    pub(crate) native_histograms: NativeHistograms,
    pub(crate) log_filter: LogDirectives,
    pub(crate) record_level: RecordDirectives,
    pub(crate) runbook_url: Option<String>,
    pub(crate) grafana_url: Option<String>,
    pub(crate) server_url: Option<String>,
    pub(crate) sentry_dsn: Option<Dsn>,
    pub(crate) environment: String,
    pub(crate) release: String,
    /// From 0 to 1.
    pub(crate) traces_sample_rate: Option<f32>,
    pub(crate) traces_sampler: TracesSampler,
    pub(crate) service_name: String,
    pub(crate) service_version: String,
    /// All attributes of the service, decoded.
    pub(crate) resource_attributes: Vec<(String, String)>,
    pub(crate) otlp: OtlpSettings,
    /// Warnings about settings that have no effect.
    pub(crate) warnings: Vec<String>,
}

/// The environment; tests pass their own.
pub(crate) type Env<'a> = &'a [(OsString, OsString)];

impl Config {
    /// Decides every setting. The first invalid one is the error.
    pub(crate) fn resolve(
        given: Overrides,
        env: Env<'_>,
        crate_name: &str,
        crate_version: &str,
    ) -> Result<Self, ConfigError> {
        let server = ServerSettings::resolve(given.server, env)?;
        let otlp = OtlpSettings::resolve(&given.otel, env)?;
        let redact = Given::find(&MONITOR_REDACT, given.redact, env)?;
        let runbook_url = Given::find(&MONITOR_RUNBOOK_URL, given.runbook_url, env)?;
        let grafana_url = Given::find(&MONITOR_GRAFANA_URL, given.grafana_url, env)?;
        let server_url = Given::find(&MONITOR_SERVER_URL, given.server_url, env)?;
        let log_filter = Given::find(&RUST_LOG, given.log_filter, env)?;
        let record_level = Given::find(&MONITOR_RECORD_LEVEL, given.record_level, env)?;
        let sentry_dsn = Given::find(&SENTRY_DSN, given.sentry_dsn, env)?;
        let service_name = Given::find(&OTEL_SERVICE_NAME, given.service_name, env)?;
        let mut warnings = unknown::unknown(env);
        warnings.extend(unread::unread(SETTINGS, env));
        warnings.extend(given::quoted(env));
        let resource = resource::find(given.resource_attributes, env, &mut warnings)?;
        let service_version = resource.version.unwrap_or_else(|| crate_version.to_owned());
        Ok(Self {
            server,
            log_format: log_format(given.log_format, env)?,
            colours: colours(env, std::io::stdout().is_terminal()),
            drain: drain::drain(given.drain, env)?,
            drain_limit: drain::limit(given.drain_limit, env)?,
            watchdog: watchdog(given.watchdog, env)?,
            slow_poll: slow_poll(given.slow_poll, env)?,
            blocked_worker: blocked_worker(given.blocked_worker, env)?,
            log_limit: log_limit(given.log_limit, env)?,
            label_series: label_series(given.label_series, env)?,
            redact: redact.map_or_else(|| Ok(Vec::new()), parse_names)?,
            process_metrics: process_metrics(given.process_metrics, env)?,
            native_histograms: native_histograms(given.native_histograms, env)?,
            log_filter: log_filter.map_or_else(|| Ok(LogDirectives::default()), parse_filter)?,
            record_level: record_level
                .map_or_else(|| Ok(RecordDirectives::default()), parse_record_level)?,
            runbook_url: runbook_url.map(parse_url).transpose()?,
            grafana_url: grafana_url.map(parse_url).transpose()?,
            server_url: server_url.map(parse_server_url).transpose()?,
            sentry_dsn: sentry_dsn.map(parse_dsn).transpose()?,
            environment: environment(given.environment, env, resource.environment)?,
            release: release(given.release, env, crate_name, &service_version)?,
            traces_sample_rate: traces_sample_rate(given.traces_sample_rate, env)?,
            traces_sampler: traces_sampler(given.traces_sampler, env)?,
            service_name: service_name
                .map(|given| given.value)
                .or(resource.name)
                .unwrap_or_else(|| crate_name.to_owned()),
            service_version,
            resource_attributes: resource.all,
            otlp,
            warnings,
        })
    }
}

/// Removes the filter of the log from the environment: that of another subscriber is in effect, whose words
/// may be others.
pub(crate) fn forget_log_filter(env: &mut Vec<(OsString, OsString)>) {
    env.retain(|(variable, _)| variable != RUST_LOG.variable);
}

/// Label sets told apart, unless `start()` sets another number.
pub(crate) const DEFAULT_LABEL_SERIES: usize = 10_000;

fn label_series(builder: Option<usize>, env: Env<'_>) -> Result<usize, ConfigError> {
    const MAX_LABEL_SERIES: usize = 1_000_000;
    let text = builder.map(|given| given.to_string());
    match Given::find(&MONITOR_LABEL_SERIES, text, env)? {
        None => Ok(DEFAULT_LABEL_SERIES),
        Some(given) => match given.value.parse() {
            Ok(series) if series <= MAX_LABEL_SERIES => Ok(series),
            Ok(_) => Err(given.refuse("is too many")),
            Err(_) => Err(given.refuse("is not a whole number")),
        },
    }
}

fn process_metrics(builder: Option<bool>, env: Env<'_>) -> Result<bool, ConfigError> {
    if let Some(wanted) = builder {
        return Ok(wanted);
    }
    match Given::find(&MONITOR_PROCESS_METRICS, None, env)? {
        None => Ok(true),
        Some(given) if given.says("on") => Ok(true),
        Some(given) if given.says("off") => Ok(false),
        Some(given) => Err(given.refuse("is neither")),
    }
}

#[cfg(test)]
mod tests;

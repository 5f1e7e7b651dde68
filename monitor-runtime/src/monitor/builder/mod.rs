//! The builder: every decision that is made before the start.

#[cfg(feature = "otlp")]
mod otlp;
mod parts;
#[cfg(feature = "sentry")]
mod sentry;
#[cfg(feature = "server")]
mod server;

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::health::Check;
use crate::monitor::exporter::Bounds;
use crate::settings::config::Overrides;
use crate::settings::log_format::LogFormat;
use crate::settings::native_histograms::NativeHistograms;

/// Every setting that can be decided before the start; see [`SETTINGS`](crate::SETTINGS).
#[must_use = "nothing runs before `start()`"]
pub struct Builder {
    pub(crate) crate_name: String,
    pub(crate) crate_version: String,
    pub(crate) commit: String,
    pub(crate) branch: String,
    pub(crate) overrides: Overrides,
    pub(crate) checks: Vec<Check>,
    pub(crate) exporter: Option<PrometheusBuilder>,
    pub(crate) others: Option<PrometheusHandle>,
    pub(crate) facade: Option<Duration>,
    pub(crate) buckets: Bounds,
    pub(crate) signals: bool,
}

impl Builder {
    /// Creates a builder for a service of this name and version; [`builder!`](crate::builder) fills
    /// in both.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            crate_name: name.into(),
            crate_version: version.into(),
            commit: String::new(),
            branch: String::new(),
            overrides: Overrides::default(),
            checks: Vec::new(),
            exporter: None,
            others: None,
            facade: None,
            buckets: Bounds::new(),
            signals: true,
        }
    }

    /// Sets the commit this build is of, for `build_info`.
    pub fn commit(mut self, commit: impl Into<String>) -> Self {
        self.commit = commit.into();
        self
    }

    /// Sets the branch this build is of, for `build_info`.
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = branch.into();
        self
    }

    /// Sets the `service_name` label. Wins over `OTEL_SERVICE_NAME`.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.overrides.service_name = Some(name.into());
        self
    }

    /// Sets the service's name, version and environment by OpenTelemetry's attributes, unless
    /// another setting does. Wins over `OTEL_RESOURCE_ATTRIBUTES`.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!()
    ///     .resource_attributes("service.version=2.7.1,deployment.environment.name=staging");
    /// ```
    pub fn resource_attributes(mut self, attributes: impl Into<String>) -> Self {
        self.overrides.resource_attributes = Some(attributes.into());
        self
    }

    /// Sets the format of log lines. Wins over `MONITOR_LOG_FORMAT`.
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.overrides.log_format = Some(format);
        self
    }

    /// Sets the number of combinations of label values that the process tells apart. Wins over
    /// `MONITOR_LABEL_SERIES`.
    pub fn label_series(mut self, most: usize) -> Self {
        self.overrides.label_series = Some(most);
        self
    }

    /// Adds fields whose values no log line and no event shows. Wins over `MONITOR_REDACT`.
    ///
    /// Known are `password`, `secret`, `token`, `api_key`, `authorization`, `cookie`, `session` and the
    /// like, in every spelling and as a part of longer names: `X-Api-Key`, `accessToken`, `db.password`.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!().redact(["iban", "tax_number"]);
    /// ```
    pub fn redact(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        self.overrides.redact = Some(names.join(",")).filter(|_| !names.is_empty());
        self
    }

    /// Switches `process_*` and `tokio_*` on `/metrics` on or off. Wins over
    /// `MONITOR_PROCESS_METRICS`.
    ///
    /// `tokio_*` describe the runtime that `start()` is called on. While they are on, they replace
    /// the service's own families of these names.
    pub fn process_metrics(mut self, wanted: bool) -> Self {
        self.overrides.process_metrics = Some(wanted);
        self
    }

    /// Sets the histograms that a scraper gets which asks for protobuf. Wins over
    /// `MONITOR_NATIVE_HISTOGRAMS`.
    ///
    /// ```no_run
    /// use monitor_runtime::NativeHistograms;
    ///
    /// let builder = monitor_runtime::builder!().native_histograms(NativeHistograms::On);
    /// ```
    pub fn native_histograms(mut self, wanted: NativeHistograms) -> Self {
        self.overrides.native_histograms = Some(wanted);
        self
    }

    /// Sets the URL of the alerts' runbooks, see [`slo::rules`](crate::slo::rules). Wins over `MONITOR_RUNBOOK_URL`.
    pub fn runbook_url(mut self, url: impl Into<String>) -> Self {
        self.overrides.runbook_url = Some(url.into());
        self
    }

    /// Sets the Grafana that alerts link to. Wins over `MONITOR_GRAFANA_URL`. See
    /// [`slo::rules`](crate::slo::rules).
    pub fn grafana_url(mut self, url: impl Into<String>) -> Self {
        self.overrides.grafana_url = Some(url.into());
        self
    }

    /// Sets the URL at which people reach the management server, so that alerts and log lines link to
    /// their incidents. Wins over `MONITOR_SERVER_URL`. See [`Rules::server`](crate::slo::Rules::server).
    pub fn server_url(mut self, url: impl Into<String>) -> Self {
        self.overrides.server_url = Some(url.into());
        self
    }

    /// Sets the filter of the log: which spans and events are written. Wins over `RUST_LOG`.
    pub fn log_filter(mut self, directives: impl Into<String>) -> Self {
        self.overrides.log_filter = Some(directives.into());
        self
    }

    /// Sets the number of lines that one place in the code may write in a time, such as `1000/10s`; `off`
    /// for no limit. Wins over `MONITOR_LOG_LIMIT`.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!().log_limit("1000/10s");
    /// ```
    pub fn log_limit(mut self, limit: impl Into<String>) -> Self {
        self.overrides.log_limit = Some(limit.into());
        self
    }

    /// Sets the lines below the log's filter that are kept with their request, and written if it fails,
    /// has a slow call or is asked for. Wins over `MONITOR_RECORD_LEVEL`.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!().record_level("my_crate=debug");
    /// ```
    pub fn record_level(mut self, directives: impl Into<String>) -> Self {
        self.overrides.record_level = Some(directives.into());
        self
    }

    /// Sets the time between readiness falling and [`Monitor::drained`](crate::Monitor::drained).
    /// Wins over `MONITOR_DRAIN`.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.overrides.drain = Some(drain);
        self
    }

    /// Sets the time after the drain delay until running work is cut off and the process ends. Wins
    /// over `MONITOR_DRAIN_LIMIT`.
    ///
    /// The default of 30 s does not apply to a service that handles the signal itself; a limit that
    /// is set here or by the variable does.
    pub fn drain_limit(mut self, limit: Duration) -> Self {
        self.overrides.drain_limit = Some(limit);
        self
    }

    /// Sets whether the runtime handles signals; `true` if not set.
    ///
    /// With `false` it installs no handler, and signals keep their effect: call
    /// [`Monitor::drain`](crate::Monitor::drain) when the service is to end.
    ///
    /// With `true` a service that handles a signal itself, by `tokio::signal` or otherwise, still
    /// keeps doing so: readiness falls at SIGTERM and SIGINT, and the service decides when it ends.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!().signals(false);
    /// ```
    pub fn signals(mut self, handled: bool) -> Self {
        self.signals = handled;
        self
    }

    /// Sets the time that the async runtime may be blocked before `/livez` fails, from 100 ms to 1
    /// h; `None` switches the watchdog off. Wins over `MONITOR_WATCHDOG`.
    ///
    /// The runtime is the one that [`start`](Self::start) is called in. A current-thread runtime
    /// runs only inside its `block_on`: a program that leaves it for long has no runtime to watch.
    pub fn watchdog(mut self, limit: impl Into<Option<Duration>>) -> Self {
        let text = |limit| humantime::format_duration(limit).to_string();
        self.overrides.watchdog = Some(limit.into().map_or_else(|| "off".to_owned(), text));
        self
    }

    /// Sets the time that a future may hold its thread at once before the poll counts as slow, from 1 ms
    /// to 1 h; `None` for no limit. Wins over `MONITOR_SLOW_POLL`. The default is 100 ms.
    ///
    /// A slow poll of a monitored function counts in `function_calls_slow_polls_total`, and the log has a
    /// line with its path.
    pub fn slow_poll(mut self, limit: impl Into<Option<Duration>>) -> Self {
        let text = |limit| humantime::format_duration(limit).to_string();
        self.overrides.slow_poll = Some(limit.into().map_or_else(|| "off".to_owned(), text));
        self
    }

    /// Sets the time that one poll may hold up a worker of the async runtime before the log names the
    /// function, from 100 ms to 1 h; `None` names none. Wins over `MONITOR_BLOCKED_WORKER`.
    pub fn blocked_worker(mut self, limit: impl Into<Option<Duration>>) -> Self {
        let text = |limit| humantime::format_duration(limit).to_string();
        self.overrides.blocked_worker = Some(limit.into().map_or_else(|| "off".to_owned(), text));
        self
    }
}

//! The table of all settings.

/// A setting, as the table in `docs/settings.md` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub variable: &'static str,
    /// The builder's method that sets it, too.
    pub method: &'static str,
    /// The value when neither is given.
    pub default: &'static str,
    /// The values that are allowed.
    pub allowed: &'static str,
    /// The meaning of the setting.
    pub meaning: &'static str,
    /// The feature that reads it, if this build lacks the feature.
    pub missing: Option<&'static str>,
}

/// A setting that only a feature reads names it.
macro_rules! settings {
    (@missing) => { None };
    (@missing $feature:tt) => { if cfg!(feature = $feature) { None } else { Some($feature) } };
    ($($name:ident $(in $feature:tt)?: $method:literal, $default:literal, $allowed:literal, $meaning:literal;)*) => {
        $(pub(super) const $name: Setting = Setting {
            variable: stringify!($name),
            method: $method,
            default: $default,
            allowed: $allowed,
            meaning: $meaning,
            missing: settings!(@missing $($feature)?),
        };)*

        /// Every setting of the runtime, in the order of the table in `docs/settings.md`.
        pub const SETTINGS: &[Setting] = &[$($name),*];
    };
}

settings! {
    MONITOR_ADDR in "server": "addr", "127.0.0.1:9464", "IP:PORT or localhost:PORT (port 0 takes a free one), unix:/PATH, or `off`",
        "where the management server listens";
    MONITOR_TOKEN in "server": "token", "none", "16 or more visible ASCII characters",
        "bearer token that opens details to peers that are not on loopback";
    MONITOR_LOOPBACK in "server": "loopback_needs_token", "`open`", "`open`, or `token` with a `MONITOR_TOKEN`",
        "whether requests of this machine see details and change the log's filter without the token";
    MONITOR_METRICS in "server": "metrics_need_token", "`open`", "`open`, or `token` with a `MONITOR_TOKEN`",
        "whether other machines read `/metrics` without the token";
    MONITOR_LOG_FORMAT: "log_format", "`pretty` on a terminal, else `json`", "`pretty` or `json`",
        "how log lines are written to standard output";
    MONITOR_LOG_LIMIT: "log_limit", "off", "a number of lines up to 1000000 and a time from 1s to 1h, such as `1000/10s`, or `off`",
        "lines that one place in the code may write in a time; what is beyond it is summed up in one line";
    MONITOR_DRAIN: "drain", "5s", "a duration up to 1h, such as `500ms`, `5s` or `1m 30s`",
        "time between readiness falling and `drained()`, for load balancers to notice";
    MONITOR_DRAIN_LIMIT: "drain_limit", "30s", "a duration up to 1h, such as `10s`",
        "time after the drain delay until running work is cut off and the process ends";
    MONITOR_WATCHDOG: "watchdog", "30s", "a duration from 100ms to 1h, or `off`",
        "time that the async runtime may be blocked before `/livez` fails";
    MONITOR_SLOW_POLL: "slow_poll", "100ms", "a duration from 1ms to 1h, or `off`",
        "time that a future may hold its thread at once before the poll counts as slow";
    MONITOR_BLOCKED_WORKER: "blocked_worker", "1s", "a duration from 100ms to 1h, or `off`",
        "time that one poll may hold up a worker of the async runtime before the log names the function";
    MONITOR_LABEL_SERIES: "label_series", "10000", "a whole number from 0 to 1000000",
        "combinations of label values told apart in the whole process; new ones beyond it are `other`";
    MONITOR_REDACT: "redact", "none: the built-in names are always hidden", "names separated by commas, of letters, digits, `_`, `-` and `.`",
        "further fields whose values no log line and no event shows";
    MONITOR_PROCESS_METRICS: "process_metrics", "on", "`on` or `off`",
        "whether `process_*` and `tokio_*` are on `/metrics`";
    MONITOR_NATIVE_HISTOGRAMS: "native_histograms", "off", "`off`, `on` or `only`",
        "whether scrapes as protobuf have native histograms: beside classic buckets (`on`), or without them (`only`)";
    MONITOR_RUNBOOK_URL: "runbook_url", "none", "`https://…` or `http://…`, without a login or a query",
        "the URL of the runbooks: an alert of `/rules.yaml` links to this URL, `/` and its name";
    MONITOR_GRAFANA_URL: "grafana_url", "none", "`https://…` or `http://…`, without a login or a query",
        "the Grafana with the dashboard of `/grafana.json`, for alerts to link to";
    MONITOR_SERVER_URL: "server_url", "none", "`https://…` or `http://…`, without a login or a query; `{instance}` in it stands for the alert's instance",
        "the URL at which people reach this server: alerts and log lines link to their incidents there";
    MONITOR_TRACE_URL in "server": "trace_url", "none", "`https://…` or `http://…` with `{trace_id}` in it, without a login",
        "the URL that trace ids of the live page link to: `{trace_id}` stands for the id";
    MONITOR_SOURCE_URL in "server": "source_url", "none", "`https://…` or `http://…` with `{file}`, and `{line}`, `{version}` or `{commit}`, without a login",
        "the URL that places in the source link to on the live page";
    RUST_LOG: "log_filter", "info", "`tracing` filter directives, such as `info,my_crate=debug`",
        "which spans and events are logged";
    MONITOR_RECORD_LEVEL: "record_level", "none", "`target=level` separated by commas, such as `my_crate=debug`",
        "lines below the log's filter that are kept with their request, and written if it fails, has a slow call or is asked for";
    SENTRY_DSN in "sentry": "sentry_dsn", "none: Sentry is off", "the DSN of a Sentry project",
        "where errors and panics are sent";
    SENTRY_ENVIRONMENT: "environment", "`production`, or `development` in debug builds",
        "up to 64 characters, no spaces or slashes, not `None`", "the environment of Sentry events";
    SENTRY_RELEASE: "release", "`<crate>@<version>`", "up to 200 characters, no slashes or line breaks",
        "the release of Sentry events";
    SENTRY_TRACES_SAMPLE_RATE: "traces_sample_rate", "none: there are no transactions", "a number from 0 to 1",
        "the share of requests that are sent to Sentry as transactions; none at 0, even if callers sample";
    MONITOR_TRACES_SAMPLER in "sentry": "traces_sampler", "caller", "`caller`, `own` or `both`",
        "whose decision makes a request a transaction: the caller's where it has one (of those, ten a second), \
         the rate's, or that of both";
    OTEL_SERVICE_NAME: "service_name", "the name of the crate that calls `builder!()`", "any text",
        "the `service_name` label, and `service` in Sentry and `/health`";
    OTEL_RESOURCE_ATTRIBUTES: "resource_attributes", "none", "`key=value` separated by commas, with `%2C` and the like for other characters",
        "the service's attributes: `service.name`, `service.version` and `deployment.environment.name` replace the defaults of the service's name, version and environment; all go to an OTLP collector";
    OTEL_EXPORTER_OTLP_ENDPOINT in "otlp": "otel", "none: nothing is exported", "`http://…` or `https://…`; `/v1/traces` and the like are appended, unless it is given for one signal",
        "the OpenTelemetry collector that traces, metrics and logs are sent to";
    OTEL_EXPORTER_OTLP_HEADERS in "otlp": "otel", "none", "`name=value` separated by commas, with `%2C` and the like for other characters",
        "headers of each request to the collector";
    OTEL_EXPORTER_OTLP_PROTOCOL in "otlp": "otel", "`http/protobuf`", "`http/protobuf`",
        "the protocol of the collector";
    OTEL_EXPORTER_OTLP_COMPRESSION in "otlp": "otel", "`none`", "`gzip` or `none`",
        "how requests to the collector are compressed";
    OTEL_EXPORTER_OTLP_TIMEOUT in "otlp": "otel", "10000", "milliseconds, from 1 to 3600000",
        "time that the collector has for one request";
    OTEL_EXPORTER_OTLP_CERTIFICATE in "otlp": "otel", "the platform's", "the path of a PEM file",
        "certificate authorities of the collector";
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE in "otlp": "otel", "none", "the path of a PEM file",
        "the certificate that is shown to the collector";
    OTEL_EXPORTER_OTLP_CLIENT_KEY in "otlp": "otel", "none", "the path of a PEM file",
        "the key of that certificate";
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE in "otlp": "otel", "`cumulative`", "`cumulative`",
        "whether metrics are totals or differences";
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION in "otlp": "otel", "`explicit_bucket_histogram`", "`explicit_bucket_histogram`",
        "the kind of exported histograms";
    OTEL_TRACES_EXPORTER in "otlp": "otel", "`otlp` if there is an endpoint", "`otlp` or `none`",
        "whether traces are exported";
    OTEL_METRICS_EXPORTER in "otlp": "otel", "`otlp` if there is an endpoint", "`otlp` or `none`",
        "whether metrics are exported";
    OTEL_LOGS_EXPORTER in "otlp": "otel", "`otlp` if there is an endpoint", "`otlp` or `none`",
        "whether log lines are exported";
    OTEL_SDK_DISABLED in "otlp": "otel", "`false`", "`true` or `false`",
        "whether nothing is exported by OTLP; everything else goes on";
    OTEL_TRACES_SAMPLER in "otlp": "otel", "`parentbased_always_on`", "`always_on`, `always_off`, `traceidratio`, or one of them behind `parentbased_`",
        "which traces are exported if they did not fail, were not slow, cancelled or asked for";
    OTEL_TRACES_SAMPLER_ARG in "otlp": "otel", "1", "a number from 0 to 1",
        "the share of `traceidratio`; given alone, that of `parentbased_traceidratio`";
    OTEL_METRIC_EXPORT_INTERVAL in "otlp": "otel", "60000", "milliseconds, from 1 to 3600000",
        "time between two exports of metrics";
    OTEL_BSP_SCHEDULE_DELAY in "otlp": "otel", "5000", "milliseconds, from 1 to 3600000",
        "time that a finished trace waits for others before they are sent";
    OTEL_BLRP_SCHEDULE_DELAY in "otlp": "otel", "1000", "milliseconds, from 1 to 3600000",
        "time that a log line waits for others before they are sent";
}

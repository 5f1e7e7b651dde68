use std::ffi::OsString;

use super::super::{Config, Overrides};
use super::*;

fn resolve(env: &[(&str, &str)]) -> Result<OtlpSettings, String> {
    let own = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
    let env: Vec<_> = env.iter().map(own).collect();
    let config = Config::resolve(Overrides::default(), &env, "shop", "1.2.3");
    config
        .map(|config| config.otlp)
        .map_err(|error| error.to_string())
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");

fn with(variable: &str, value: &str) -> Result<OtlpSettings, String> {
    resolve(&[ENDPOINT, (variable, value)])
}

fn url(endpoint: Option<&Endpoint>) -> &str {
    endpoint.map_or("", |endpoint| endpoint.url.as_str())
}

#[test]
fn without_an_endpoint_nothing_is_exported() {
    let settings = resolve(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap();
    let OtlpSettings {
        traces,
        metrics,
        logs,
        ..
    } = settings;
    assert!(traces.is_none() && metrics.is_none() && logs.is_none());
}

#[test]
fn one_endpoint_is_for_all_signals() {
    for endpoint in ["http://c:4318", "http://c:4318/"] {
        let settings = resolve(&[(ENDPOINT.0, endpoint)]).unwrap();
        assert_eq!(url(settings.traces.as_ref()), "http://c:4318/v1/traces");
        assert_eq!(url(settings.metrics.as_ref()), "http://c:4318/v1/metrics");
        assert_eq!(url(settings.logs.as_ref()), "http://c:4318/v1/logs");
        assert_eq!(settings.share, TraceShare::default());
        assert_eq!(settings.metric_interval, Duration::from_secs(60));
    }
    let below = resolve(&[(ENDPOINT.0, "https://c/otlp/")]).unwrap();
    assert_eq!(url(below.logs.as_ref()), "https://c/otlp/v1/logs");
}

#[test]
fn a_signal_may_have_its_own_endpoint_and_headers() {
    let settings = resolve(&[
        ENDPOINT,
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Basic%20abc,x=1",
        ),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs/here"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "y=2"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
    ])
    .unwrap();
    let (traces, metrics, logs) = (
        settings.traces.unwrap(),
        settings.metrics.unwrap(),
        settings.logs.unwrap(),
    );
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        traces.headers,
        [own("authorization", "Basic abc"), own("x", "1")]
    );
    assert!(traces.has_gzip && !logs.has_gzip);
    assert_eq!(metrics.transport.timeout, Duration::from_millis(250));
    assert_eq!(
        (logs.url.as_str(), &logs.headers[..]),
        ("http://logs/here", &[own("y", "2")][..])
    );
}

#[test]
fn a_signal_can_be_switched_off() {
    let settings = with("OTEL_LOGS_EXPORTER", "none").unwrap();
    assert!(settings.logs.is_none() && settings.traces.is_some());
    let settings = with("OTEL_SDK_DISABLED", "TRUE").unwrap();
    assert!(settings.traces.is_none() && settings.metrics.is_none());
    let settings = resolve(&[("OTEL_TRACES_EXPORTER", "otlp")]).unwrap();
    assert_eq!(
        url(settings.traces.as_ref()),
        "http://localhost:4318/v1/traces"
    );
    assert!(settings.logs.is_none());
}

#[test]
fn a_sampler_is_that_of_the_specification() {
    let share = |env: &[(&str, &str)]| resolve(&[&[ENDPOINT], env].concat()).unwrap().share;
    let half = TraceShare::threshold(0.5);
    let share_of = |follows_caller, threshold| TraceShare {
        follows_caller,
        threshold,
    };
    let arg = ("OTEL_TRACES_SAMPLER_ARG", "0.5");
    assert_eq!(share(&[arg]), share_of(true, half));
    let sampler = |name| share(&[("OTEL_TRACES_SAMPLER", name), arg]);
    assert_eq!(sampler("traceidratio"), share_of(false, half));
    assert_eq!(sampler("parentbased_traceidratio"), share_of(true, half));
    assert_eq!(sampler("always_on"), share_of(false, TraceShare::ALL));
    assert_eq!(
        sampler("parentbased_always_off"),
        share_of(true, TraceShare::NONE)
    );
}

#[test]
fn a_value_that_is_not_supported_is_refused_with_the_one_to_set() {
    let cases = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "4318"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "http/json",
            "`http/protobuf`",
        ),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "`gzip` or `none`"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "out of range"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "delta",
            "cumulative",
        ),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
            "explicit_bucket_histogram",
        ),
        ("OTEL_TRACES_EXPORTER", "jaeger", "`otlp`"),
        ("OTEL_METRICS_EXPORTER", "prometheus", "`none`"),
        ("OTEL_SDK_DISABLED", "yes", "`true` or `false`"),
        (
            "OTEL_TRACES_SAMPLER",
            "jaeger_remote",
            "parentbased_traceidratio",
        ),
        ("OTEL_TRACES_SAMPLER_ARG", "10", "from 0 to 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN", "from 0 to 1"),
        (
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "/no/such.pem",
            "cannot be read",
        ),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "/no/such.pem",
            "CLIENT_CERTIFICATE",
        ),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "c:4318", "`http://`"),
        (
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "grpc://c:4317",
            "not a URL of HTTP",
        ),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://", "not a URL"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://c/?a=1", "query"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization",
            "header 1 has no `=`",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "a=1,b c=2",
            "header 2 has a name",
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%zz", "percent-encoded"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%0A", "HTTP does not allow"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "Content-Type=text/plain",
            "sets itself",
        ),
    ];
    for (variable, value, said) in cases {
        let error = with(variable, value).err().unwrap_or_default();
        assert!(error.starts_with(variable), "{variable}={value}: {error}");
        assert!(error.contains(said), "{variable}={value}: {error}");
    }
}

#[test]
fn a_refused_value_shows_no_secret() {
    let login = "http://ada:s3cr3t@c:4318";
    let error = with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", login).unwrap_err();
    assert!(
        error.contains("has a login") && !error.contains("s3cr3t"),
        "{error}"
    );
    let error = with("OTEL_EXPORTER_OTLP_HEADERS", "authorization=s3cr3t,x").unwrap_err();
    assert!(!error.contains("s3cr3t"), "{error}");
}

#[test]
fn variables_of_the_builder_win_and_are_known() {
    let resolve = |otel: &[(&str, &str)]| {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let given = Overrides {
            otel: otel.iter().map(own).collect(),
            ..Overrides::default()
        };
        let env = [(OsString::from(ENDPOINT.0), OsString::from(ENDPOINT.1))];
        Config::resolve(given, &env, "shop", "1.2.3").map_err(|error| error.to_string())
    };
    let config = resolve(&[(ENDPOINT.0, "http://a"), (ENDPOINT.0, "http://b")]).unwrap();
    assert_eq!(
        url(config.otlp.logs.as_ref()),
        "http://b/v1/logs",
        "the last counts"
    );
    let own = resolve(&[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://l/x")]).unwrap();
    assert_eq!(url(own.otlp.logs.as_ref()), "http://l/x");
    let error = resolve(&[("OTEL_EXPORTER_ENDPOINT", "http://a")]).unwrap_err();
    assert!(
        error.contains("Builder::otel") && error.contains("OTEL_EXPORTER_ENDPOINT"),
        "{error}"
    );
}

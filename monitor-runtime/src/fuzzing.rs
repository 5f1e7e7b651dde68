//! The targets of the fuzzer in `fuzz/`: each parser of the runtime, and the properties that hold
//! for any input.
//!
//! Not part of the public interface: the feature exists for that program alone.

use std::ffi::OsString;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::base::{escape, redact};
use crate::callsite::name;
use crate::settings::config::{Config, Overrides, SETTINGS};
use crate::settings::log_filter::LogDirectives;
use crate::trace::TraceContext;
use crate::traces::share;
use crate::{http as edge, logs, metrics, otlp, server};

/// A parser: what a run of it begins with, and the run, which panics when it finds a fault.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name on the command line.
    pub name: &'static str,
    /// Inputs that are sound, to be made unsound.
    pub seeds: &'static [&'static str],
    /// Takes one input.
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($name:literal $run:path, [$($seed:literal),* $(,)?];)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target { name: $name, seeds: &[$($seed),*], run: $run }),*];
    };
}

targets! {
    "accept" server::fuzzing::accept, [
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
        "gzip;q=1.0, identity; q=0.5, *;q=0",
    ];
    "access" server::fuzzing::access, [
        "host: localhost:9464\norigin: http://localhost:9464\nsec-fetch-site: same-origin",
        "host: [::1]:80\nauthorization: Bearer 0123456789abcdef\ncontent-type: application/json; charset=utf-8",
        "host: 127.0.0.1\nforwarded: for=1.2.3.4\norigin: null",
    ];
    "connection" server::fuzzing::connection, [
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n",
        "GET /readyz/database?verbose&exclude=a&group=b HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        "PUT /log-level HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"filter\":\"info\"}",
        "PUT /log-level HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    "log-level" server::fuzzing::log_level, [
        r#"{"filter":"debug,hyper=info","for":"10m"}"#, r#"{"filter":"off","for":"1h 30m 5s"}"#,
    ];
    "log-filter" log_filter, ["info,my_crate::orders=debug, hyper=warn", "[span{field=7}]=debug,off"];
    "settings" settings, [
        "127.0.0.1:9464", "unix:/run/app/monitor.sock", "off", "0123456789abcdef", "json", "5s", "1m 30s",
        "10000", "info,hyper=warn", "https://key@sentry.example/1", "production", "shop@1.2.3", "0.25",
        "iban,tax-number", "api-key=a%20b,x=%2C", "http://collector:4318/otlp", "parentbased_traceidratio",
    ];
    "trace-context" trace_context, [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\nrojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more\nvendor@tenant=a b",
    ];
    "edge" edge::fuzzing::edge, ["/orders/{id}/items/{*rest}\n/orders/7/items/a/b", "/\n//", "abc-DEF_1.2\nx"];
    "grpc-web" edge::fuzzing::grpc_web, [
        "\0\0\0\0\u{3}abc", "AAAAAANhYmM=gAAAABBncnBjLXN0YXR1czoxMw0K",
    ];
    "otlp-answer" otlp::fuzzing::answer, ["\u{0}\n\u{10}\u{8}\u{3}\u{12}\u{c}token=abcdef", "\u{2}7\n\u{8}\u{3}\u{12}\u{4}full"];
    "page" metrics::fuzzing::page, [
        "# HELP a_total Its help.\n# TYPE a_total counter\na_total{x=\"y\\\"z\\\\\\n\"} 1\n\n# TYPE h histogram\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 0.3\nh_count 2\n",
        "# TYPE s summary\ns{quantile=\"0.5\"} NaN\ns_sum -1\ns_count 3\n\n# TYPE function_calls_total counter\nfunction_calls_total 7\n",
    ];
    "names" names, [
        "app::db::Orders::create::__MONITOR::{{closure}}",
        "app::<impl app::Store for app::Memory<T>>::load::{{closure}}::__MONITOR::{{closure}}",
    ];
    "lines" logs::fuzzing::lines, ["plain", "12:00 INFO \u{1b}[31mred\u{1b}[0m\r\nforged \u{202e} größe 😀\n"];
    "redact" redacted, [
        "to postgres://app:p@ss@db/orders?x=http://a:b@c", "X-Api-Key", "accessToken",
        r#"{"token":"a\\\"b"}; password = 'a b', Authorization: Bearer abc.def"#,
        r#"{"value":"a","name":"DB_PASSWORD"} SET PASSWORD FOR 'u' = 'x' INSERT INTO t (a, token) VALUES ('b', 'c')"#,
        "invalid value 'abc' for '--password': Token { value: \"a\" } (\"x-api-key\", \"b\") AUTH abc1",
    ];
    "unseen" unseen_text, ["a\u{1b}[31m\r\u{9b}2J\u{7f}\u{202e}b\u{2028}\u{0}", "größe 😀"];
}

/// Returns a test's input as text, replacing what is not UTF-8.
pub(crate) fn text(input: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(input)
}

/// Parses `name: value` lines as headers, skipping lines that cannot be one.
pub(crate) fn headers(input: &[u8]) -> HeaderMap {
    let lines = input.split(|byte| *byte == b'\n');
    let pairs = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name).ok()?;
        Some((name, HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, value);
    }
    headers
}

fn log_filter(input: &[u8]) {
    let text = text(input);
    // Values of fields are regular expressions, which `regex` may take arbitrarily long to compile.
    if !text.contains('{') {
        let _ = LogDirectives::parse(&text);
    }
    match LogDirectives::plain(&text) {
        Ok(rules) => {
            assert!(!rules.follows_spans && !rules.text.contains(escape::is_unseen));
            assert!(
                LogDirectives::plain(&rules.text).is_ok(),
                "it can be given back"
            );
        }
        Err(error) => assert!(!error.to_string().contains(escape::is_unseen), "{error}"),
    }
}

fn settings(input: &[u8]) {
    let value = OsString::from(text(input).into_owned());
    // For the reason `log_filter` has.
    let fit = |variable| variable != "RUST_LOG" || !text(input).contains('{');
    for setting in SETTINGS.iter().filter(|setting| fit(setting.variable)) {
        // The exporter's are read where there is an endpoint.
        let beside = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://h");
        let beside = (OsString::from(beside.0), OsString::from(beside.1));
        let env = [beside, (OsString::from(setting.variable), value.clone())];
        if let Err(error) = Config::resolve(Overrides::default(), &env, "shop", "1.2.3") {
            let error = error.to_string();
            assert!(error.starts_with(setting.variable), "{error}");
            assert!(error.contains(setting.allowed), "{error}");
            assert!(!error.contains(escape::is_unseen), "{error:?}");
        }
    }
}

fn trace_context(input: &[u8]) {
    let mut parts = input.split(|byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for (name, part) in ["traceparent", "tracestate", "tracestate"]
        .into_iter()
        .zip(&mut parts)
    {
        if let Ok(value) = HeaderValue::from_bytes(part) {
            headers.append(name, value);
        }
    }
    let Some(context) = TraceContext::extract(&headers) else {
        return;
    };
    // A context that is injected into headers is understood, and equal to the original.
    let mut passed = HeaderMap::new();
    context.inject(&mut passed);
    let again = TraceContext::extract(&passed).expect("our own header");
    assert_eq!(again.trace_id(), context.trace_id());
    assert_eq!(again.is_sampled(), context.is_sampled());
    assert_eq!(again.tracestate(), context.tracestate());
    for threshold in [None, Some(1 << 55)] {
        let state = share::with_threshold(context.tracestate(), threshold);
        let state = state.as_deref().unwrap_or_default();
        assert!(HeaderValue::from_str(state).is_ok(), "{state:?}");
        assert!(state.split(',').count() <= 32, "{state:?}");
        assert_eq!(
            state.starts_with("ot=th:8"),
            threshold.is_some(),
            "{state:?}"
        );
    }
}

fn names(input: &[u8]) {
    let text = text(input);
    let (path, module) = text.split_once('\n').unwrap_or((&text, "app"));
    let _ = name::from_path(path, module);
}

fn redacted(input: &[u8]) {
    let text = text(input).into_owned();
    let _ = redact::is_secret(&text);
    let _ = redact::without_secrets(text.clone());

    // A password may be anything; one with spaces and an `@` is told from the words around it no more.
    let has_at = text.contains('@');
    let fits = |c: &char| !c.is_whitespace() || (*c == ' ' && !has_at);
    let password: String = text.chars().filter(fits).take(50).collect();
    let secret = format!("s3cr3t{password}s3cr3t");
    let json = serde_json::json!({"password": secret, "n": 1});
    for told in [
        format!("invalid port in postgres://app:{secret}@db:5432/orders"),
        format!("cannot read {json}"),
        format!("Login {{ password: {secret:?}, n: 1 }}"),
        format!("{:?}", format!("Login {{ token: {:?} }}", Some(&secret))),
    ] {
        let shown = redact::without_secrets(told);
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}

fn unseen_text(input: &[u8]) {
    let text = text(input);
    let spelled = escape::spelled_out(&text);
    let unseen = |c: char| escape::is_unseen(c) && c != '\n' && c != '\t';
    assert!(!spelled.contains(unseen));
    let json = serde_json::to_string(&text).expect("a string");
    let safe = escape::in_json(&json);
    assert!(!safe.contains(escape::is_unseen));
    assert_eq!(serde_json::from_str::<String>(&safe).expect("JSON"), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a short, deterministic version of the mutations that `fuzz/` makes at random.
    #[test]
    fn every_target_stands_its_seeds_whole_cut_and_strewn() {
        const STUMBLES: [&str; 14] = [
            "\"", "\\", "\0", "\n", "\r\n", ",", ";q=", "=", "{", "]", "://", "é", "\u{3000}",
            "\u{202e}",
        ];
        for target in TARGETS {
            let strewn: &[&str] = match target.name {
                // Each of these may wait for a time-out.
                "connection" => &[],
                _ => &STUMBLES,
            };
            for seed in target.seeds {
                let seed = seed.as_bytes();
                (target.run)(seed);
                for at in 0..seed.len() {
                    let (before, after) = seed.split_at(at);
                    (target.run)(before);
                    (target.run)(&[before, &after[1..]].concat());
                    for piece in strewn {
                        (target.run)(&[before, piece.as_bytes(), after].concat());
                    }
                }
            }
        }
    }
}

//! The endpoint of a signal: its URL, headers, compression, time-out and TLS.

use std::sync::Arc;

use http::Uri;

use super::super::links::without_scheme;
use super::super::{
    ConfigError, Given, OTEL_EXPORTER_OTLP_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE,
    OTEL_EXPORTER_OTLP_CLIENT_KEY, OTEL_EXPORTER_OTLP_COMPRESSION, OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TIMEOUT,
};
use super::given::{OtelVariables, milliseconds};
use super::{Signal, headers};
use crate::base::post::{self, Transport};

/// The endpoint if only `OTEL_TRACES_EXPORTER=otlp` or the like is set.
const DEFAULT: &str = "http://localhost:4318";

/// The endpoint of a signal.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    /// Secrets, as a rule.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) has_gzip: bool,
    pub(crate) transport: Transport,
}

/// Returns `true` if an endpoint is set for a signal.
pub(super) fn is_given(variables: &OtelVariables<'_>, signal: Signal) -> Result<bool, ConfigError> {
    let given = variables.find_for(&OTEL_EXPORTER_OTLP_ENDPOINT, signal)?;
    Ok(given.is_some())
}

impl Endpoint {
    pub(super) fn resolve(
        variables: &OtelVariables<'_>,
        signal: Signal,
    ) -> Result<Self, ConfigError> {
        check_protocol(variables, signal)?;
        let headers = variables.find_for(&OTEL_EXPORTER_OTLP_HEADERS, signal)?;
        Ok(Self {
            url: url(variables, signal)?,
            headers: headers.map_or_else(|| Ok(Vec::new()), headers::parse)?,
            has_gzip: has_gzip(variables, signal)?,
            transport: transport(variables, signal)?,
        })
    }
}

fn check_protocol(variables: &OtelVariables<'_>, signal: Signal) -> Result<(), ConfigError> {
    match variables.find_for(&OTEL_EXPORTER_OTLP_PROTOCOL, signal)? {
        None => Ok(()),
        Some(given) if given.says("http/protobuf") => Ok(()),
        Some(given) if given.says("grpc") => Err(given.refuse(
            "is not supported: set `http/protobuf`, and the endpoint to the collector's port for it, which is 4318 as a rule",
        )),
        Some(given) => Err(given.refuse("is not supported: set `http/protobuf`")),
    }
}

/// Returns the URL that a signal is sent to: its own as it is, or the general one with `/v1/` and its name.
fn url(variables: &OtelVariables<'_>, signal: Signal) -> Result<String, ConfigError> {
    if let Some(given) = variables.find_own(&OTEL_EXPORTER_OTLP_ENDPOINT, signal)? {
        return checked(given);
    }
    let base = match variables.find(&OTEL_EXPORTER_OTLP_ENDPOINT)? {
        Some(given) => checked(given)?,
        None => DEFAULT.to_owned(),
    };
    Ok(format!(
        "{}/v1/{}",
        base.trim_end_matches('/'),
        signal.as_str()
    ))
}

fn checked(given: Given) -> Result<String, ConfigError> {
    let Some(rest) = without_scheme(&given.value) else {
        let problem = if given.value.contains("://") {
            "is not a URL of HTTP"
        } else {
            "has no scheme: put `http://` before it"
        };
        return Err(given.refuse(problem));
    };
    if rest.contains('@') {
        return Err(given
            .refuse("has a login: set OTEL_EXPORTER_OTLP_HEADERS to `authorization=Basic%20…`"));
    }
    if rest.contains(['?', '#']) {
        return Err(given.refuse("has a query"));
    }
    match given.value.parse::<Uri>() {
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => Ok(given.value),
        _ => Err(given.refuse("is not a URL")),
    }
}

fn has_gzip(variables: &OtelVariables<'_>, signal: Signal) -> Result<bool, ConfigError> {
    match variables.find_for(&OTEL_EXPORTER_OTLP_COMPRESSION, signal)? {
        None => Ok(false),
        Some(given) if given.says("gzip") => Ok(true),
        Some(given) if given.says("none") => Ok(false),
        Some(given) => Err(given.refuse("is neither")),
    }
}

fn transport(variables: &OtelVariables<'_>, signal: Signal) -> Result<Transport, ConfigError> {
    let find = |setting| variables.find_for(setting, signal);
    let timeout = milliseconds(find(&OTEL_EXPORTER_OTLP_TIMEOUT)?, 10_000)?;
    let authorities = find(&OTEL_EXPORTER_OTLP_CERTIFICATE)?;
    let authorities = authorities.map(|given| {
        let pem = read(&given)?;
        let parsed = post::certificates(&pem);
        parsed.map_err(|problem| given.refuse(format_args!("cannot be used: {problem}")))
    });
    let key = find(&OTEL_EXPORTER_OTLP_CLIENT_KEY)?;
    let identity = match (find(&OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE)?, key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            let identity = post::identity(&read(&certificate)?, &read(&key)?);
            Some(identity.map_err(|problem| {
                certificate.refuse(format_args!("cannot be used with its key: {problem}"))
            })?)
        }
        (Some(alone), None) => {
            return Err(alone.refuse("has no key: set OTEL_EXPORTER_OTLP_CLIENT_KEY, too"));
        }
        (None, Some(alone)) => {
            return Err(
                alone.refuse("has no certificate: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, too")
            );
        }
    };
    Ok(Transport {
        timeout,
        accept_invalid_certs: false,
        authorities: authorities.transpose()?.map(Arc::new),
        identity,
    })
}

fn read(given: &Given) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(&given.value).map_err(|error| {
        given
            .clone()
            .refuse(format_args!("cannot be read: {error}"))
    })
}

//! `OTEL_EXPORTER_OTLP_HEADERS`: names and values, written like a `baggage` header.

use http::{HeaderName, HeaderValue};

use super::super::resource::decoded;
use super::super::{ConfigError, Given};

/// Headers that the exporter sets itself, or that belong to the connection.
const RESERVED: [&str; 5] = [
    "content-type",
    "content-length",
    "content-encoding",
    "host",
    "transfer-encoding",
];

/// Parses headers: `name=value` separated by commas, with percent-encoded values. Neither the error nor any
/// output shows a value.
pub(super) fn parse(given: Given) -> Result<Vec<(String, String)>, ConfigError> {
    let mut headers = Vec::new();
    for member in given.value.split(',').map(str::trim) {
        if member.is_empty() {
            continue;
        }
        match header(member) {
            Ok(header) => headers.push(header),
            Err(problem) => {
                let place = headers.len() + 1;
                return Err(given.refuse(format_args!("header {place} {problem}")));
            }
        }
    }
    Ok(headers)
}

fn header(member: &str) -> Result<(String, String), &'static str> {
    let (name, value) = member.split_once('=').ok_or("has no `=`")?;
    let name: HeaderName = name
        .trim()
        .parse()
        .map_err(|_| "has a name that HTTP does not allow")?;
    if RESERVED.contains(&name.as_str()) {
        return Err("is one that the exporter sets itself");
    }
    let value = decoded(value.trim()).map_err(|_| "is not percent-encoded UTF-8")?;
    HeaderValue::try_from(&value).map_err(|_| "has a value that HTTP does not allow")?;
    Ok((name.as_str().to_owned(), value))
}

//! Makes messages of what the process recorded, by OpenTelemetry's semantic conventions.
//!
//! <https://opentelemetry.io/docs/specs/semconv/>.

pub(super) mod attributes;
pub(super) mod error;
pub(super) mod lines;
mod place;
pub(super) mod points;
pub(super) mod spans;

use std::time::{SystemTime, UNIX_EPOCH};

use prost::encoding::{WireType, encode_key, encode_varint};

use super::messages::common::InstrumentationScope;

/// The version of the conventions, which each request names.
pub(super) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";

/// Returns the scope of the runtime's own telemetry.
pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "monitor_runtime".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Appends a message as a field with a number. Its parts follow one another.
pub(super) fn push_message(field: u32, parts: &[&[u8]], out: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(parts.iter().map(|part| part.len() as u64).sum(), out);
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Returns a time in nanoseconds since the Unix epoch.
pub(super) fn nanoseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

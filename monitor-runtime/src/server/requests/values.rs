//! Values as documents have them.

use std::time::SystemTime;

use serde_json::Value;

use crate::base::fields::FieldValue;

/// Returns a number or a `bool` as such, and everything else as text.
pub(super) fn value(of: &FieldValue) -> Value {
    match of {
        FieldValue::Bool(value) => Value::from(*value),
        FieldValue::Int(value) => Value::from(*value),
        FieldValue::Unsigned(value) => Value::from(*value),
        FieldValue::Float(value) => Value::from(*value),
        other => Value::from(other.to_string()),
    }
}

/// Formats a time in RFC 3339, in UTC.
pub(in crate::server) fn timestamp(at: SystemTime) -> String {
    humantime::format_rfc3339_micros(at).to_string()
}

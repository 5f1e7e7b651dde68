//! Values of fields as JSON.

use sentry::protocol::Value;

use crate::base::fields::FieldValue;

/// Returns a number or a `bool` as such, and everything else as text.
pub(super) fn json(value: &FieldValue) -> Value {
    match value {
        FieldValue::Bool(value) => (*value).into(),
        FieldValue::Int(value) => (*value).into(),
        FieldValue::Unsigned(value) => (*value).into(),
        FieldValue::Float(value) => (*value).into(),
        other => other.to_string().into(),
    }
}

//! Attributes: names and values of any kind.

use crate::base::fields::FieldValue;
use crate::otlp::messages::common::{AnyValue, ArrayValue, KeyValue, Value};

/// Returns an attribute whose value is text.
pub(in crate::otlp) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::String(value.into()))
}

/// Returns an attribute whose value is a whole number.
pub(in crate::otlp) fn int(key: &str, value: impl Into<i64>) -> KeyValue {
    attribute(key, Value::Int(value.into()))
}

/// Returns an attribute whose value is a number.
pub(super) fn double(key: &str, value: f64) -> KeyValue {
    attribute(key, Value::Double(value))
}

/// Returns an attribute whose value is `true`.
pub(super) fn flag(key: &str) -> KeyValue {
    attribute(key, Value::Bool(true))
}

/// Returns an attribute whose value is a list of texts.
pub(super) fn texts<'t>(key: &str, values: impl Iterator<Item = &'t str>) -> KeyValue {
    let values = values.map(|text| any(Value::String(text.to_owned())));
    let values = ArrayValue {
        values: values.collect(),
    };
    attribute(key, Value::Array(values))
}

/// Returns the attribute of a recorded field. A number beyond 64 bits is text.
pub(super) fn field(key: &str, value: &FieldValue) -> KeyValue {
    let value = match value {
        FieldValue::Bool(value) => Value::Bool(*value),
        FieldValue::Int(value) => Value::Int(*value),
        FieldValue::Unsigned(value) => match i64::try_from(*value) {
            Ok(value) => Value::Int(value),
            Err(_) => Value::String(value.to_string()),
        },
        FieldValue::Float(value) => Value::Double(*value),
        FieldValue::Text(value) => Value::String(value.clone()),
        other => Value::String(other.to_string()),
    };
    attribute(key, value)
}

/// Returns a text as a value.
pub(super) fn any_text(text: String) -> AnyValue {
    any(Value::String(text))
}

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
    }
}

//! Records a line of the log in the request that it was written for.

use std::error::Error;
use std::fmt::Debug;
use std::time::SystemTime;

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_log::NormalizeEvent;

use super::error_chain::sources;
use crate::base::fields::{FieldValue, Slot};
use crate::base::redact::{HIDDEN, is_secret_field, without_secrets};
use crate::base::verdict::{cut, text};
use crate::context::trace::keep_line;
use crate::traces::lines::{Line, LineField};

/// Bytes of a message, and of the value of a field, that a record keeps.
const MAX_MESSAGE: usize = 4096;
const MAX_FIELD: usize = 1024;

/// Keeps a line in the record of its request. `is_logged` is `true` if the log shows it now.
pub(super) fn keep(event: &Event<'_>, is_logged: bool) {
    let mut values = LineFields::default();
    event.record(&mut values);
    // A record of the `log` crate says in its fields where it comes from.
    let normalized = event.normalized_metadata();
    let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
    let (message, fields) = values.into_parts();
    keep_line(Line {
        at: SystemTime::now(),
        level: *metadata.level(),
        target: metadata.target().into(),
        message,
        fields,
        is_logged,
        span: 0,
    });
}

/// The fields of a span or a line, redacted as in the log.
#[derive(Default)]
pub(super) struct LineFields(Vec<LineField>);

impl LineFields {
    /// Returns the message, and the other fields.
    fn into_parts(self) -> (String, Vec<LineField>) {
        let mut message = String::new();
        let mut fields = self.0;
        fields.retain(|field| {
            let is_message = field.name == "message";
            if is_message {
                message = field.value.to_string();
                cut(&mut message, MAX_MESSAGE);
            }
            // The `log` crate's fields are the origin of a record.
            !is_message && !field.name.starts_with("log.")
        });
        for field in &mut fields {
            field.value.cut_text(MAX_FIELD);
            field
                .sources
                .iter_mut()
                .for_each(|text| cut(text, MAX_FIELD));
        }
        (message, fields)
    }

    /// Returns the fields without the sources of errors.
    pub(super) fn into_values(self) -> Vec<(&'static str, FieldValue)> {
        let fields = self.0.into_iter();
        fields.map(|field| (field.name, field.value)).collect()
    }

    fn put(&mut self, field: &Field, value: impl FnOnce() -> FieldValue) -> Option<&mut LineField> {
        let name = field.name();
        let is_secret = is_secret_field(name);
        self.0.push(LineField {
            name: name.strip_prefix("r#").unwrap_or(name),
            value: if is_secret {
                FieldValue::Text(HIDDEN.into())
            } else {
                value()
            },
            sources: Vec::new(),
        });
        self.0.last_mut().filter(|_| !is_secret)
    }

    fn put_slot(&mut self, field: &Field, record: impl FnOnce(&mut Slot)) {
        self.put(field, || {
            let mut slot = Slot(FieldValue::Empty);
            record(&mut slot);
            slot.0
        });
    }
}

impl Visit for LineFields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, || {
            FieldValue::of_text(without_secrets(text(format_args!("{value:?}"))))
        });
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_slot(field, |slot| slot.record_str(field, value));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let shown = || FieldValue::of_text(without_secrets(text(format_args!("{value}"))));
        if let Some(kept) = self.put(field, shown) {
            kept.sources = sources(value);
        }
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, || FieldValue::Bool(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, || FieldValue::Int(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, || FieldValue::Unsigned(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, || FieldValue::BigInt(value));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, || FieldValue::BigUnsigned(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, || FieldValue::Float(value));
    }
}

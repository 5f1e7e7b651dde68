//! Records a line of the log in the request that it was written for.

use std::error::Error;
use std::fmt::{self, Debug};

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_log::NormalizeEvent;

use super::error_chain::sources;
use crate::base::fields::FieldValue;
use crate::base::redact::{HIDDEN, is_secret_field, without_secrets};
use crate::base::verdict::{cut, text};
use crate::context::trace::keep_line;
use crate::traces::lines::{LineField, RecordedLine};

/// Bytes of a message, and of the value of a field, that a record keeps.
const MAX_MESSAGE: usize = 4096;
const MAX_FIELD: usize = 1024;

/// Keeps a line in the record of its request. `is_logged` is `true` if the log shows it now.
pub(super) fn keep(event: &Event<'_>, is_logged: bool) {
    keep_line(line(event, is_logged));
}

/// Returns the line of an event. `is_logged` is `true` if the log shows it now.
pub(super) fn line(event: &Event<'_>, is_logged: bool) -> RecordedLine {
    // A record of the `log` crate says in its fields where it comes from.
    let mut line = if let Some(record) = event.normalized_metadata() {
        let target = record.target().to_owned().into();
        RecordedLine::new(*record.level(), target, is_logged)
    } else {
        let metadata = event.metadata();
        RecordedLine::new(*metadata.level(), metadata.target().into(), is_logged)
    };
    let mut values = LineFields::default();
    event.record(&mut values);
    (line.message, line.fields) = (values.message, values.fields);
    line
}

/// The values of a span or a line. A value of a secret name is discarded at once; other texts are as
/// they came.
#[derive(Default)]
pub(super) struct LineFields {
    message: String,
    fields: Vec<LineField>,
}

/// Shortens a text that is too long. Secrets in it are hidden first: half of one may look harmless.
fn bounded(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let mut text = without_secrets(text);
    cut(&mut text, most);
    text
}

impl LineFields {
    /// Returns the fields of a span, redacted, without the sources of errors.
    pub(super) fn into_values(self) -> Vec<(&'static str, FieldValue)> {
        let fields = self.fields.into_iter().map(LineField::redacted);
        fields.map(|field| (field.name, field.value)).collect()
    }

    fn put(&mut self, field: &Field, value: impl FnOnce() -> FieldValue) -> Option<&mut LineField> {
        let name = field.name();
        // The `log` crate's fields are the origin of a record.
        if name.starts_with("log.") {
            return None;
        }
        let is_secret = is_secret_field(name);
        self.fields.push(LineField {
            name: name.strip_prefix("r#").unwrap_or(name),
            value: if is_secret {
                FieldValue::Text(HIDDEN.into())
            } else {
                value()
            },
            sources: None,
        });
        self.fields.last_mut().filter(|_| !is_secret)
    }
}

fn shown(value: fmt::Arguments<'_>) -> FieldValue {
    FieldValue::of_text(bounded(text(value), MAX_FIELD))
}

impl Visit for LineFields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = bounded(text(format_args!("{value:?}")), MAX_MESSAGE);
        } else {
            self.put(field, || shown(format_args!("{value:?}")));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = bounded(value.to_owned(), MAX_MESSAGE);
        } else {
            self.put(field, || {
                FieldValue::Text(bounded(value.to_owned(), MAX_FIELD))
            });
        }
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if let Some(kept) = self.put(field, || shown(format_args!("{value}"))) {
            let texts = sources(value).into_iter();
            let texts: Box<[String]> = texts.map(|text| bounded(text, MAX_FIELD)).collect();
            kept.sources = Some(texts).filter(|texts| !texts.is_empty());
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

//! A value that a call, a span or a line of the log recorded.

use std::error::Error;
use std::fmt::{self, Debug, Display};

use tracing::Value;
use tracing::field::{DisplayValue, Empty, Field, Visit, display};

use crate::base::redact::without_secrets;
use crate::base::verdict::{cut, text};

/// A recorded value. It is owned, because the arguments belong to the function's body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue {
    Empty,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    BigInt(i128),
    BigUnsigned(u128),
    Float(f64),
    Text(String),
    /// Text of a value's `Debug`, which a subscriber shows without quotes.
    Shown(Shown),
}

/// The text of a `Debug`, which `tracing` records by `record_debug`.
#[derive(Clone, Debug)]
pub(crate) struct Shown(DisplayValue<String>);

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl FieldValue {
    /// Returns the value as `tracing` records it.
    pub(crate) fn as_value(&self) -> &dyn Value {
        match self {
            Self::Empty => &Empty,
            Self::Bool(value) => value,
            Self::Int(value) => value,
            Self::Unsigned(value) => value,
            Self::BigInt(value) => value,
            Self::BigUnsigned(value) => value,
            Self::Float(value) => value,
            Self::Text(value) => value,
            Self::Shown(Shown(value)) => value,
        }
    }

    /// Creates the value of a `Debug` or `Display` by its text, which a log shows without quotes.
    pub(crate) fn of_text(text: String) -> Self {
        // Inside quotes a subscriber escapes characters that would end a line or control a
        // terminal.
        if text.contains(char::is_control) {
            Self::Text(text)
        } else {
            Self::Shown(Shown(display(text)))
        }
    }

    /// Returns the bytes of a text; 0 for any other value.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Shown(_) => self.to_string().len(),
            _ => 0,
        }
    }

    /// Makes a text that is too long shorter, and every text one with quotes.
    pub(crate) fn cut(&mut self, bytes: usize) {
        if let Self::Shown(_) = self {
            *self = Self::Text(self.to_string());
        }
        self.cut_text(bytes);
    }

    /// Makes a text that is too long shorter.
    pub(crate) fn cut_text(&mut self, bytes: usize) {
        match self {
            Self::Text(text) => cut(text, bytes),
            Self::Shown(_) if self.text_bytes() > bytes => {
                let mut text = self.to_string();
                cut(&mut text, bytes);
                *self = Self::of_text(text);
            }
            _ => {}
        }
    }
}

impl Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Bool(value) => Display::fmt(value, f),
            Self::Int(value) => Display::fmt(value, f),
            Self::Unsigned(value) => Display::fmt(value, f),
            Self::BigInt(value) => Display::fmt(value, f),
            Self::BigUnsigned(value) => Display::fmt(value, f),
            Self::Float(value) => Display::fmt(value, f),
            Self::Text(value) => Display::fmt(value, f),
            Self::Shown(Shown(value)) => Display::fmt(value, f),
        }
    }
}

/// Formats a value by user code.
pub(super) fn shown(value: fmt::Arguments<'_>) -> FieldValue {
    FieldValue::Text(without_secrets(text(value)))
}

/// Collects a `Value` into an owned one.
pub(crate) struct Slot(pub(crate) FieldValue);

impl Visit for Slot {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        self.0 = shown(format_args!("{value:?}"));
    }
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0 = shown(format_args!("{value}"));
    }
    fn record_error(&mut self, _: &Field, value: &(dyn Error + 'static)) {
        self.0 = shown(format_args!("{value}"));
    }
    fn record_bool(&mut self, _: &Field, value: bool) {
        self.0 = FieldValue::Bool(value);
    }
    fn record_i64(&mut self, _: &Field, value: i64) {
        self.0 = FieldValue::Int(value);
    }
    fn record_u64(&mut self, _: &Field, value: u64) {
        self.0 = FieldValue::Unsigned(value);
    }
    fn record_i128(&mut self, _: &Field, value: i128) {
        self.0 = FieldValue::BigInt(value);
    }
    fn record_u128(&mut self, _: &Field, value: u128) {
        self.0 = FieldValue::BigUnsigned(value);
    }
    fn record_f64(&mut self, _: &Field, value: f64) {
        self.0 = FieldValue::Float(value);
    }
}

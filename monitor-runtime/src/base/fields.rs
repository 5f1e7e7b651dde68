//! The fields that a call declares: recorded once when it begins, then shown by its span, its log
//! line and its Sentry event.

use std::error::Error;
use std::fmt::{self, Debug, Display};

use tracing::Value;
use tracing::field::{DisplayValue, Empty, Field, Visit, display};

use crate::base::redact::{HIDDEN, is_secret_field, without_secrets};
use crate::base::unwind::caught;
use crate::base::verdict::{cut, text};

/// The values that one call recorded.
#[derive(Default)]
pub(crate) struct Recorded {
    /// Values of `fields` and `args`, in the order of their names.
    pub(crate) fields: Box<[FieldValue]>,
    /// Values of `sentry(tags(..))`, in the order of their names.
    pub(crate) tags: Box<[FieldValue]>,
    /// Parts of `sentry(fingerprint(..))`.
    pub(crate) fingerprint: Box<[FieldValue]>,
}

/// The values that a function declares: names, or their number where they have none.
pub(crate) struct Declarations {
    pub(crate) fields: &'static [&'static str],
    pub(crate) tags: &'static [&'static str],
    pub(crate) fingerprint: usize,
}

impl Declarations {
    fn count(&self) -> usize {
        self.fields.len() + self.tags.len() + self.fingerprint
    }

    /// Sorts values that were recorded in the order of the declarations.
    fn sort(&self, mut fields: Vec<FieldValue>) -> Recorded {
        fields.resize(self.count(), FieldValue::Empty);
        let names = self.fields.iter().chain(self.tags);
        for (name, value) in names.zip(&mut fields) {
            if *value != FieldValue::Empty && is_secret_field(name) {
                *value = FieldValue::Text(HIDDEN.into());
            }
        }
        let mut tags = fields.split_off(self.fields.len());
        let fingerprint = tags.split_off(self.tags.len());
        Recorded {
            fields: fields.into(),
            tags: tags.into(),
            fingerprint: fingerprint.into(),
        }
    }
}

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

    /// Shortens a text that is too long.
    pub(crate) fn cut(&mut self, bytes: usize) {
        if let Self::Shown(_) = self {
            *self = Self::Text(self.to_string());
        }
        if let Self::Text(text) = self {
            cut(text, bytes);
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

/// Takes the values of declared fields, one call per field, in their order.
pub struct Recorder {
    /// `tracing` passes values along with a field; any field will do.
    field: Field,
    values: Vec<FieldValue>,
}

impl Recorder {
    /// Runs `record`, which records the values in the order of their declarations. If it panics, the
    /// values that follow are lost; the call continues.
    ///
    /// Values of secret names are discarded at once.
    pub(crate) fn take(
        field: Field,
        declared: &Declarations,
        record: impl FnOnce(&mut Self),
    ) -> Recorded {
        let mut recorder = Self {
            field,
            values: Vec::with_capacity(declared.count()),
        };
        let _lost = caught(|| record(&mut recorder));
        declared.sort(recorder.values)
    }

    /// Records a value `tracing` knows: a number, `bool`, text, an error, an `Option` of them.
    pub fn value<V: RecordableValue + ?Sized>(&mut self, value: &V) {
        let mut slot = Slot(FieldValue::Empty);
        value.record(&self.field, &mut slot);
        self.values.push(slot.0);
    }

    /// Records a value by its `Display`.
    pub fn display<V: RecordableDisplay + ?Sized>(&mut self, value: &V) {
        self.values.push(shown(format_args!("{value}")));
    }

    /// Records a value by its `Debug`.
    pub fn debug<V: RecordableDebug + ?Sized>(&mut self, value: &V) {
        let text = without_secrets(text(format_args!("{value:?}")));
        // Inside quotes a subscriber escapes characters that would end a line or control a
        // terminal.
        let value = if text.contains(char::is_control) {
            FieldValue::Text(text)
        } else {
            FieldValue::Shown(Shown(display(text)))
        };
        self.values.push(value);
    }
}

/// Formats a value by user code.
fn shown(value: fmt::Arguments<'_>) -> FieldValue {
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

/// Carries an argument through method look-up, as `verdict::Probe` carries a result.
#[doc(hidden)]
pub struct Argument<'a, V: ?Sized>(pub &'a V);

/// Arguments that `tracing` can record as values.
#[doc(hidden)]
pub trait RecordValue {
    fn __monitor_record(&self, recorder: &mut Recorder);
}
impl<V: Value + ?Sized> RecordValue for &&Argument<'_, V> {
    fn __monitor_record(&self, recorder: &mut Recorder) {
        recorder.value(self.0);
    }
}

/// Arguments that have `Debug`.
#[doc(hidden)]
pub trait RecordDebug {
    fn __monitor_record(&self, recorder: &mut Recorder);
}
impl<V: Debug + ?Sized> RecordDebug for &Argument<'_, V> {
    fn __monitor_record(&self, recorder: &mut Recorder) {
        recorder.debug(self.0);
    }
}

/// All other arguments: recorded by `Display`, or else a compiler error says what is missing.
#[doc(hidden)]
pub trait RecordOther<V: ?Sized> {
    fn __monitor_record(&self, recorder: &mut Recorder)
    where
        V: RecordableArgument;
}
impl<V: ?Sized> RecordOther<V> for Argument<'_, V> {
    fn __monitor_record(&self, recorder: &mut Recorder)
    where
        V: RecordableArgument,
    {
        recorder.display(self.0);
    }
}

// One trait per way to record, implemented for exactly the types that can be recorded so. A type
// without it then gets the compiler message that is written here.
macro_rules! recordable {
    ($($(#[$doc:meta])* $name:ident: $bound:ident, $message:literal, $label:literal;)*) => {$(
        $(#[$doc])*
        #[doc(hidden)]
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        pub trait $name: $bound {}
        #[diagnostic::do_not_recommend]
        impl<V: $bound + ?Sized> $name for V {}
    )*};
}

recordable! {
    /// The fallback of `args(name)`.
    RecordableArgument: Display,
        "an argument of type `{Self}` cannot be recorded: it has neither `Debug` nor `Display`",
        "derive `Debug`, or record a part of it: `fields(name.part)`";
    /// A value of `name` and `name = value`.
    RecordableValue: Value,
        "a value of type `{Self}` is recorded by its `Debug` or its `Display`",
        "put `?` or `%` before it";
    /// A value of `%value`.
    RecordableDisplay: Display,
        "a value of type `{Self}` cannot be recorded with `%`: it has no `Display`",
        "implement `Display`, or put `?` before it to record it by its `Debug`";
    /// A value of `?value`.
    RecordableDebug: Debug,
        "a value of type `{Self}` cannot be recorded with `?`: it has no `Debug`",
        "derive `Debug`, or put `%` before it to record it by its `Display`";
}

/// Records one argument of `args(..)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __record {
    ($recorder:ident, $argument:ident) => {{
        use $crate::__private::argument::*;
        (&&&$crate::__private::argument::Argument(&$argument)).__monitor_record($recorder)
    }};
}

//! The fields that a call declares: recorded once when it begins, then shown by its span, its log
//! line and its Sentry event.

use std::error::Error;
use std::fmt::{Debug, Display};

use tracing::Value;
use tracing::field::Field;

use crate::base::field_value::shown;
pub(crate) use crate::base::field_value::{FieldValue, Slot};
use crate::base::redact::{HIDDEN, is_secret_field, without_secrets};
use crate::base::unwind::caught;
use crate::base::verdict::text;

/// Returns `true` if a field has the name of one of the runtime's own: that word, or the word and underscores.
///
/// It is written with one more underscore, so that it takes the name of no other field either.
pub(crate) fn clashes(name: &str, own: &str) -> bool {
    name.trim_end_matches('_') == own
}

/// The values that one call recorded.
#[derive(Default)]
pub(crate) struct Recorded {
    /// Values of `fields` and `args`, of `sentry(tags(..))` and of `sentry(fingerprint(..))`, each in the order
    /// of the declarations.
    values: Vec<FieldValue>,
    fields: usize,
    tags: usize,
}

impl Recorded {
    /// The room for values that is kept for the next call.
    const MAX_KEPT: usize = 32;

    /// Returns the values of `fields` and `args`.
    pub(crate) fn fields(&self) -> &[FieldValue] {
        &self.values[..self.fields]
    }

    /// Returns the values of `sentry(tags(..))`.
    pub(crate) fn tags(&self) -> &[FieldValue] {
        &self.values[self.fields..][..self.tags]
    }

    /// Returns the parts of `sentry(fingerprint(..))`.
    pub(crate) fn fingerprint(&self) -> &[FieldValue] {
        &self.values[self.fields + self.tags..]
    }

    /// Returns the values of `fields` and `args`, and drops the others.
    pub(crate) fn into_fields(mut self) -> Box<[FieldValue]> {
        self.values.truncate(self.fields);
        self.values.into()
    }

    /// Drops the values.
    pub(crate) fn clear(&mut self) {
        (self.fields, self.tags) = (0, 0);
        self.values.clear();
        self.values.shrink_to(Self::MAX_KEPT);
    }
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

    /// Completes values that were recorded in the order of the declarations, and hides those of secret names.
    fn complete(&self, mut values: Vec<FieldValue>) -> Recorded {
        values.resize(self.count(), FieldValue::Empty);
        let (fields, others) = values.split_at_mut(self.fields.len());
        hide_secrets(self.fields, fields);
        hide_secrets(self.tags, others);
        Recorded {
            values,
            fields: self.fields.len(),
            tags: self.tags.len(),
        }
    }
}

fn hide_secrets(names: &[&'static str], values: &mut [FieldValue]) {
    for (name, value) in names.iter().zip(values) {
        if *value != FieldValue::Empty && is_secret_field(name) {
            *value = FieldValue::Text(HIDDEN.into());
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
        room: Recorded,
        record: impl FnOnce(&mut Self),
    ) -> Recorded {
        let mut values = room.values;
        values.reserve_exact(declared.count());
        let mut recorder = Self { field, values };
        let _lost = caught(|| record(&mut recorder));
        declared.complete(recorder.values)
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
        self.values.push(FieldValue::of_text(text));
    }
}

/// Carries an argument through method look-up, as `verdict::Probe` carries a result.
#[doc(hidden)]
pub struct Argument<'a, V: ?Sized>(pub &'a V);

/// Errors without a type, for which `tracing` asks for `'static`.
#[doc(hidden)]
pub trait ErrorObject {
    fn record(&self, recorder: &mut Recorder);
}

macro_rules! error_objects {
    ($($error:ty),*) => {$(
        impl ErrorObject for $error {
            fn record(&self, recorder: &mut Recorder) {
                recorder.display(self);
            }
        }
    )*};
}

error_objects!(
    dyn Error + '_,
    dyn Error + Send + '_,
    dyn Error + Sync + '_,
    dyn Error + Send + Sync + '_
);

macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<E: ErrorObject + ?Sized> ErrorObject for $pointer {
            fn record(&self, recorder: &mut Recorder) {
                E::record(self, recorder);
            }
        }
    )*};
}

pointers!(&E, &mut E, Box<E>);

impl<E: ErrorObject> ErrorObject for Option<E> {
    fn record(&self, recorder: &mut Recorder) {
        match self {
            Some(error) => error.record(recorder),
            None => recorder.values.push(FieldValue::Empty),
        }
    }
}

/// Arguments that are errors without a type, of any lifetime.
#[doc(hidden)]
pub trait RecordError {
    fn __monitor_record(&self, recorder: &mut Recorder);
}
impl<E: ErrorObject + ?Sized> RecordError for &&&Argument<'_, E> {
    fn __monitor_record(&self, recorder: &mut Recorder) {
        self.0.record(recorder);
    }
}

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
        (&&&&$crate::__private::argument::Argument(&$argument)).__monitor_record($recorder)
    }};
}

//! Decides whether a returned value is a success or an error, and what is shown of it.
//!
//! The type decides if it can (see [`probe`]); arguments of the attribute overrule it.

mod clean;
pub(crate) mod foreign;
mod link;
mod text;
mod type_name;
mod view;

use std::any::type_name;
use std::fmt::{Debug, Display};

pub(crate) use self::link::{Link, joined};
pub(crate) use self::text::{cut, text, text_within};
pub(crate) use self::view::ErrorRepr;
pub(crate) use self::view::ErrorView;
pub use self::view::Inner;

use crate::base::class::Class;
use crate::base::unwind::caught;

/// The result of a call, as its returned value tells it.
#[derive(Clone, Copy)]
pub enum Verdict<'a> {
    /// The call succeeded.
    Ok,
    /// The call succeeded, and wants its value shown.
    Shown(Shown<'a>),
    /// The call failed, with this error.
    Error(ErrorView<'a>),
}

/// A value that `ret` shows, not formatted before a subscriber reads it.
#[derive(Clone, Copy)]
pub enum Shown<'a> {
    /// By `Debug`.
    Debug(&'a dyn Debug),
    /// By `Display`.
    Display(&'a dyn Display),
}

impl Shown<'_> {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Debug(value) => text(format_args!("{value:?}")),
            Self::Display(value) => text(format_args!("{value}")),
        }
    }
}

impl Verdict<'static> {
    /// Returns the verdict on a value that a macro in the body has returned: only the caller sees
    /// it.
    pub(crate) fn out_of_sight() -> Self {
        let text = &"a macro in the function's body returned";
        ErrorView::new("EarlyReturn", ErrorRepr::Display(text)).verdict(None)
    }
}

impl<'a> Verdict<'a> {
    /// Returns the verdict on a value that is not an `Err`, by the class its type gives it.
    #[inline]
    pub fn of_value<V>(_: &'a V, class: Option<Class>) -> Self {
        match class {
            None | Some(Class::Ok) => Self::Ok,
            Some(class) => ErrorView::new(type_name::<V>(), ErrorRepr::Judged).verdict(Some(class)),
        }
    }

    /// Applies `ret`: a success takes its value along.
    #[inline]
    pub fn shown(self, value: Shown<'a>) -> Self {
        match self {
            Self::Error(view) => Self::Error(view),
            Self::Ok | Self::Shown(_) => Self::Shown(value),
        }
    }

    /// Applies `classify = …`, the attribute's own rule for the returned value.
    ///
    /// If the rule panics, the type's verdict stands.
    pub fn classify<R, C: Into<Class>>(self, value: &'a R, rule: impl FnOnce(&'a R) -> C) -> Self {
        match (caught(|| rule(value).into()), self) {
            (Some(Class::Ok), Self::Error(_)) => Self::Ok,
            (None | Some(Class::Ok), verdict) => verdict,
            (class, Self::Error(view)) => view.verdict(class),
            (class, _) => ErrorView::new(type_name::<R>(), ErrorRepr::Judged).verdict(class),
        }
    }

    /// Applies `ok_if = …`: anything else is an error.
    pub fn ok_if<R>(self, value: &'a R, rule: impl FnOnce(&'a R) -> bool) -> Self {
        self.classify(value, |value| {
            if rule(value) {
                Class::Ok
            } else {
                Class::Error("")
            }
        })
    }

    /// Applies `error_if = …`: anything else is ok.
    pub fn error_if<R>(self, value: &'a R, rule: impl FnOnce(&'a R) -> bool) -> Self {
        self.classify(value, |value| {
            if rule(value) {
                Class::Error("")
            } else {
                Class::Ok
            }
        })
    }

    /// Applies `sentry(when = …)`: an error for which it is false makes no event.
    ///
    /// If the rule panics, the event is made: one too many is better than one too few.
    pub fn report_when<R>(mut self, value: &'a R, rule: impl FnOnce(&'a R) -> bool) -> Self {
        if let Self::Error(view) = &mut self {
            view.report = caught(|| rule(value)).unwrap_or(true);
        }
        self
    }
}

/// The trait that turns an error into text for logs and Sentry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `Display` of the error and of each of its sources.
    Display,
    /// `Debug` of the error.
    Debug,
}

#[cfg(test)]
mod tests;

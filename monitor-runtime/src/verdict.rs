//! What a returned value says of the call: ok, or an error and what it tells.
//!
//! The type decides where it can ([`probe`]), and what the attribute says of it overrules that.

pub(crate) mod judge;
pub(crate) mod probe;
pub(crate) mod transparent;
mod type_name;

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use self::type_name::{short_type, type_of};
use crate::classify::{self, Class};
use crate::redact::without_secrets;

/// What a returned value says of the call.
#[derive(Clone, Copy)]
pub enum Verdict<'a> {
    /// The call succeeded.
    Ok,
    /// The call succeeded, and wants its value shown.
    Shown(Shown<'a>),
    /// The call failed, with this error.
    Error(ErrorView<'a>),
}

/// A value that `ret` shows, unformatted until somebody reads it.
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
    /// Of a value that a macro in the body has returned: only the caller sees it.
    pub(crate) fn out_of_sight() -> Self {
        let text = &"a macro in the function's body returned";
        ErrorView::new("EarlyReturn", Sight::Display(text)).verdict(None)
    }
}

impl<'a> Verdict<'a> {
    /// Of a value that is no `Err`, by the class its type gives it.
    #[inline]
    pub fn of_value<V>(_: &'a V, class: Option<Class>) -> Self {
        match class {
            None | Some(Class::Ok) => Self::Ok,
            Some(class) => ErrorView::new(type_name::<V>(), Sight::Judged).verdict(Some(class)),
        }
    }

    /// `ret`: a success takes its value along.
    #[inline]
    pub fn shown(self, value: Shown<'a>) -> Self {
        match self {
            Self::Error(view) => Self::Error(view),
            Self::Ok | Self::Shown(_) => Self::Shown(value),
        }
    }

    /// `classify = …`: what the function's own rule says of the value it returned.
    ///
    /// A rule that panics is no rule: the type's verdict stands.
    pub fn classify<R, C: Into<Class>>(self, value: &'a R, rule: impl FnOnce(&'a R) -> C) -> Self {
        match (classify::ask(|| rule(value).into()), self) {
            (Some(Class::Ok), Self::Error(_)) => Self::Ok,
            (None | Some(Class::Ok), verdict) => verdict,
            (class, Self::Error(view)) => view.verdict(class),
            (class, _) => ErrorView::new(type_name::<R>(), Sight::Judged).verdict(class),
        }
    }

    /// `ok_if = …`: anything else is an error.
    pub fn ok_if<R>(self, value: &'a R, rule: impl FnOnce(&'a R) -> bool) -> Self {
        self.classify(value, |value| {
            if rule(value) {
                Class::Ok
            } else {
                Class::Error("")
            }
        })
    }

    /// `error_if = …`: anything else is ok.
    pub fn error_if<R>(self, value: &'a R, rule: impl FnOnce(&'a R) -> bool) -> Self {
        self.classify(value, |value| {
            if rule(value) {
                Class::Error("")
            } else {
                Class::Ok
            }
        })
    }

    /// `sentry(when = …)`: an error it does not hold for makes no event.
    ///
    /// One that panics holds: better an event too many than none.
    pub fn report_when<R>(mut self, value: &'a R, rule: impl FnOnce(&'a R) -> bool) -> Self {
        if let Self::Error(view) = &mut self {
            view.report = classify::ask(|| rule(value)).unwrap_or(true);
        }
        self
    }
}

/// An error as far as its type lets us look.
#[derive(Clone, Copy)]
pub struct ErrorView<'a> {
    pub(crate) type_name: &'static str,
    pub(crate) sight: Sight<'a>,
    /// Empty for an error without a class.
    pub(crate) class: &'static str,
    /// Part of the function's work: no error line, no event.
    pub(crate) expected: bool,
    /// Whether Sentry is to hear of it.
    pub(crate) report: bool,
}

/// The most telling way to look at an error.
#[derive(Clone, Copy)]
pub(crate) enum Sight<'a> {
    Error(&'a (dyn Error + 'a)),
    /// Behind `Box<dyn Error>`, `anyhow::Error` or the like.
    Boxed(&'a (dyn Error + 'a)),
    Display(&'a dyn Display),
    Debug(&'a dyn Debug),
    Opaque,
    /// A value that is an error only by what it means.
    Judged,
}

/// One error of a chain: the outermost, or one of its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) type_name: String,
    pub(crate) text: String,
}

impl Link {
    /// Returns an error and its sources, outermost first, with the types that their `Debug` gives away.
    pub(crate) fn chain(error: &(dyn Error + 'static)) -> Vec<Self> {
        ErrorView::new("Error", Sight::Boxed(error)).chain(ErrorFormat::Display)
    }
}

/// Sources are followed this far; a chain that bites its tail has no end.
const MAX_LINKS: usize = 16;
/// The longest text of one link, in bytes; beyond it the text is cut.
const MAX_TEXT: usize = 8 * 1024;

impl<'a> ErrorView<'a> {
    #[inline]
    fn new(type_name: &'static str, sight: Sight<'a>) -> Self {
        Self {
            type_name,
            sight,
            class: "",
            expected: false,
            report: true,
        }
    }

    /// The verdict on this error once its class is known; an empty class leaves the one it has.
    #[inline]
    pub fn verdict(mut self, class: Option<Class>) -> Verdict<'a> {
        let class = match class {
            None => return Verdict::Error(self),
            Some(Class::Ok) => return Verdict::Ok,
            Some(Class::Error(class)) => class,
            Some(Class::Expected(class)) => {
                self.expected = true;
                class
            }
        };
        if !class.is_empty() {
            self.class = class;
        }
        Verdict::Error(self)
    }

    /// The error and its sources, outermost first; never empty.
    ///
    /// The texts come from the user's `Display` or `Debug`. One that panics is told of and does
    /// no harm: the call it describes has already ended.
    pub(crate) fn chain(&self, format: ErrorFormat) -> Vec<Link> {
        let type_name = short_type(self.type_name);
        let (error, type_name) = match self.sight {
            Sight::Error(error) => (error, type_name),
            // What the box hides, `Debug` often gives away.
            Sight::Boxed(error) => (error, type_of(error).unwrap_or(type_name)),
            Sight::Display(error) => return vec![link(type_name, format_args!("{error}"))],
            Sight::Debug(error) => return vec![link(type_name, format_args!("{error:?}"))],
            Sight::Opaque => return vec![link(type_name, format_args!("{}", self.type_name))],
            // The value itself may hold anything; it is shown only where `ret` asks for it.
            Sight::Judged if self.class.is_empty() => {
                return vec![link(type_name, format_args!("an error by its value"))];
            }
            Sight::Judged => return vec![link(type_name, format_args!("returned {}", self.class))],
        };
        if format == ErrorFormat::Debug {
            return vec![link(type_name, format_args!("{error:?}"))];
        }
        let mut links = vec![link(type_name, format_args!("{error}"))];
        let mut next = source(error);
        while let Some(error) = next.filter(|_| links.len() < MAX_LINKS) {
            let type_name = type_of(error).unwrap_or_else(|| "Error".into());
            links.push(link(type_name, format_args!("{error}")));
            next = source(error);
        }
        links
    }
}

impl<'a> ErrorView<'a> {
    pub(crate) fn error(&self) -> Option<&'a (dyn Error + 'a)> {
        match self.sight {
            Sight::Error(error) | Sight::Boxed(error) => Some(error),
            Sight::Display(_) | Sight::Debug(_) | Sight::Opaque | Sight::Judged => None,
        }
    }

    /// Returns `true` if the error says nothing that tells it from another one: a response with a
    /// status of 500, a type without a text, `()`.
    pub(crate) fn is_wordless(&self) -> bool {
        matches!(self.sight, Sight::Opaque | Sight::Judged) || self.type_name == "()"
    }

    /// The name of its type as its `Debug` gives it, which is how a source's type is known.
    pub(crate) fn shown_type(&self) -> Option<String> {
        type_of(self.error()?)
    }

    /// Whether an error of that name may be in it, as far as its `Debug` text tells.
    pub(crate) fn may_hold(&self, shown_type: &str) -> bool {
        let error = self.error();
        error.is_none_or(|error| text(format_args!("{error:?}")).contains(shown_type))
    }
}

fn link(type_name: String, shown: fmt::Arguments<'_>) -> Link {
    Link {
        type_name,
        text: without_secrets(text(shown)),
    }
}

fn source<'a>(error: &'a (dyn Error + 'a)) -> Option<&'a (dyn Error + 'static)> {
    catch_unwind(AssertUnwindSafe(|| error.source()))
        .ok()
        .flatten()
}

/// Formats text of the user's, which may panic, return an error, or have no end.
pub(crate) fn text(arguments: fmt::Arguments<'_>) -> String {
    text_within(MAX_TEXT, arguments)
}

/// Formats text of the user's, of so many bytes at most.
pub(crate) fn text_within(most: usize, arguments: fmt::Arguments<'_>) -> String {
    let mut out = Bounded(String::new(), most);
    let written = catch_unwind(AssertUnwindSafe(|| fmt::write(&mut out, arguments)));
    match written {
        Err(_) => format!("{}<panicked while formatting>", out.0),
        // Either the bound was reached or the user's code gave up; both leave what there is.
        Ok(_) => out.0,
    }
}

/// A string that stops growing at so many bytes.
struct Bounded(String, usize);

impl fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.1 - self.0.len().min(self.1);
        if more.len() <= room {
            self.0.push_str(more);
            return Ok(());
        }
        let end = (0..=room)
            .rev()
            .find(|at| more.is_char_boundary(*at))
            .unwrap_or(0);
        self.0.push_str(&more[..end]);
        self.0.push('…');
        Err(fmt::Error)
    }
}

/// How an error is turned into text for logs and Sentry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `Display` of the error and of each of its sources.
    Display,
    /// `Debug` of the error.
    Debug,
}

#[cfg(test)]
mod tests;

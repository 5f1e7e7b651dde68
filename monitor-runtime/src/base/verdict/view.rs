//! An error as far as its type reveals it: its class, its text, its sources.

use std::error::Error;
use std::fmt::{self, Debug, Display};

use super::foreign::{self, Foreign};
use super::link::Link;
use super::type_name::{short_type, type_of};
use super::{ErrorFormat, Verdict, clean, text};
use crate::base::class::Class;
use crate::base::unwind::caught;

/// An error as far as its type reveals it.
#[derive(Clone, Copy)]
pub struct ErrorView<'a> {
    pub(crate) type_name: &'static str,
    pub(crate) sight: ErrorRepr<'a>,
    /// Empty for an error without a class.
    pub(crate) class: &'static str,
    /// `true` if it is part of the function's work: no error line, no event.
    pub(crate) expected: bool,
    /// `true` if Sentry gets an event of it.
    pub(crate) report: bool,
}

/// The most specific way to look at an error.
#[derive(Clone, Copy)]
pub(crate) enum ErrorRepr<'a> {
    Error(&'a (dyn Error + 'a)),
    /// Inside `Box<dyn Error>`, `anyhow::Error` or the like.
    Boxed(&'a (dyn Error + 'a)),
    Display(&'a dyn Display),
    Debug(&'a dyn Debug),
    /// The message of a panic that was caught.
    Panic(&'a str),
    Opaque,
    /// A value that is an error only by its class or a rule.
    Judged,
    /// An error that is a response, of which only the status is shown.
    Response,
}

impl Link {
    /// Returns an error and its sources, outermost first, with the types that their `Debug`
    /// reveals.
    pub(crate) fn chain(error: &(dyn Error + 'static)) -> Vec<Self> {
        ErrorView::new("Error", ErrorRepr::Boxed(error)).chain(ErrorFormat::Display)
    }
}

/// The number of sources that are followed: an error may be its own source.
pub(super) const MAX_LINKS: usize = 16;

/// A view of the error that another one shows instead of itself.
pub struct Inner<'a>(pub(crate) ErrorRepr<'a>);

impl<'a> Inner<'a> {
    pub(super) fn sight(self) -> ErrorRepr<'a> {
        self.0
    }
}

impl<'a> ErrorView<'a> {
    #[inline]
    pub(crate) fn new(type_name: &'static str, sight: ErrorRepr<'a>) -> Self {
        Self {
            type_name,
            sight,
            class: "",
            expected: false,
            report: true,
        }
    }

    /// Returns the verdict on an error whose type has `Classify`. Only the status of a response is
    /// shown.
    ///
    /// `inner` may contain more than a `Debug` text, such as the chain in a `struct
    /// AppError(anyhow::Error)`.
    #[cold]
    pub(crate) fn of_class(
        mut self,
        class: Option<Class>,
        is_response: bool,
        inner: Option<Inner<'a>>,
    ) -> Verdict<'a> {
        if is_response {
            self.sight = ErrorRepr::Response;
        }
        if let (ErrorRepr::Debug(_) | ErrorRepr::Opaque, Some(inner)) = (self.sight, inner) {
            self.sight = inner.sight();
        }
        self.verdict(class)
    }

    /// Returns the verdict on an error whose type has no `Classify`, but may be recognized by its
    /// name.
    #[cold]
    pub(crate) fn by_name(mut self) -> Verdict<'a> {
        let Some(Foreign { class, hides }) = foreign::look(self.type_name, self.debug()) else {
            return Verdict::Error(self);
        };
        if hides {
            self.sight = ErrorRepr::Response;
        }
        self.verdict(class)
    }

    /// Returns the error by its `Debug`, if its type has that.
    fn debug(&self) -> Option<&dyn Debug> {
        match &self.sight {
            ErrorRepr::Error(error) => Some(error),
            ErrorRepr::Debug(error) => Some(error),
            ErrorRepr::Boxed(_)
            | ErrorRepr::Display(_)
            | ErrorRepr::Panic(_)
            | ErrorRepr::Opaque
            | ErrorRepr::Judged
            | ErrorRepr::Response => None,
        }
    }

    /// Returns the verdict on this error once its class is known. An empty class leaves the one it
    /// has.
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

    /// Returns the error and its sources, outermost first; never empty.
    ///
    /// The texts come from the user's `Display` or `Debug`. One that panics is named and does no
    /// harm: the call it describes has already ended.
    pub(crate) fn chain(&self, format: ErrorFormat) -> Vec<Link> {
        let type_name = short_type(self.type_name);
        let (error, type_name) = match self.sight {
            ErrorRepr::Error(error) => (error, type_name),
            // `Debug` often reveals the type that the box hides.
            ErrorRepr::Boxed(error) => (error, type_of(error).unwrap_or(type_name)),
            ErrorRepr::Display(error) => return vec![link(type_name, format_args!("{error}"))],
            ErrorRepr::Debug(error) => return vec![link(type_name, format_args!("{error:?}"))],
            ErrorRepr::Panic(message) => {
                return vec![link(type_name, format_args!("panicked: {message}"))];
            }
            ErrorRepr::Opaque => return vec![link(type_name, format_args!("{}", self.type_name))],
            // The value itself may contain anything, so it is shown only by `ret`.
            ErrorRepr::Judged | ErrorRepr::Response if self.class.is_empty() => {
                return vec![link(type_name, format_args!("an error by its value"))];
            }
            ErrorRepr::Judged | ErrorRepr::Response => {
                return vec![link(type_name, format_args!("returned {}", self.class))];
            }
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
            ErrorRepr::Error(error) | ErrorRepr::Boxed(error) => Some(error),
            ErrorRepr::Display(_)
            | ErrorRepr::Debug(_)
            | ErrorRepr::Panic(_)
            | ErrorRepr::Opaque
            | ErrorRepr::Judged
            | ErrorRepr::Response => None,
        }
    }

    /// Returns `true` if nothing tells the error from an earlier failure that it may be the answer to: a
    /// response with a status of 500 that is no `Err`, a type without a text, `()`.
    pub(crate) fn is_wordless(&self) -> bool {
        matches!(self.sight, ErrorRepr::Opaque | ErrorRepr::Judged) || self.type_name == "()"
    }

    /// Returns the name of its type as its `Debug` shows it. For a source, that is all that is
    /// known of its type.
    pub(crate) fn shown_type(&self) -> Option<String> {
        type_of(self.error()?)
    }

    /// Returns the type of an error that shows nothing, not even a class.
    pub(crate) fn silent_type(&self) -> Option<&'static str> {
        let is_silent = matches!(self.sight, ErrorRepr::Opaque) && self.class.is_empty();
        is_silent.then_some(self.type_name)
    }

    /// Returns `true` if its `Debug` text suggests that it contains an error of that name.
    pub(crate) fn may_hold(&self, shown_type: &str) -> bool {
        let error = self.error();
        error.is_none_or(|error| text(format_args!("{error:?}")).contains(shown_type))
    }
}

fn link(type_name: String, shown: fmt::Arguments<'_>) -> Link {
    Link {
        type_name,
        text: clean::cleaned(text(shown)),
    }
}

fn source<'a>(error: &'a (dyn Error + 'a)) -> Option<&'a (dyn Error + 'static)> {
    caught(|| error.source()).flatten()
}

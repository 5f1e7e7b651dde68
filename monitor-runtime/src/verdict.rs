//! What a returned value says of the call: ok, or an error and what it tells.
//!
//! A `Result` is recognised by its type, aliases included, with no bound demanded of the user:
//! [`Probe`] has the method `verdict` through several traits, and method look-up takes the one
//! that needs the fewest borrows, so the most telling view of the error wins.

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a returned value says of the call.
#[derive(Clone, Copy)]
pub enum Verdict<'a> {
    /// The call succeeded.
    Ok,
    /// The call failed, with this error.
    Error(ErrorView<'a>),
}

/// The verdict on types that cannot be a `Result`.
#[inline]
pub const fn plain<R: ?Sized>(_: &R) -> Verdict<'_> {
    Verdict::Ok
}

/// An error as far as its type lets us look.
#[derive(Clone, Copy)]
pub struct ErrorView<'a> {
    pub(crate) type_name: &'static str,
    pub(crate) sight: Sight<'a>,
}

/// The most telling way to look at an error.
#[derive(Clone, Copy)]
pub(crate) enum Sight<'a> {
    Error(&'a (dyn Error + 'a)),
    /// Behind `Box<dyn Error>`, `anyhow::Error` or the like.
    Boxed(&'a (dyn Error + 'static)),
    Display(&'a dyn Display),
    Debug(&'a dyn Debug),
    Opaque,
}

/// One error of a chain: the outermost, or one of its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) type_name: String,
    pub(crate) text: String,
}

/// Sources are followed this far; a chain that bites its tail has no end.
const MAX_LINKS: usize = 16;
/// The longest text of one link, in bytes; beyond it the text is cut.
const MAX_TEXT: usize = 8 * 1024;

impl ErrorView<'_> {
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

fn link(type_name: String, shown: fmt::Arguments<'_>) -> Link {
    Link {
        type_name,
        text: text(shown),
    }
}

fn source<'a>(error: &'a (dyn Error + 'a)) -> Option<&'a (dyn Error + 'static)> {
    catch_unwind(AssertUnwindSafe(|| error.source()))
        .ok()
        .flatten()
}

/// The name of an error's type, as far as its `Debug` text gives it away (`Variant { .. }`).
fn type_of(error: &(dyn Error + '_)) -> Option<String> {
    let text = text(format_args!("{error:?}"));
    let name: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    name.starts_with(char::is_uppercase).then_some(name)
}

/// Formats text of the user's, which may panic, return an error, or have no end.
pub(crate) fn text(arguments: fmt::Arguments<'_>) -> String {
    let mut out = Bounded(String::new());
    let written = catch_unwind(AssertUnwindSafe(|| fmt::write(&mut out, arguments)));
    match written {
        Err(_) => format!("{}<panicked while formatting>", out.0),
        // Either the bound was reached or the user's code gave up; both leave what there is.
        Ok(_) => out.0,
    }
}

/// A string that stops growing at [`MAX_TEXT`].
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = MAX_TEXT - self.0.len().min(MAX_TEXT);
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

/// `app::db::DbError<u8>` → `DbError<u8>`; only what stands before generics is shortened.
fn short_type(name: &str) -> String {
    let head = name.find(['<', ' ', '(', '[', '&']).unwrap_or(name.len());
    let start = name[..head].rfind("::").map_or(0, |at| at + 2);
    // `std::io::error::Error` says more than `Error`.
    let short = &name[start..];
    if short == "Error" {
        name.to_owned()
    } else {
        short.to_owned()
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

/// Carries a reference to a returned value through method look-up.
pub struct Probe<'a, R: ?Sized>(pub &'a R);

/// `Result<_, E: Error>`.
pub trait ViaError<'a> {
    #[doc(hidden)]
    fn verdict(&self) -> Verdict<'a>;
}
impl<'a, T, E: Error> ViaError<'a> for &&&&&&Probe<'a, Result<T, E>> {
    #[inline]
    fn verdict(&self) -> Verdict<'a> {
        look(self.0, |error| Sight::Error(error))
    }
}

/// `Result<_, anyhow::Error>` and its like, `Result<_, Box<dyn Error + Send + Sync>>`.
pub trait ViaSendError<'a> {
    #[doc(hidden)]
    fn verdict(&self) -> Verdict<'a>;
}
impl<'a, T, E> ViaSendError<'a> for &&&&&Probe<'a, Result<T, E>>
where
    E: AsRef<dyn Error + Send + Sync + 'static>,
{
    #[inline]
    fn verdict(&self) -> Verdict<'a> {
        look(self.0, |error| Sight::Boxed(error.as_ref()))
    }
}

/// `Result<_, Box<dyn Error>>`.
pub trait ViaLocalError<'a> {
    #[doc(hidden)]
    fn verdict(&self) -> Verdict<'a>;
}
impl<'a, T, E: AsRef<dyn Error + 'static>> ViaLocalError<'a> for &&&&Probe<'a, Result<T, E>> {
    #[inline]
    fn verdict(&self) -> Verdict<'a> {
        look(self.0, |error| Sight::Boxed(error.as_ref()))
    }
}

/// `Result<_, E: Display>`.
pub trait ViaDisplay<'a> {
    #[doc(hidden)]
    fn verdict(&self) -> Verdict<'a>;
}
impl<'a, T, E: Display> ViaDisplay<'a> for &&&Probe<'a, Result<T, E>> {
    #[inline]
    fn verdict(&self) -> Verdict<'a> {
        look(self.0, |error| Sight::Display(error))
    }
}

/// `Result<_, E: Debug>`.
pub trait ViaDebug<'a> {
    #[doc(hidden)]
    fn verdict(&self) -> Verdict<'a>;
}
impl<'a, T, E: Debug> ViaDebug<'a> for &&Probe<'a, Result<T, E>> {
    #[inline]
    fn verdict(&self) -> Verdict<'a> {
        look(self.0, |error| Sight::Debug(error))
    }
}

/// `Result<_, _>` of an error that shows nothing: still counted.
pub trait ViaOpaque<'a> {
    #[doc(hidden)]
    fn verdict(&self) -> Verdict<'a>;
}
impl<'a, T, E> ViaOpaque<'a> for &Probe<'a, Result<T, E>> {
    #[inline]
    fn verdict(&self) -> Verdict<'a> {
        look(self.0, |_| Sight::Opaque)
    }
}

/// Anything that is no `Result`.
pub trait ViaNothing<'a> {
    #[doc(hidden)]
    fn verdict(&self) -> Verdict<'a>;
}
impl<'a, R> ViaNothing<'a> for Probe<'a, R> {
    #[inline]
    fn verdict(&self) -> Verdict<'a> {
        Verdict::Ok
    }
}

#[inline]
fn look<'a, T, E>(result: &'a Result<T, E>, sight: fn(&'a E) -> Sight<'a>) -> Verdict<'a> {
    match result {
        Ok(_) => Verdict::Ok,
        Err(error) => Verdict::Error(ErrorView {
            type_name: type_name::<E>(),
            sight: sight(error),
        }),
    }
}

/// The verdict on the value behind a reference, by the value's type.
#[doc(hidden)]
#[macro_export]
macro_rules! __verdict {
    ($value:ident) => {{
        use $crate::__private::probe::*;
        (&&&&&&&$crate::__private::probe::Probe($value)).verdict()
    }};
}

#[cfg(test)]
mod tests;

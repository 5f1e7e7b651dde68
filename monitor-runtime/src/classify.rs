//! What a value says of the call that returned it, in words a counter can have as a label.

#[cfg(feature = "enable")]
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use http::{Response, StatusCode};

#[cfg(feature = "enable")]
use crate::verdict::transparent::Inner;

/// What a returned value, or the error in it, says of the call.
///
/// The text is the `error` label of `function_calls_total`, so there must be few of them: a name of
/// a variant, never a message. An empty one is an error without a class. From the 64th class of one
/// function on, all are counted as `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The call did what it is for.
    Ok,
    /// The call failed: an error line, an event in Sentry, a count under this class.
    Error(&'static str),
    /// The call failed in a way that is part of its work, as when a customer's card is declined:
    /// counted as an error of this class, logged at the function's ordinary level, never an event.
    Expected(&'static str),
}

impl Class {
    /// The same class; an error becomes an expected one.
    pub const fn expected(self) -> Self {
        match self {
            Self::Ok => Self::Ok,
            Self::Error(class) | Self::Expected(class) => Self::Expected(class),
        }
    }
}

/// A class is an error, none is ok.
impl From<Option<&'static str>> for Class {
    fn from(class: Option<&'static str>) -> Self {
        class.map_or(Self::Ok, Self::Error)
    }
}

/// A value that knows whether it is an error, and of which class.
///
/// `#[monitored]` asks the value a function returns, or the `Ok` or `Err` in a `Result` of it, if
/// its type has this trait; in generic code, if the bounds say so. `#[derive(MonitorError)]`
/// implements it for error types. Boxes and references say what is in them.
///
/// ```
/// use monitor_runtime::{Class, Classify, monitored};
///
/// enum Answer { Row(u64), Missing, Broken }
///
/// impl Classify for Answer {
///     fn classify(&self) -> Class {
///         match self {
///             Self::Row(_) | Self::Missing => Class::Ok,
///             Self::Broken => Class::Error("broken"),
///         }
///     }
/// }
///
/// #[monitored]
/// fn look_up(id: u64) -> Answer {
///     if id == 0 { Answer::Broken } else { Answer::Row(id) }
/// }
/// # look_up(1);
/// ```
///
/// An `http::Response` (which is warp's and axum's too) and a `StatusCode` are errors from 500 on,
/// with the code as their class; a warp `Rejection` that only means "not this route" is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it means for a call: it lacks `Classify`",
    note = "derive `MonitorError` for it, or implement `monitor_runtime::Classify`"
)]
pub trait Classify {
    /// What this value says of the call that returned it.
    fn classify(&self) -> Class;

    /// Returns the error that this one shows instead of itself, as the derive's `transparent` says.
    #[cfg(feature = "enable")]
    #[doc(hidden)]
    fn __monitor_inner(&self) -> Option<Inner<'_>> {
        None
    }
}

impl<V: Classify + ?Sized> Classify for &V {
    fn classify(&self) -> Class {
        (**self).classify()
    }

    #[cfg(feature = "enable")]
    fn __monitor_inner(&self) -> Option<Inner<'_>> {
        (**self).__monitor_inner()
    }
}

impl<V: Classify + ?Sized> Classify for Box<V> {
    fn classify(&self) -> Class {
        (**self).classify()
    }

    #[cfg(feature = "enable")]
    fn __monitor_inner(&self) -> Option<Inner<'_>> {
        (**self).__monitor_inner()
    }
}

impl<V: Classify + ?Sized> Classify for Arc<V> {
    fn classify(&self) -> Class {
        (**self).classify()
    }

    #[cfg(feature = "enable")]
    fn __monitor_inner(&self) -> Option<Inner<'_>> {
        (**self).__monitor_inner()
    }
}

impl<V: Classify + ?Sized> Classify for Rc<V> {
    fn classify(&self) -> Class {
        (**self).classify()
    }

    #[cfg(feature = "enable")]
    fn __monitor_inner(&self) -> Option<Inner<'_>> {
        (**self).__monitor_inner()
    }
}

impl Classify for StatusCode {
    fn classify(&self) -> Class {
        match self.as_u16() {
            ..500 => Class::Ok,
            500 => Class::Error("500"),
            501 => Class::Error("501"),
            502 => Class::Error("502"),
            503 => Class::Error("503"),
            504 => Class::Error("504"),
            // A server may invent codes; labels must stay few.
            _ => Class::Error("5xx"),
        }
    }
}

impl<B> Classify for Response<B> {
    fn classify(&self) -> Class {
        self.status().classify()
    }
}

#[cfg(feature = "enable")]
impl Classify for warp::Rejection {
    fn classify(&self) -> Class {
        if self.is_not_found() {
            Class::Ok
        } else {
            Class::Error("rejection")
        }
    }
}

/// Asks code of the user's; `None` where it panics, which does the call no harm.
#[cfg(feature = "enable")]
pub(crate) fn ask<T>(user: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(user)).ok()
}

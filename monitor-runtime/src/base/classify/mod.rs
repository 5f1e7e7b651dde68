//! Classes of returned values: bounded texts that a counter can have as a label.

#[cfg(any(feature = "server", feature = "warp"))]
mod rejection;
mod responses;

use std::rc::Rc;
use std::sync::Arc;

use http::StatusCode;

use crate::base::status::{Grpc, http_class};

#[cfg(feature = "enable")]
use crate::base::verdict::Inner;

/// The class of a call, by the value that it returned or the error in it.
///
/// The text is the `error` label of `function_calls_total`, so there must be few of them: a name of
/// a variant, never a message. An empty one is an error without a class. From the 64th class of one
/// function on, all are counted as `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The call did what it is for.
    Ok,
    /// The call failed: it writes an error line, makes an event in Sentry, and is counted under
    /// this class.
    Error(&'static str),
    /// The call failed in a way that is part of its work, as when a customer's card is declined. It
    /// is counted as an error of this class, logged at the function's ordinary level, and never
    /// makes an event.
    Expected(&'static str),
}

impl Class {
    /// Returns the class as an expected error; other classes stay as they are.
    pub const fn expected(self) -> Self {
        match self {
            Self::Ok => Self::Ok,
            Self::Error(class) | Self::Expected(class) => Self::Expected(class),
        }
    }

    /// Returns the class of an HTTP status code: from 500 on an error, with the code as its class.
    ///
    /// ```
    /// use monitor_runtime::Class;
    ///
    /// assert_eq!(Class::http(503), Class::Error("503"));
    /// assert_eq!(Class::http(404), Class::Ok);
    /// ```
    pub fn http(status: u16) -> Self {
        http_class(status).into()
    }

    /// Returns the class of a gRPC status code.
    ///
    /// `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`
    /// are errors of that class. A number that gRPC does not have is `UNKNOWN`.
    ///
    /// ```
    /// use monitor_runtime::Class;
    ///
    /// assert_eq!(Class::grpc(13), Class::Error("INTERNAL"));
    /// assert_eq!(Class::grpc(5), Class::Ok); // NOT_FOUND
    /// ```
    pub fn grpc(code: i32) -> Self {
        Grpc::from_number(code).class().into()
    }
}

/// Converts like [`Class::http`].
impl From<StatusCode> for Class {
    fn from(status: StatusCode) -> Self {
        Self::http(status.as_u16())
    }
}

/// Converts a class into an error, and `None` into ok.
impl From<Option<&'static str>> for Class {
    fn from(class: Option<&'static str>) -> Self {
        class.map_or(Self::Ok, Self::Error)
    }
}

/// A value that knows whether it is an error, and of which class.
///
/// `#[monitored]` asks the value a function returns, or the `Ok` or `Err` in a `Result` of it, if
/// its type has this trait; in generic code, only if its bounds include this trait.
/// `#[derive(Classify)]` implements it for error types. Boxes and references answer as the
/// value in them.
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
/// An `http::Response` (which is warp's and axum's too), a `StatusCode` and a tuple that begins
/// with one are errors from 500 on, with the code as their class. A warp `Rejection` that only
/// means "not this route", or that the client is at fault, is not an error.
///
/// An error type that becomes a response says the same as its status when both read one method:
///
/// ```
/// use http::StatusCode;
/// use monitor_runtime::{Class, Classify};
///
/// enum AppError { NotFound, Database }
///
/// impl AppError {
///     fn status(&self) -> StatusCode {
///         match self {
///             Self::NotFound => StatusCode::NOT_FOUND,
///             Self::Database => StatusCode::INTERNAL_SERVER_ERROR,
///         }
///     }
/// }
///
/// impl Classify for AppError {
///     fn classify(&self) -> Class {
///         self.status().into() // 404 is ok, 500 an error of that class
///     }
/// }
/// # assert_eq!(AppError::NotFound.classify(), Class::Ok);
/// # assert_eq!(AppError::Database.classify(), Class::Error("500"));
/// // impl IntoResponse for AppError { fn into_response(self) -> Response { self.status().into_response() } }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it means for a call: it lacks `Classify`",
    note = "derive `Classify` for it, or implement `monitor_runtime::Classify`"
)]
pub trait Classify {
    /// Returns the class of a call that returned this value.
    fn classify(&self) -> Class;

    /// Returns the error that this one shows instead of itself, as the derive's `transparent` says.
    #[cfg(feature = "enable")]
    #[doc(hidden)]
    fn __monitor_inner(&self) -> Option<Inner<'_>> {
        None
    }

    /// Returns `true` for a response, of which only the status is shown.
    #[doc(hidden)]
    fn __monitor_is_response(&self) -> bool {
        false
    }
}

/// Implements the trait for pointers, which answer as the value behind them.
macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<V: Classify + ?Sized> Classify for $pointer {
            fn classify(&self) -> Class {
                (**self).classify()
            }

            fn __monitor_is_response(&self) -> bool {
                (**self).__monitor_is_response()
            }

            #[cfg(feature = "enable")]
            fn __monitor_inner(&self) -> Option<Inner<'_>> {
                (**self).__monitor_inner()
            }
        }
    )*};
}

pointers!(&V, &mut V, Box<V>, Arc<V>, Rc<V>);

//! Classes of returned values: bounded texts that a counter can have as a label.

#[cfg(any(feature = "server", feature = "warp"))]
mod rejection;
mod responses;

use std::rc::Rc;
use std::sync::Arc;

use crate::base::class::Class;
#[cfg(feature = "enable")]
use crate::base::verdict::Inner;

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

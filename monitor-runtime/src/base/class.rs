//! The class of a call: a bounded text that a counter can have as a label.

use http::StatusCode;

use crate::base::status::{Grpc, http_class};

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

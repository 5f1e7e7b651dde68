//! The error of a health check that cannot be run as declared.

use std::error::Error;
use std::fmt;

use crate::base::escape::spelled_out;

/// The longest name a check may have, in characters.
pub(super) const NAME_LIMIT: usize = 64;

/// A check that cannot be run as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// The name is empty, too long or has a character that is not allowed.
    Name(String),
    /// Two checks have this name.
    Duplicate(String),
    /// The named setting of the named check is zero.
    Zero {
        /// The name of the check.
        check: String,
        /// The setting that is zero.
        setting: &'static str,
    },
    /// A group of the named check has a name that no check could have.
    Group {
        /// The name of the check.
        check: String,
        /// The name of the group.
        group: String,
    },
    /// The target of the named check is invalid.
    Target {
        /// The name of the check.
        check: String,
        /// The target that it was given.
        target: String,
        /// The targets that are allowed.
        allowed: &'static str,
    },
    /// [`Monitor::watch_runtime`](crate::Monitor::watch_runtime) was called outside a runtime.
    NoRuntime(String),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Name(name) => format!(
                "health check {name:?}: the name must be 1 to {NAME_LIMIT} characters out of \
                 letters, digits, `_`, `.` and `-`"
            ),
            Self::Duplicate(name) => {
                format!("health check {name:?} is there twice: each name must be used once")
            }
            Self::Zero { check, setting } => {
                let least = match *setting {
                    "interval" | "timeout" | "limit" => "0s but must be longer than zero",
                    _ => "0 but must be at least 1",
                };
                format!("health check {check:?}: {setting} is {least}")
            }
            Self::Group { check, group } => format!(
                "health check {check:?}: group {group:?} must be 1 to {NAME_LIMIT} characters out \
                 of letters, digits, `_`, `.` and `-`"
            ),
            Self::Target {
                check,
                target,
                allowed,
            } => format!("health check {check:?}: {target:?} is not {allowed}"),
            Self::NoRuntime(name) => format!(
                "runtime {name:?}: watch_runtime must be called inside the tokio runtime to watch"
            ),
        };
        // `Debug` shows some invisible characters as they are.
        f.write_str(&spelled_out(&text))
    }
}

impl Error for CheckError {}

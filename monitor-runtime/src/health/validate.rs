//! Refuses checks, groups and runtimes with invalid names or targets, before anything runs.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;

use super::Check;
use crate::base::escape::spelled_out;
use crate::base::redact::without_secrets;

/// The longest name a check may have, in characters.
const NAME_LIMIT: usize = 64;

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

/// Returns `true` if the text is a valid name of a check, a group or a runtime.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    !name.is_empty() && name.len() <= NAME_LIMIT && name.chars().all(allowed)
}

/// Returns an error for checks that cannot run, or cannot be told apart in a report.
pub(super) fn validate(checks: &[Check]) -> Result<(), CheckError> {
    let mut names = HashSet::new();
    for check in checks {
        // A refused name may be the URL of a database, with its password.
        let name = || without_secrets(check.name.clone());
        if !is_name(&check.name) {
            return Err(CheckError::Name(name()));
        }
        if !names.insert(&check.name) {
            return Err(CheckError::Duplicate(name()));
        }
        if let Some(problem) = &check.problem {
            return Err(problem.clone());
        }
        let zeros = [
            ("interval", check.interval.is_zero()),
            ("timeout", check.timeout.is_zero()),
            ("failures", check.failures == 0),
            ("successes", check.successes == 0),
        ];
        if let Some((setting, _)) = zeros.into_iter().find(|(_, zero)| *zero) {
            let check = name();
            return Err(CheckError::Zero { check, setting });
        }
        if let Some(group) = check.groups.iter().find(|group| !is_name(group)) {
            let (check, group) = (name(), without_secrets(group.clone()));
            return Err(CheckError::Group { check, group });
        }
    }
    Ok(())
}

//! Refuses checks, groups and runtimes with invalid names or targets, before anything runs.

use std::collections::HashSet;

use super::Check;
use super::check_error::{CheckError, NAME_LIMIT};
use crate::base::redact::without_secrets;

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

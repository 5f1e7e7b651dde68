//! What the builder alone can say, refused in the words of the other settings.

use std::fmt;

use super::ConfigError;

impl ConfigError {
    /// An argument of a method of the builder that has no variable.
    pub(crate) fn of_builder(
        method: &str,
        value: &dyn fmt::Display,
        problem: &str,
        allowed: &'static str,
    ) -> Self {
        Self {
            setting: format!("Builder::{method}"),
            value: value.to_string(),
            problem: problem.to_owned(),
            allowed,
        }
    }
}

//! Errors of settings that only the builder has: they read like those of an environment variable.

use std::fmt;

use super::ConfigError;

impl ConfigError {
    /// Returns the error for an argument of a builder's method that has no variable.
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

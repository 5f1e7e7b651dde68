//! The level of a function's Sentry events.

use std::fmt;

/// A level of `sentry(level = …)`, as Sentry has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentryLevel {
    /// `debug`.
    Debug,
    /// `info`.
    Info,
    /// `warning`.
    Warning,
    /// `error`.
    Error,
    /// `fatal`.
    Fatal,
}

impl fmt::Display for SentryLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        })
    }
}

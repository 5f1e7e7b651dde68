//! The reasons why a start fails.

use std::{fmt, io};

use crate::health::CheckError;
use crate::server::BindError;
use crate::settings::config::ConfigError;

/// The reason why the runtime did not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting cannot be used; the message names it, its value and what is allowed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The management server's address cannot be listened on.
    #[error(
        "MONITOR_ADDR: {0}; allowed: another IP:PORT, port 0 for a free one, unix:/PATH, or `off`"
    )]
    Bind(#[from] BindError),
    /// A health check is not valid.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Two objectives of one name have different promises; the message names the functions.
    #[error("{0}")]
    Objectives(String),
    /// The runtime is already running; it can be started again after `shutdown()`.
    #[error("already started in this process: share the `Monitor` of the first start")]
    AlreadyStarted,
    /// The system refused a thread or a signal handler.
    #[error("a background thread could not be started: {0}")]
    Thread(#[from] io::Error),
}

/// Shows the message, because `main` prints an error it returns with `Debug`.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! Ready-made checks, each bounded in time and in its use of the machine.

mod disk;
#[cfg(feature = "http-check")]
mod http;
mod tcp;

use super::{Check, CheckError};
use crate::base::redact::without_secrets;

impl Check {
    /// Passes when a TCP connection to `target`, a `HOST:PORT`, can be made; it is closed at once.
    ///
    /// Every address of the host is tried, up to eight, each for its share of the timeout.
    /// `start()` returns an error for a target without a host or a port.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let queue = Check::tcp("queue", "127.0.0.1:5672").critical();
    /// # let _ = queue;
    /// ```
    pub fn tcp(name: impl Into<String>, target: impl Into<String>) -> Self {
        let target: String = target.into();
        let valid = tcp::is_target(&target);
        let checked = target.clone();
        Self::blocking_within(name.into(), move |limit| Ok(tcp::connect(&checked, limit)?))
            .refusing((!valid).then_some(target), "a target: HOST:PORT")
    }

    /// Passes while the disk that holds `path` has at least `bytes` available to this process.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let scratch = Check::disk("scratch", "/tmp", 100 << 20); // 100 MiB
    /// # let _ = scratch;
    /// ```
    pub fn disk(name: impl Into<String>, path: impl Into<std::path::PathBuf>, bytes: u64) -> Self {
        let path = path.into();
        Self::blocking(name, move || disk::has_room(&path, bytes))
    }

    /// Returns the check, to be refused for this target if there is one.
    fn refusing(mut self, target: Option<String>, allowed: &'static str) -> Self {
        self.problem = target.map(|target| CheckError::Target {
            check: self.name.clone(),
            target: without_secrets(target),
            allowed,
        });
        self
    }
}

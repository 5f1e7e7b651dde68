//! Ready-made checks, each bounded in time and in its use of the machine.

mod disk;
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

    /// Passes when a GET of `url` is answered with a status from 200 to 299.
    ///
    /// The body is not read, redirects are not followed, and proxies are not used: the check tests
    /// the server at that address itself. `start()` returns an error for text that is not an
    /// `http://` or `https://` URL, and for a URL with a password.
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let stock = Check::http("stock", "http://127.0.0.1:8081/readyz");
    /// # let _ = stock;
    /// ```
    pub fn http(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self::http_within(name.into(), url.into(), http::Expected::Success)
    }

    /// Passes when a GET of `url` is answered with this one status; see [`http`](Check::http).
    ///
    /// ```
    /// use monitor_runtime::health::Check;
    ///
    /// let login = Check::http_status("login", "http://127.0.0.1:8082/account", 401);
    /// # let _ = login;
    /// ```
    pub fn http_status(name: impl Into<String>, url: impl Into<String>, status: u16) -> Self {
        Self::http_within(name.into(), url.into(), http::Expected::Status(status))
    }

    fn http_within(name: String, url: String, expected: http::Expected) -> Self {
        let refused = http::refused(&url);
        let run = move |limit| Ok(http::get(&url, expected, limit)?);
        Self::blocking_within(name, run)
            .refusing(refused, "a URL: http:// or https://, without a password")
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

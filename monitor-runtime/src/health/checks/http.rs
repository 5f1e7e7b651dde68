//! A check that sends a GET and expects a status.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::TlsConfig;

use super::super::Check;
use crate::base::roots;

impl Check {
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
        Self::http_within(name.into(), url.into(), Expected::Success)
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
        Self::http_within(name.into(), url.into(), Expected::Status(status))
    }

    fn http_within(name: String, url: String, expected: Expected) -> Self {
        let refused = refused(&url);
        let run = move |limit| Ok(get(&url, expected, limit)?);
        Self::blocking_within(name, run)
            .refusing(refused, "a URL: http:// or https://, without a password")
    }
}

/// The statuses that pass.
#[derive(Clone, Copy)]
enum Expected {
    /// 200 to 299.
    Success,
    Status(u16),
}

/// Returns the reason why a URL cannot be requested, or must not be shown; `None` for a good one.
fn refused(url: &str) -> Option<String> {
    let known = |uri: Uri| {
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        scheme && uri.host().is_some_and(|host| !host.is_empty())
    };
    if url.contains('@') {
        // A password stays out of the message.
        return Some("<a URL with a user>".to_owned());
    }
    (!url.parse().is_ok_and(known)).then(|| url.to_owned())
}

fn get(url: &str, expected: Expected, limit: Duration) -> Result<(), String> {
    // A new connection for each run: a kept one would not test the next connect.
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .user_agent("monitor-runtime")
        .tls_config(TlsConfig::builder().root_certs(roots::all()).build())
        .build()
        .into();
    // A query may contain a secret.
    let shown = url.split(['?', '#']).next().unwrap_or(url);
    let answer = agent.get(url).call();
    let status = answer
        .map_err(|error| format!("GET {shown}: {error}"))?
        .status();
    match expected {
        Expected::Success if status.is_success() => Ok(()),
        Expected::Status(wanted) if status.as_u16() == wanted => Ok(()),
        Expected::Success => Err(format!("GET {shown}: {status} instead of 2xx")),
        Expected::Status(wanted) => Err(format!("GET {shown}: {status} instead of {wanted}")),
    }
}

//! A check that sends a GET and expects a status.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::TlsConfig;

use crate::base::roots;

/// The statuses that pass.
#[derive(Clone, Copy)]
pub(super) enum Expected {
    /// 200 to 299.
    Success,
    Status(u16),
}

/// Returns the reason why a URL cannot be requested, or must not be shown; `None` for a good one.
pub(super) fn refused(url: &str) -> Option<String> {
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

pub(super) fn get(url: &str, expected: Expected, limit: Duration) -> Result<(), String> {
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

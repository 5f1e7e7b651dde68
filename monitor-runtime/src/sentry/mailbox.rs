//! Sends each envelope to Sentry in one HTTP request.

use std::time::Duration;

use sentry::TransportOptions;
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::TlsConfig;

use crate::base::roots;

/// Time that Sentry may take to answer one request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes that are read of an answer's body, so that the connection can be reused.
const MAX_ANSWER: u64 = 64 * 1024;

/// Address of a Sentry project.
pub(super) struct Address {
    url: String,
    auth: String,
    accept_invalid_certs: bool,
}

/// HTTP client that sends letters to an address.
pub(super) struct Endpoint {
    agent: Agent,
    address: Address,
}

impl Address {
    pub(super) fn new(options: &TransportOptions) -> Self {
        Self {
            url: options.dsn.envelope_api_url().to_string(),
            auth: options.dsn.to_auth(Some(&options.user_agent)).to_string(),
            accept_invalid_certs: options.accept_invalid_certs,
        }
    }

    /// Makes its client. Proxies come from the environment (`HTTPS_PROXY` and the like).
    pub(super) fn open(self) -> Endpoint {
        let mut tls = TlsConfig::builder().disable_verification(self.accept_invalid_certs);
        if self.url.starts_with("https:") {
            tls = tls.root_certs(roots::all());
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(ANSWER_TIMEOUT))
            .http_status_as_error(false);
        Endpoint {
            agent: config.build().new_agent(),
            address: self,
        }
    }
}

impl Endpoint {
    /// Sends an envelope. Returns an error if Sentry does not answer in time.
    pub(super) fn post(&self, body: &[u8]) -> Result<Response<()>, ureq::Error> {
        let request = self
            .agent
            .post(&self.address.url)
            .header("X-Sentry-Auth", &self.address.auth)
            .header("Content-Type", "application/x-sentry-envelope");
        let answer = request.send(body)?;
        let (parts, mut rest) = answer.into_parts();
        // A connection can be reused only if the answer was read to its end.
        let _ = rest.with_config().limit(MAX_ANSWER).read_to_vec();
        Ok(Response::from_parts(parts, ()))
    }
}

/// Returns the reason why an envelope was not accepted. It never contains the key.
pub(super) fn problem(answer: &Result<Response<()>, ureq::Error>) -> Option<String> {
    match answer {
        Ok(answer) if answer.status().is_success() => None,
        Ok(answer) => Some(format!("it answered {}", answer.status())),
        Err(error) => Some(error.to_string()),
    }
}

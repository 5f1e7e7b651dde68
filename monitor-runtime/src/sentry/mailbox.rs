//! Sends each envelope to Sentry in one HTTP request.

use std::time::Duration;

use sentry::TransportOptions;
use ureq::http::Response;

use crate::base::post::{Client, Transport};

/// Time that Sentry may take to answer one request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes that are read of an answer's body.
const MAX_ANSWER: u64 = 64 * 1024;

/// Address of a Sentry project.
pub(super) struct Address {
    url: String,
    auth: String,
    accept_invalid_certs: bool,
}

/// HTTP client that sends letters to an address.
pub(super) struct Endpoint {
    client: Client,
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

    /// Makes its client.
    pub(super) fn open(self) -> Endpoint {
        let transport = Transport {
            timeout: ANSWER_TIMEOUT,
            accept_invalid_certs: self.accept_invalid_certs,
            ..Transport::default()
        };
        Endpoint {
            client: Client::new(transport, self.url.starts_with("https:")),
            address: self,
        }
    }
}

impl Endpoint {
    /// Sends an envelope. Returns an error if Sentry does not answer in time.
    pub(super) fn post(&self, body: &[u8]) -> Result<Response<Vec<u8>>, ureq::Error> {
        let headers = [
            ("X-Sentry-Auth", self.address.auth.as_str()),
            ("Content-Type", "application/x-sentry-envelope"),
        ];
        self.client
            .post(&self.address.url, headers, body, MAX_ANSWER)
    }
}

/// Returns the reason why an envelope was not accepted. It never contains the key.
pub(super) fn problem(answer: &Result<Response<Vec<u8>>, ureq::Error>) -> Option<String> {
    match answer {
        Ok(answer) if answer.status().is_success() => None,
        Ok(answer) => Some(format!("it answered {}", answer.status())),
        Err(error) => Some(error.to_string()),
    }
}

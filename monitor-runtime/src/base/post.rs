//! Sends bodies in HTTP requests: the client of everything that the runtime sends by itself.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::base::roots;

/// The settings of a client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transport {
    /// Time that a request may take, from its first byte to the last one of its answer.
    pub(crate) timeout: Duration,
    pub(crate) accept_invalid_certs: bool,
    /// The certificate authorities to trust in place of the platform's.
    pub(crate) authorities: Option<Arc<Vec<Certificate<'static>>>>,
    /// The certificate and key that the client shows.
    pub(crate) identity: Option<ClientCert>,
}

/// A client, which keeps its connections open.
pub(crate) struct Client(Agent);

impl Client {
    /// Returns a client for `https:` URLs, or for others. Proxies come from the environment (`HTTPS_PROXY`
    /// and the like).
    ///
    /// It follows no redirect, because the headers may be secrets.
    pub(crate) fn new(transport: Transport, is_https: bool) -> Self {
        let mut tls = TlsConfig::builder().disable_verification(transport.accept_invalid_certs);
        if is_https {
            tls = tls.root_certs(match transport.authorities {
                Some(authorities) => RootCerts::Specific(authorities),
                None => roots::all(),
            });
            tls = tls.client_cert(transport.identity);
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(transport.timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false);
        Self(config.build().new_agent())
    }

    /// Sends a body, and returns the answer with its body. Returns an error if that is not there in time or has
    /// more than `most` bytes.
    pub(crate) fn post<'a>(
        &self,
        url: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: &[u8],
        most: u64,
    ) -> Result<Response<Vec<u8>>, ureq::Error> {
        let request = self.0.post(url);
        let request = headers.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let (parts, mut rest) = request.send(body)?.into_parts();
        // A connection can be reused only if the answer was read to its end.
        let body = rest.with_config().limit(most).read_to_vec()?;
        Ok(Response::from_parts(parts, body))
    }
}

/// Returns the certificates of a PEM file (RFC 7468).
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    if found.is_empty() {
        return Err("it has no certificate".to_owned());
    }
    Ok(found)
}

/// Returns the certificate and key that a client shows, from two PEM files.
pub(crate) fn identity(certificate: &[u8], key: &[u8]) -> Result<ClientCert, String> {
    let chain = certificates(certificate)?;
    let key = PrivateKey::from_pem(key).map_err(|error| error.to_string())?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

//! The certificate authorities that the runtime's own connections trust.

use std::sync::{Arc, OnceLock};

use ureq::tls::{Certificate, RootCerts};

/// Returns the authorities of the platform and Mozilla's, which a container without a store needs.
///
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` name others in place of the platform's, as for OpenSSL and curl. They
/// are read once, by the first connection.
pub(crate) fn all() -> RootCerts {
    static ALL: OnceLock<Arc<Vec<Certificate<'static>>>> = OnceLock::new();
    let all = ALL.get_or_init(|| Arc::new(load()));
    RootCerts::Specific(Arc::clone(all))
}

fn load() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs();
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
    if let Some(error) = found.errors.first() {
        tracing::warn!(
            %error,
            "certificate authorities of {} cannot be read",
            named.join(" or "),
        );
    }
    let platform = found
        .certs
        .iter()
        .map(|cert| Certificate::from_der(cert).to_owned());
    let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    platform
        .chain(mozilla.iter().map(|cert| Certificate::from_der(cert)))
        .collect()
}

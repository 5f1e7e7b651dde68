//! Decides which clients may read details, and which may change anything.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use warp::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN,
};
use warp::http::uri::Authority;
use warp::http::{HeaderMap, Version};

use super::address::{is_of_loopback, is_valid};
use super::wrong_tokens::WrongTokens;
use crate::http::accept::Ends;

/// Addresses of clients on this machine. Others of 127.0.0.0/8 belong to proxies: Istio's sidecar
/// connects from 127.0.0.6 on behalf of remote clients.
const OWN: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Prefixes of headers that a proxy adds, which then speaks for another client.
const OF_PROXIES: [&str; 38] = [
    "forwarded",
    "via",
    "max-forwards",
    "x-forwarded",
    "x-real-",
    "x-original-",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-proxy",
    "x-remote-",
    "x-scheme",
    "x-ssl-",
    "client-ip",
    "true-client-ip",
    "proxy-",
    "wl-proxy-",
    "cdn-loop",
    "surrogate-capability",
    "x-envoy-",
    "l5d-",
    "x-haproxy-",
    "x-kong-",
    "x-traefik-",
    "x-varnish",
    "cf-",
    "fastly-",
    "fly-",
    "akamai-",
    "x-akamai-",
    "cloudfront-",
    "x-amz-cf-",
    "x-amzn-",
    "x-appengine-",
    "x-cloud-trace-context",
    "x-azure-",
    "x-arr-",
    "x-nf-",
    "x-vercel-",
];

/// The sender of a request and the name it was sent to, as far as they are known.
pub(super) struct Asker {
    pub(super) headers: HeaderMap,
    /// `None` if the server does not know it.
    pub(super) ends: Option<Ends>,
    pub(super) addressed: Addressed,
}

/// The name that a request was sent to: by its target, `:authority` in HTTP/2, and by `Host`.
pub(super) enum Addressed {
    To(Authority),
    /// The request has no name.
    Unnamed,
    /// Target and `Host` differ, or cannot be read.
    Unclear,
}

/// A reason why a request may not change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It may not even read.
    NoAccess,
    /// A browser sent it for a page of another site.
    CrossSite,
    /// The type of its body is one that an HTML form can send without asking first.
    NotJson,
}

/// The access rules of one server.
#[derive(Clone, Default)]
pub(crate) struct Access {
    token: Option<Arc<str>>,
    /// `true` if requests of this machine need the token, too.
    loopback_needs_token: bool,
    /// `true` if `/metrics` is only for clients that may see details.
    pub(super) metrics_are_details: bool,
    wrong_tokens: Arc<WrongTokens>,
}

impl From<Option<String>> for Access {
    fn from(token: Option<String>) -> Self {
        Self {
            token: token.filter(|token| !token.is_empty()).map(Arc::from),
            ..Self::default()
        }
    }
}

impl Access {
    /// Sets whether requests of this machine need the token, and whether `/metrics` is open.
    pub(crate) fn strict(mut self, loopback: bool, metrics: bool) -> Self {
        (self.loopback_needs_token, self.metrics_are_details) = (loopback, metrics);
        self
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Returns `true` if a request may see names, errors and versions.
    ///
    /// It may if it carries the token, or if it comes from this machine on its own behalf. An unknown
    /// peer is a stranger.
    pub(super) fn may_see_details(&self, asker: &Asker) -> bool {
        self.trusts(asker) || self.admits(asker)
    }

    /// Returns the reason why a request may not change anything, if it may not.
    ///
    /// With the token it may: no page of another site has the token. From this machine it may if no
    /// such page can have made the request through a user's browser. A `body` has to be JSON, for
    /// which a browser asks the server before it sends one across sites.
    pub(super) fn may_change(&self, asker: &Asker, body: bool) -> Result<(), Refusal> {
        if self.admits(asker) {
            Ok(())
        } else if !self.trusts(asker) {
            Err(Refusal::NoAccess)
        } else if is_cross_site(&asker.headers) {
            Err(Refusal::CrossSite)
        } else if body && !is_json(&asker.headers) {
            Err(Refusal::NotJson)
        } else {
            Ok(())
        }
    }

    /// Returns `true` if a request at the HTTP edge may have its log lines written. `token` is the one
    /// that it sent for this.
    ///
    /// Its `Authorization` may be for the service, so another token there is no attempt.
    pub(super) fn may_have_lines(&self, asker: &Asker, token: Option<&str>) -> bool {
        let is = |given: &str| {
            let own = self.token.as_ref();
            own.is_some_and(|own| same(given, own))
        };
        if token.is_some_and(|token| !is(token)) {
            self.wrong_tokens.tell();
        }
        token.is_some_and(is) || bearer(&asker.headers).is_some_and(is) || self.trusts(asker)
    }

    fn trusts(&self, asker: &Asker) -> bool {
        !self.loopback_needs_token && asker.is_of_this_machine()
    }

    fn admits(&self, asker: &Asker) -> bool {
        let (Some(token), Some(given)) = (&self.token, bearer(&asker.headers)) else {
            return false;
        };
        let right = same(given, token);
        if !right {
            self.wrong_tokens.tell();
        }
        right
    }
}

impl Asker {
    /// Returns the fault of the request's name by RFC 9112, section 3.2, if it has one.
    pub(super) fn malformed(&self) -> Option<&'static str> {
        malformed(&self.headers, self.ends.and_then(|ends| ends.version))
    }

    fn is_of_this_machine(&self) -> bool {
        let Some(ends) = self.ends else { return false };
        // A transparent proxy delivers to an address of the machine's network.
        let local = ends.local.map(|local| local.ip().to_canonical());
        OWN.contains(&ends.peer.ip().to_canonical())
            && local.is_none_or(|local| local.is_loopback())
            && !self.is_proxied()
            && self.is_for_this_machine(ends.version)
    }

    /// Returns `true` if a proxy has added a header or its own connection settings.
    fn is_proxied(&self) -> bool {
        let marked = self.headers.keys().any(|name| {
            let mut beginnings = OF_PROXIES.iter();
            beginnings.any(|beginning| name.as_str().starts_with(beginning))
        });
        // nginx's `proxy_pass` by default: `Connection: close` says nothing new in HTTP/1.0.
        let version = self.ends.and_then(|ends| ends.version);
        let nginx = version == Some(Version::HTTP_10)
            && self
                .headers
                .get(CONNECTION)
                .is_some_and(|value| value == "close");
        marked || nginx
    }

    /// Returns `true` if the request was sent to a name that only this machine has.
    ///
    /// A web page can let its own name resolve to 127.0.0.1 and make a developer's browser read this
    /// server for it (DNS rebinding); the browser then sends that name.
    fn is_for_this_machine(&self, version: Option<Version>) -> bool {
        match &self.addressed {
            Addressed::To(name) => self.malformed().is_none() && is_of_loopback(name),
            // No browser sends a request without a name.
            Addressed::Unnamed => {
                matches!(version, Some(Version::HTTP_10 | Version::HTTP_09))
            }
            Addressed::Unclear => false,
        }
    }
}

/// Returns the fault of the name in these headers by RFC 9112, section 3.2, if it has one.
pub(super) fn malformed(headers: &HeaderMap, version: Option<Version>) -> Option<&'static str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Some("the request has more than one Host header; send one\n"),
        (Some(host), None) if !is_valid(host.as_bytes()) => {
            Some("the Host header is not a host with an optional port\n")
        }
        (None, _) if version == Some(Version::HTTP_11) => {
            Some("the request has no Host header, which HTTP/1.1 requires\n")
        }
        _ => None,
    }
}

/// Returns `true` if a browser says that a page of another site made the request: the Fetch
/// standard's `Origin`, and `Sec-Fetch-Site` (<https://www.w3.org/TR/fetch-metadata/>). Other
/// clients send neither.
fn is_cross_site(headers: &HeaderMap) -> bool {
    const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let is_ours = |origin: &HeaderValue| {
        let origin = origin.to_str().unwrap_or_default();
        let place = ["http://", "https://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme));
        place.is_some_and(|place| {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            host.is_some_and(|host| host.eq_ignore_ascii_case(place))
        })
    };
    let same = |site: &HeaderValue| site == "same-origin" || site == "none";
    !headers.get_all(ORIGIN).iter().all(is_ours) || !headers.get_all(SITE).iter().all(same)
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|given| given.to_str().ok());
    let media = given.and_then(|given| given.split(';').next());
    media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Compares in a time that depends only on the length of `given`, not on the position of the first
/// difference.
fn same(given: &str, token: &str) -> bool {
    let (given, token) = (given.as_bytes(), token.as_bytes());
    let differing = given
        .iter()
        .zip(token.iter().cycle())
        .fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
    given.len() == token.len() && differing == 0
}

//! Who may read details.

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};

use warp::http::HeaderMap;
use warp::http::header::{AUTHORIZATION, FORWARDED, HOST, HeaderName, VIA};
use warp::http::uri::Authority;

/// The client's address, put into every request by our own server.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Headers that say a proxy speaks for somebody else.
const PROXY_HEADERS: [HeaderName; 5] = [
    FORWARDED,
    VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Whether a request may see names, errors and versions.
///
/// It may if it carries the token, or if it comes from this machine on its own behalf. An unknown
/// peer is a stranger.
pub(super) fn may_see_details(
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
    token: Option<&str>,
) -> bool {
    let local = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(name));
    (local && !proxied && is_for_loopback(headers))
        || token.is_some_and(|token| bearer(headers).is_some_and(|given| same(given, token)))
}

/// Whether the request was addressed to this machine by a name only this machine has.
///
/// A web page can let its own name resolve to 127.0.0.1 and make a developer's browser read this
/// server for it (DNS rebinding); the browser then sends that name as `Host`.
fn is_for_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else {
        return true; // HTTP/1.0: no browser.
    };
    let Ok(host) = Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse()
            .is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Compares in a time that depends on the length of `given` only, not on where it goes wrong.
fn same(given: &str, token: &str) -> bool {
    let (given, token) = (given.as_bytes(), token.as_bytes());
    let differing = given
        .iter()
        .zip(token.iter().cycle())
        .fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
    given.len() == token.len() && differing == 0
}

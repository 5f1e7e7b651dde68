//! Who may read details, and who may change anything.

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};

use warp::http::HeaderMap;
use warp::http::header::{
    AUTHORIZATION, CONTENT_TYPE, FORWARDED, HOST, HeaderName, HeaderValue, ORIGIN, VIA,
};
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
    is_of_this_machine(headers, peer) || has_token(headers, token)
}

/// Why a request may not change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It may not even read.
    NoAccess,
    /// A browser sent it for a page of another site.
    CrossSite,
    /// Its body is of a type that a form could have sent without asking first.
    NotJson,
}

/// Whether a request may change something.
///
/// With the token it may: no page of another site has that. From this machine it may if no such page
/// can have made it, through the browser of somebody who works here. A `body` has to be JSON, for
/// which a browser asks the server before it sends one across sites.
pub(super) fn may_change(
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
    token: Option<&str>,
    body: bool,
) -> Result<(), Refusal> {
    if has_token(headers, token) {
        Ok(())
    } else if !is_of_this_machine(headers, peer) {
        Err(Refusal::NoAccess)
    } else if is_cross_site(headers) {
        Err(Refusal::CrossSite)
    } else if body && !is_json(headers) {
        Err(Refusal::NotJson)
    } else {
        Ok(())
    }
}

/// Whether it comes from this machine, and on its own behalf.
fn is_of_this_machine(headers: &HeaderMap, peer: Option<SocketAddr>) -> bool {
    let local = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(name));
    local && !proxied && is_for_loopback(headers)
}

/// Whether a browser says that another site's page made it: the Fetch standard's `Origin`, and
/// `Sec-Fetch-Site` (<https://www.w3.org/TR/fetch-metadata/>). Others send neither.
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

fn has_token(headers: &HeaderMap, token: Option<&str>) -> bool {
    token.is_some_and(|token| bearer(headers).is_some_and(|given| same(given, token)))
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

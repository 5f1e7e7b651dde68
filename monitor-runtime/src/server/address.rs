//! Parses the name a request is sent to, and tests whether only this machine has it.

use std::net::{IpAddr, Ipv6Addr};

use warp::http::uri::Authority;

/// Returns `true` if a `Host` is `uri-host [":" port]` as in RFC 9110, which may be empty.
pub(super) fn is_valid(host: &[u8]) -> bool {
    if host.is_empty() {
        return true;
    }
    let Ok(authority) = Authority::try_from(host) else {
        return false;
    };
    let text = authority.as_str();
    let name = authority.host();
    // Refuses text that is not a host name: a user in front of it, or anything but a number behind
    // it.
    let port = text.strip_prefix(name).and_then(|rest| {
        let digits = rest.strip_prefix(':').unwrap_or(rest);
        (rest.is_empty() || rest.starts_with(':')).then_some(digits)
    });
    let is_port = port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let is_name = match name.strip_prefix('[') {
        Some(address) => address
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !name.is_empty() && !name.contains(['[', ']']),
    };
    is_port && is_name
}

/// Returns `true` if it is `localhost` or a loopback address.
pub(super) fn is_of_loopback(authority: &Authority) -> bool {
    if !is_valid(authority.as_str().as_bytes()) {
        return false;
    }
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse()
            .is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_port() {
        for (host, valid, of_loopback) in [
            ("localhost", true, true),
            ("LocalHost:9464", true, true),
            ("127.0.0.1:80", true, true),
            ("127.9.9.9", true, true),
            ("[::1]:9464", true, true),
            ("[::ffff:127.0.0.1]", true, true),
            ("my_service.internal:80", true, false),
            ("localhost.", true, false),
            ("10.0.0.1", true, false),
            ("[2001:db8::1]", true, false),
            ("localhost:", true, true),
            ("evil@localhost", false, false),
            ("evil:pass@localhost:80", false, false),
            ("[localhost]", false, false),
            ("[127.0.0.1]", false, false),
            ("[::1", false, false),
            ("::1", false, false),
            ("localhost:http", false, false),
            ("localhost:80:90", false, false),
            ("localhost/path", false, false),
            ("local host", false, false),
            (":80", false, false),
        ] {
            assert_eq!(is_valid(host.as_bytes()), valid, "{host}");
            let authority = Authority::try_from(host);
            let local = authority.is_ok_and(|authority| is_of_loopback(&authority));
            assert_eq!(local, of_loopback, "{host}");
        }
        assert!(is_valid(b""));
        assert!(!is_valid(b"\xff"));
    }
}

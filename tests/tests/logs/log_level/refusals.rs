//! Requests that are refused, and what other sites can do.

use super::*;

#[test]
fn a_filter_that_cannot_be_used_is_refused_with_the_reason() {
    let service = Service::quickstart(&[("MONITOR_LOG_FORMAT", "json")]);
    let addr = service.management;
    let large = format!(r#"{{"filter":"{}"}}"#, "a".repeat(9000));
    for (body, status, words) in [
        (r#"{"filter":"debgu"}"#, 400, "\"debgu\""),
        (r#"{"filter":"[{user=7}]=debug"}"#, 400, "take a lock"),
        (r#"{"filter":""}"#, 400, "allowed: a level"),
        (r#"{"filter":"info","for":"25h"}"#, 400, "up to 24h"),
        (r#"{"filter":"info","for":"0s"}"#, 400, "above 0"),
        (r#"{"filter":"info","for":"soon"}"#, 400, "`soon`"),
        (r#"{"filter":"info","level":"x"}"#, 400, "unknown field"),
        (r#"{"for":"1m"}"#, 400, "missing field"),
        ("", 400, "allowed: {\"filter\""),
        ("[]\u{1b}[31m", 400, "allowed"),
        (&large, 413, "8192"),
    ] {
        let (got, text) = send(addr, "PUT", &[JSON], body);
        assert!(
            got == status && text.contains(words),
            "{body}: {got} {text}"
        );
        assert!(text.ends_with('\n') && !text.contains('\u{1b}'), "{text}");
    }
    let (status, text) = send(addr, "POST", &[JSON], "{}");
    assert_eq!(
        (status, &*text),
        (405, "only GET, HEAD, PUT and DELETE are allowed\n")
    );
    // Nothing of this changed anything.
    assert_eq!(json_of(send(addr, "GET", &[], ""))["filter"], "info");

    // A body that never comes ends the request, and delays no other.
    let mut slow = TcpStream::connect(addr).expect("the server listens");
    write!(
        slow,
        "PUT /log-level HTTP/1.1\r\nHost: {addr}\r\n{JSON}\r\nContent-Length: 9\r\n\r\n{{"
    )
    .expect("sent");
    assert_eq!(get(addr, "/livez").0, 200);
    let mut answer = String::new();
    slow.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    slow.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn other_sites_and_strangers_change_nothing() {
    const TOKEN: &str = "0123456789abcdef";
    let service = Service::quickstart(&[("MONITOR_TOKEN", TOKEN), ("MONITOR_LOG_FORMAT", "json")]);
    let addr = service.management;
    let body = r#"{"filter":"debug"}"#;
    let host = format!("Host: {addr}");
    let own = format!("Origin: http://{addr}");
    let bearer = format!("Authorization: Bearer {TOKEN}");
    let cases: &[(&[&str], u16)] = &[
        // Headers of curl, of this server's page, and of an address typed into a browser.
        (&[JSON], 200),
        (&[JSON, &host, &own, "Sec-Fetch-Site: same-origin"], 200),
        (&[JSON, "Sec-Fetch-Site: none"], 200),
        // Another site's page.
        (&[JSON, "Origin: https://evil.example"], 403),
        (&[JSON, "Origin: null"], 403),
        (&[JSON, "Origin: http://127.0.0.1:1"], 403),
        (&[JSON, &own, "Origin: https://evil.example"], 403),
        (&[JSON, "Sec-Fetch-Site: cross-site"], 403),
        (&[JSON, "Sec-Fetch-Site: same-site"], 403),
        // A form of another site, sent by a browser that says nothing of it.
        (&["Content-Type: text/plain"], 415),
        (&["Content-Type: application/x-www-form-urlencoded"], 415),
        (&[], 415),
        // A name that was made to resolve to this machine, and a proxy on it.
        (&[JSON, "Host: rebound.example"], 401),
        (&[JSON, "X-Forwarded-For: 1.2.3.4"], 401),
        (
            &[JSON, "Host: rebound.example", "Authorization: Bearer wrong"],
            401,
        ),
        // With the token any client may.
        (&["Host: shop.example", &bearer], 200),
        (&[JSON, "Origin: https://ops.example", &bearer], 200),
    ];
    for (headers, status) in cases {
        let (got, text) = send(addr, "PUT", headers, body);
        assert_eq!(got, *status, "{headers:?}: {text}");
    }
    assert_eq!(
        send(addr, "DELETE", &["Origin: https://evil.example"], "").0,
        403
    );
    assert_eq!(send(addr, "GET", &["Host: rebound.example"], "").0, 401);
    assert_eq!(send(addr, "DELETE", &[], "").0, 200);
}

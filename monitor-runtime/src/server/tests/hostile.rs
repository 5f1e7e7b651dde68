//! Requests as scanners, browsers and other protocols send them, and the headers that every answer
//! needs.

use std::io::{Read, Write};
use std::net::SocketAddr;

use super::{SECOND, ask, connect, health, start};

/// Sends bytes and returns everything that comes back before the server closes.
fn send(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(addr);
    // It may have closed before it has read all of them.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// The status of an answer that has the headers all of them have.
fn status(answer: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(answer);
    let head = text.split("\r\n\r\n").next()?;
    let status = head
        .strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    for header in [
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert_eq!(head.matches(header).count(), 1, "{head}");
    }
    for word in ["panicked", "backtrace", ".rs:", "hyper", "/root"] {
        assert!(!text.contains(word), "{text}");
    }
    Some(status)
}

#[test]
fn what_is_no_request_is_refused_in_the_form_of_all_answers() {
    let server = start(&health(vec![]));
    let addr = server.local_addr();
    let client_hello = b"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03\x5a\x5a\x5a\r\n\r\n";
    for (bytes, expected) in [
        (&b"\0\0\0\0\r\n\r\n"[..], 400),
        (client_hello, 400),
        (b"GET\r\n\r\n", 400),
        (b"GET /livez\r\n\r\n", 400),
        (b"GET /livez HTTP/9.9\r\n\r\n", 400),
        (b"GET /live z HTTP/1.1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n name: folded\r\n\r\n", 400),
        (
            b"GET /livez HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
        ),
        (b"GET /livez HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (
            b"GET /livez HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            400,
        ),
        (b"GET \x1b[31m HTTP/1.1\r\n\r\n", 400),
        (b"GE\x7fT /livez HTTP/1.1\r\n\r\n", 400),
        // RFC 9112, section 3.2.
        (b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (
            b"GET http://localhost/livez HTTP/1.1\r\nConnection: close\r\n\r\n",
            400,
        ),
        (
            b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n",
            400,
        ),
        (
            b"GET /livez HTTP/1.1\r\nHost: evil@localhost\r\nConnection: close\r\n\r\n",
            400,
        ),
        (b"GET /nothing HTTP/1.0\r\nHost: [localhost]\r\n\r\n", 400),
        (
            b"GET /livez HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
            200,
        ),
        (b"GET /livez HTTP/1.0\r\n\r\n", 200),
        // Once a client has spoken HTTP/1.0, hyper refuses in that.
        (
            b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\0\0\r\n\r\n",
            400,
        ),
    ] {
        let answers = send(addr, bytes);
        // Several answers may have come; the last one counts.
        let last = answers.windows(8).rposition(|start| start == b"\nHTTP/1.");
        let answer = &answers[last.map_or(0, |last| last + 1)..];
        assert_eq!(status(answer), Some(expected), "{}", bytes.escape_ascii());
    }
    // HTTP/2 with prior knowledge: closed, not hung.
    let preface = send(
        addr,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    );
    assert!(status(&preface).is_none_or(|status| status == 400));
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(17_000));
    assert!(status(&send(addr, large.as_bytes())).is_none_or(|status| status == 431));
    assert_eq!(ask(addr, "GET /livez").status, 200);
}

#[test]
fn every_form_of_a_target_has_an_answer() {
    let server = start(&health(vec![]));
    let addr = server.local_addr();
    for (target, expected) in [
        ("GET http://localhost:9464/livez", 200),
        ("GET http://evil.example/livez?a=b", 200),
        ("OPTIONS *", 404),
        ("CONNECT evil.example:443", 405),
        ("GET //livez", 404),
        ("GET /livez/", 200),
        ("GET /livez?x=%00%ff", 200),
        ("GET /%6civez", 404),
        ("GET /log%2Dlevel", 404),
        ("GET /../livez", 404),
        ("GET /..%2f..%2fetc/passwd", 404),
        ("GET /metrics/../log-level", 404),
        ("GET /metrics;x", 404),
        ("get /livez", 405),
        ("TRACE /livez", 405),
        ("M-SEARCH /metrics", 405),
        ("PROPFIND /log-level", 405),
    ] {
        let head = "Host: localhost\r\nConnection: close";
        let answer = send(
            addr,
            format!("{target} HTTP/1.1\r\n{head}\r\n\r\n").as_bytes(),
        );
        assert_eq!(status(&answer), Some(expected), "{target}");
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.contains("evil") && !text.contains("passwd"), "{text}");
    }
}

/// A generator of its own: the same requests in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.roll(from.len() as u64);
        from[usize::try_from(at).expect("small")]
    }
}

#[test]
fn a_scanner_finds_nothing_and_leaves_nothing() {
    const METHODS: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X",
    ];
    const PIECES: [&str; 16] = [
        "/",
        "..",
        "%2e%2e",
        "%00",
        "metrics",
        "health",
        "livez",
        "log-level",
        "?",
        "&",
        "=",
        "%",
        ".env",
        "wp-admin.php",
        ";",
        "a",
    ];
    let server = start(&health(vec![]));
    let addr = server.local_addr();
    let mut dice = Dice(7);
    let mut before = None;
    for round in 0..100 {
        // A hundred over each connection, all sent before one is answered.
        let mut requests = String::new();
        for number in 0..100 {
            let pieces = dice.roll(6);
            let path: String = (0..pieces).map(|_| dice.pick(&PIECES)).collect();
            let method = dice.pick(&METHODS);
            requests.extend([method, " /", &path, " HTTP/1.1\r\nHost: localhost\r\n"]);
            requests += if number < 99 {
                "\r\n"
            } else {
                "Connection: close\r\n\r\n"
            };
        }
        let answers = send(addr, requests.as_bytes());
        let text = String::from_utf8_lossy(&answers);
        assert_eq!(text.matches("HTTP/1.1 ").count(), 100, "{text}");
        assert!(
            !text.contains("HTTP/1.1 5") || text.contains("HTTP/1.1 503"),
            "{text}"
        );
        if round == 10 {
            before = resident();
        }
    }
    assert_eq!(ask(addr, "GET /livez").status, 200);
    // 9,000 requests later; other tests of this process hold some memory, too.
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + 64_000, "{before} kB became {after} kB");
    }
}

/// Kilobytes of memory of this process, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn a_trickle_of_a_head_is_cut_however_steady_it_is() {
    let limits = crate::server::limits::Limits {
        head_time: SECOND / 2,
        ..Default::default()
    };
    let server = crate::server::serve_within(
        super::any_port(),
        super::context(&health(vec![])),
        move || limits,
    );
    let server = server.expect("a server");
    let mut slow = connect(server.local_addr());
    let begin = std::time::Instant::now();
    slow.write_all(b"GET /livez HTTP/1.1\r\n").expect("sent");
    // Each byte comes long before the time-out of the one before.
    while slow.write_all(b"X").is_ok() {
        assert!(begin.elapsed() < 20 * SECOND, "it is read for ever");
        std::thread::sleep(SECOND / 20);
    }
}

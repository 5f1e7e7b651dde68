//! Requests over plain sockets, and what the HTTP edge says of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::process::{PATIENCE, wait_for};
use crate::{Event, Response, log, scrape};

/// Sends a request without a body and reads until the server closes; a chunked body stays chunked.
pub fn ask(addr: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut stream = begin(addr, method, path, headers);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    parse(&String::from_utf8(answer).expect("UTF-8"))
}

/// Sends a request and leaves the answer to the caller.
pub fn begin(addr: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> TcpStream {
    let mut stream = TcpStream::connect(addr).expect("the service listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).expect("a request");
    stream
}

/// Reads until `wanted` has come.
pub fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen);
        if text.contains(wanted) {
            return text.into_owned();
        }
        let read = stream.read(&mut piece).expect("more of the answer");
        assert!(read > 0, "the answer ended without {wanted:?}: {text}");
        seen.extend_from_slice(&piece[..read]);
    }
}

fn parse(answer: &str) -> Response {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    Response {
        status: status
            .and_then(|status| status.parse().ok())
            .expect("a status"),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}

/// Returns `http_requests_total` of these labels.
pub fn requests(method: &str, route: &str, status: &str) -> i64 {
    let labels = [("method", method), ("route", route), ("status", status)];
    sum("http_requests_total", &labels)
}

/// Requests in the duration histogram that have at least these labels.
pub fn timed(labels: &[(&str, &str)]) -> i64 {
    sum("http_server_request_duration_seconds_count", labels)
}

/// Returns `http_server_active_requests` of a method.
pub fn active(method: &str) -> i64 {
    sum(
        "http_server_active_requests",
        &[("http_request_method", method)],
    )
}

#[expect(clippy::cast_possible_truncation, reason = "they are counts")]
fn sum(name: &str, labels: &[(&str, &str)]) -> i64 {
    let page = scrape();
    page.find(name, labels)
        .map(|sample| sample.value as i64)
        .sum()
}

/// Returns the access lines of a route, once there are so many.
pub fn lines(route: &str, count: usize) -> Vec<Event> {
    let of_route = || {
        log()
            .events(|event| event.target == "monitor_runtime::http" && event.text("route") == route)
    };
    wait_for(&format!("{count} access lines of {route}"), || {
        (of_route().len() >= count).then_some(())
    });
    let lines = of_route();
    assert_eq!(lines.len(), count, "{lines:#?}");
    lines
}

/// Returns the one access line of a route.
pub fn line(route: &str) -> Event {
    lines(route, 1).remove(0)
}

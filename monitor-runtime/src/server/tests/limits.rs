//! What clients that are slow, many or greedy can do.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::{PAGE, SECOND, any_port, ask, connect, context, finish, health};
use crate::metrics::Service;
use crate::server::connection::Limits;
use crate::server::{Context, Server, serve_within};

fn start(limits: Limits) -> Server {
    serve_within(any_port(), context(&health(vec![])), limits).expect("a server")
}

#[test]
fn idle_connections_only_delay_a_probe_until_they_time_out() {
    let head_time = Duration::from_millis(300);
    let server = start(Limits {
        head_time,
        ..Limits::default()
    });
    let begin = Instant::now();
    let idle: Vec<_> = (0..300).map(|_| connect(server.local_addr())).collect();
    assert_eq!(ask(server.local_addr(), "GET /livez").body, "ok\n");
    // Behind 300 others with 256 slots: one generation had to time out first.
    assert!(begin.elapsed() >= head_time);
    drop(idle);
}

#[test]
fn a_connection_that_ends_makes_room_for_the_next() {
    let server = start(Limits {
        connections: 2,
        ..Limits::default()
    });
    let idle = [connect(server.local_addr()), connect(server.local_addr())];
    let mut waiting = connect(server.local_addr());
    waiting.write_all(b"GET /livez HTTP/1.0\r\n\r\n").unwrap();
    waiting
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(waiting.read(&mut [0]).is_err(), "not accepted yet");
    waiting.set_read_timeout(Some(20 * SECOND)).unwrap();
    drop(idle);
    assert_eq!(finish(waiting).body, "ok\n");
}

#[test]
fn slow_heads_and_idle_keep_alive_are_cut() {
    let server = start(Limits {
        head_time: Duration::from_millis(100),
        ..Limits::default()
    });
    let mut slow = connect(server.local_addr());
    slow.write_all(b"GET /livez HT").unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).expect("closed by the server");

    let mut idle = connect(server.local_addr());
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    assert_eq!(finish(idle).body, "ok\n");
}

#[test]
fn large_heads_are_refused_and_bodies_ignored() {
    let server = start(Limits::default());
    let mut large = connect(server.local_addr());
    let head = format!("GET /livez HTTP/1.1\r\nX: {}", "x".repeat(20_000));
    // The server closes without having read all of it, and the system may say so to this end
    // before the answer has arrived.
    let _ = large.write_all(head.as_bytes());
    let mut answer = [0; 12];
    if large.read_exact(&mut answer).is_ok() {
        assert_eq!(&answer, b"HTTP/1.1 431");
    }

    let mut body = connect(server.local_addr());
    let head = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\nabc";
    body.write_all(head).unwrap();
    assert_eq!(finish(body).body, "ok\n");
    let mut chunked = connect(server.local_addr());
    let head =
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab";
    chunked.write_all(head).unwrap();
    assert_eq!(finish(chunked).body, "ok\n");
}

#[test]
fn a_client_that_does_not_read_loses_its_slot() {
    let limits = Limits {
        connections: 1,
        age: Duration::from_millis(100),
        ..Limits::default()
    };
    let huge = Context::new(
        Service::default(),
        health(vec![]),
        |_| Box::new(std::iter::repeat_n(PAGE.repeat(2_000).into(), 1_000)),
        None,
    );
    let server = serve_within(any_port(), huge, limits).expect("a server");
    let mut deaf = connect(server.local_addr());
    deaf.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    assert_eq!(ask(server.local_addr(), "GET /livez").body, "ok\n");
    drop(deaf);
}

#[test]
fn many_requests_go_over_one_connection() {
    let server = start(Limits::default());
    let mut stream = connect(server.local_addr());
    for _ in 0..3 {
        stream
            .write_all(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
    }
    stream.write_all(b"GET /livez HTTP/1.0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("200 OK").count(), 4, "{text}");
}

#[test]
fn garbage_does_not_hurt() {
    let server = start(Limits::default());
    for garbage in [
        "\0\0\0\0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET\r\n\r\n",
    ] {
        let mut stream = connect(server.local_addr());
        stream.write_all(garbage.as_bytes()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(ask(server.local_addr(), "GET /livez").status, 200);
}

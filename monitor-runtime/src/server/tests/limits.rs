//! Tests that slow, numerous or greedy clients cannot keep others from an answer.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;

use super::{PAGE, SECOND, any_port, ask, connect, context, finish, health, loopback};
use crate::http::accept::Ends;
use crate::metrics::Service;
use crate::server::connection::{self, Shared};
use crate::server::connection_slots::{Slot, Slots};
use crate::server::limits::Limits;
use crate::server::turns::Turns;
use crate::server::{Context, Server, routes, serve_within};

fn start(limits: Limits) -> Server {
    serve_within(any_port(), context(&health(vec![])), move || limits).expect("a server")
}

#[test]
fn idle_connections_do_not_keep_a_probe_out() {
    let server = start(Limits::default());
    let begin = Instant::now();
    let idle: Vec<_> = (0..300).map(|_| connect(server.local_addr())).collect();
    for _ in 0..10 {
        assert_eq!(ask(server.local_addr(), "GET /livez").body, "ok\n");
    }
    // Sooner than the first of them would have timed out.
    assert!(begin.elapsed() < Limits::default().head_time);
    // The oldest had to leave, and no other.
    assert!(is_closed(&idle[0]) && !is_closed(&idle[299]));
}

fn is_closed(mut stream: &TcpStream) -> bool {
    stream
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    matches!(stream.read(&mut [0]), Ok(0))
}

#[test]
fn connections_without_end_leave_the_server_as_it_was() {
    let server = start(Limits::default());
    let addr = server.local_addr();
    // Half of them say something, and none of them anything whole.
    let connect = |number| {
        let stream = TcpStream::connect(addr);
        if let (0, Ok(mut stream)) = (number % 2, stream.as_ref()) {
            let _ = stream.write_all(b"GET /livez HTTP/1.1\r\nHost: loc");
        }
        stream
    };
    let mut open = VecDeque::new();
    for number in 0..10_000 {
        open.push_back(connect(number));
        // As many as file descriptors allow both ends.
        if open.len() > 500 {
            open.pop_front();
        }
        if number % 1000 == 0 {
            let begin = Instant::now();
            assert_eq!(ask(addr, "GET /livez").body, "ok\n");
            assert!(begin.elapsed() < 5 * SECOND, "after {number} connections");
        }
    }
}

/// A request with a body that does not come: it is waited for for five seconds.
const BUSY: &[u8] = b"PUT /log-level HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{";

/// Opens a connection whose request is being answered, until it is dropped or its body is late.
fn busy(addr: SocketAddr) -> TcpStream {
    let mut stream = connect(addr);
    stream.write_all(BUSY).unwrap();
    stream
}

#[tokio::test(start_paused = true)]
async fn a_place_given_away_past_its_age_is_left_at_once() {
    let limits = Limits {
        age: 3 * SECOND,
        ..Limits::default()
    };
    let (_deadline, stop) = watch::channel(None);
    let shared = Shared {
        routes: routes::all(context(&health(vec![]))),
        limits,
        turns: Turns::new(),
        stop,
    };
    let serve = async |seat: Slot| -> DuplexStream {
        let (mut client, server) = duplex(1 << 16);
        let ends = Ends::of_peer(loopback(7));
        tokio::spawn(connection::serve(server, ends, seat, shared.clone()));
        client.write_all(BUSY).await.unwrap();
        client
    };
    let places = Slots::new(2, 1);
    let peer = loopback(7).ip();
    let mut first = serve(places.take(peer).await).await;
    let mut second = serve(places.take(peer).await).await;
    let began = tokio::time::Instant::now();
    tokio::time::sleep(4 * SECOND).await;
    let newcomer = places.try_take([192, 0, 2, 1].into());
    assert!(newcomer.is_some(), "another peer's turn");
    let (mut of_first, mut of_second) = ([0; 1], [0; 1]);
    let ended = tokio::select! {
        ended = first.read(&mut of_first) => ended,
        ended = second.read(&mut of_second) => ended,
    };
    assert_eq!(ended.unwrap(), 0, "it is closed without an answer");
    assert!(began.elapsed() < 5 * SECOND, "{:?}", began.elapsed());
}

#[test]
fn a_request_keeps_its_place_and_one_that_ends_makes_room() {
    let server = start(Limits {
        connections: 2,
        ..Limits::default()
    });
    let busy = [busy(server.local_addr()), busy(server.local_addr())];
    std::thread::sleep(Duration::from_millis(100));
    let mut waiting = connect(server.local_addr());
    waiting.write_all(b"GET /livez HTTP/1.0\r\n\r\n").unwrap();
    waiting
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(waiting.read(&mut [0]).is_err(), "not served yet");
    waiting.set_read_timeout(Some(20 * SECOND)).unwrap();
    let [first, mut second] = busy;
    drop(first);
    assert_eq!(finish(waiting).body, "ok\n");
    // Another client's turn did not cost this one its request.
    second.write_all(b"\"a\": 11}").unwrap();
    let mut answer = [0; 12];
    second.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
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
    let many = vec!["X: y"; 200].join("\r\n");
    for header in [
        format!("X: {}", "x".repeat(20_000)),
        format!("X: {}", "x".repeat(1 << 20)),
        many,
    ] {
        let mut large = connect(server.local_addr());
        let head = format!("GET /livez HTTP/1.1\r\n{header}\r\n\r\n");
        // The server closes without having read all of it, and the system may say so to this end
        // before the answer has arrived.
        let _ = large.write_all(head.as_bytes());
        let mut answer = [0; 12];
        if large.read_exact(&mut answer).is_ok() {
            assert_eq!(&answer, b"HTTP/1.1 431");
        }
    }
    let mut long = connect(server.local_addr());
    let _ = write!(long, "GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
    let mut answer = [0; 10];
    if long.read_exact(&mut answer).is_ok() {
        assert_eq!(&answer, b"HTTP/1.1 4");
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
    let server = serve_within(any_port(), huge, move || limits).expect("a server");
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

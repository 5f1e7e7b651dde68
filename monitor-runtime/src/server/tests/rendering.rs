//! A metrics page that panics or takes its time, and closing the server meanwhile.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::{PAGE, SECOND, any_port, ask, connect, finish, health, page};
use crate::metrics::Service;
use crate::server::{Context, Server, bind, serve};

#[test]
fn a_panic_while_rendering_is_one_500() {
    let pages = AtomicU32::new(0);
    let render = move |_| {
        assert!(
            pages.fetch_add(1, Ordering::Relaxed) > 2,
            "expected by the test"
        );
        page()
    };
    let server = serve(
        any_port(),
        Context::new(Service::default(), health(vec![]), render, None),
    )
    .expect("a server");
    // More panics than pages may be rendered at once: a panic gives its permit back.
    for _ in 0..3 {
        let answer = ask(server.local_addr(), "GET /metrics");
        assert_eq!(
            (answer.status, answer.body.contains("expected")),
            (500, false)
        );
    }
    assert_eq!(ask(server.local_addr(), "GET /metrics").body, PAGE);
}

/// A server whose metrics page takes until something is sent, or the sender is dropped.
fn slow_server() -> (Server, mpsc::Sender<()>, mpsc::Receiver<()>) {
    let (release, released) = mpsc::channel();
    let (begun, rendering) = mpsc::channel();
    let released = Mutex::new(released);
    let render = move |_| {
        let _ = begun.send(());
        let _ = released.lock().unwrap().recv();
        page()
    };
    let server = serve(
        any_port(),
        Context::new(Service::default(), health(vec![]), render, None),
    )
    .expect("a server");
    (server, release, rendering)
}

/// Starts to ask for the metrics page and waits until it is being rendered.
fn begin_scrape(server: &Server, rendering: &mpsc::Receiver<()>) -> TcpStream {
    let mut scrape = connect(server.local_addr());
    scrape
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .expect("sent");
    rendering.recv_timeout(20 * SECOND).expect("rendering");
    scrape
}

#[test]
fn probes_are_answered_while_a_page_is_rendered() {
    let (server, release, rendering) = slow_server();
    let scrape = begin_scrape(&server, &rendering);
    assert_eq!(ask(server.local_addr(), "GET /livez").body, "ok\n");
    release.send(()).unwrap();
    server.close(20 * SECOND);
    assert_eq!(finish(scrape).body, PAGE);
}

#[test]
fn closing_refuses_new_clients_and_lets_a_running_request_end() {
    let (server, release, rendering) = slow_server();
    let (addr, server) = (server.local_addr(), Arc::new(server));
    let scrape = begin_scrape(&server, &rendering);
    let closing = thread::spawn({
        let server = Arc::clone(&server);
        move || server.close(20 * SECOND)
    });
    let begin = Instant::now();
    while TcpStream::connect(addr).is_ok() {
        assert!(begin.elapsed() < 20 * SECOND, "the port stays open");
    }
    assert!(!closing.is_finished());
    release.send(()).unwrap();
    closing.join().unwrap();
    assert!(begin.elapsed() < 20 * SECOND);
    assert_eq!(finish(scrape).body, PAGE);
    server.close(SECOND);
    drop(bind(addr).expect("the port is free again"));
}

#[test]
fn closing_ends_at_its_deadline() {
    let (server, _release, rendering) = slow_server();
    let _scrape = begin_scrape(&server, &rendering);
    let begin = Instant::now();
    server.close(Duration::from_millis(20));
    server.close(SECOND);
    assert!(begin.elapsed() < 20 * SECOND);
    let addr = server.local_addr();
    drop(server);
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn dropping_closes_the_port_even_while_a_page_is_rendered() {
    let (server, _release, rendering) = slow_server();
    let _scrape = begin_scrape(&server, &rendering);
    let (addr, begin) = (server.local_addr(), Instant::now());
    drop(server);
    assert!(begin.elapsed() < 5 * SECOND);
    assert!(TcpStream::connect(addr).is_err());
}

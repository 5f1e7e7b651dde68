//! A metrics page in the format and coding a client asks for, and clients that do not read it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;

#[cfg(target_os = "linux")]
use super::client::connect_from;
use super::{Answer, SECOND, any_port, ask_with, connect, finish, health, unchunked};
use crate::metrics::{Format, Service};
use crate::server::{Chunks, Context, Server, serve};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const PROTOBUF: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn start(make: impl Fn(Format) -> Chunks + Send + Sync + 'static) -> Server {
    serve(
        any_port(),
        Context::new(Service::default(), health(vec![]), make, None),
    )
    .expect("a server")
}

/// A page that says its format, over and over.
fn speaking(format: Format) -> Chunks {
    let line = format!("{format:?}\n");
    Box::new((0..100).map(move |_| line.repeat(100).into()))
}

#[test]
fn a_page_comes_in_the_format_and_coding_asked_for() {
    let server = start(speaking);
    let open = "Accept: application/openmetrics-text; version=1.0.0, text/plain;q=0.5";
    let messages = &*format!("Accept: {PROTOBUF}, text/plain;q=0.5");
    for (headers, format, content_type, coding) in [
        (vec![], Format::Text, TEXT, None),
        (vec![open], Format::OpenMetrics, OPEN_METRICS, None),
        (
            vec![messages, "Accept-Encoding: gzip"],
            Format::Protobuf,
            PROTOBUF,
            Some("gzip"),
        ),
        (
            vec!["Accept-Encoding: gzip"],
            Format::Text,
            TEXT,
            Some("gzip"),
        ),
        (
            vec![open, "Accept-Encoding: br, gzip"],
            Format::OpenMetrics,
            OPEN_METRICS,
            Some("gzip"),
        ),
        (
            vec![open, "Accept-Encoding: gzip;q=0"],
            Format::OpenMetrics,
            OPEN_METRICS,
            None,
        ),
    ] {
        let expected = format!("{format:?}\n").repeat(10_000);
        let ask = |method: &str| {
            let answer = ask_with(server.local_addr(), &format!("{method} /metrics"), &headers);
            assert_eq!(answer.status, 200);
            assert_eq!(
                answer.header("content-type"),
                Some(content_type),
                "{headers:?}"
            );
            assert_eq!(answer.header("content-encoding"), coding, "{headers:?}");
            assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            answer
        };
        assert_eq!(ask("HEAD").bytes, b"");
        assert!(text(&ask("GET"), coding) == expected, "{headers:?}");
    }
}

fn text(answer: &Answer, coding: Option<&str>) -> String {
    if coding.is_none() {
        return answer.body.clone();
    }
    assert!(answer.bytes.len() < 10_000, "{} bytes", answer.bytes.len());
    let mut text = String::new();
    let mut decoder = GzDecoder::new(&*answer.bytes);
    decoder.read_to_string(&mut text).expect("a gzip stream");
    text
}

#[test]
fn a_page_that_panics_halfway_is_cut_and_nothing_else_is() {
    let server = start(|_| {
        let chunk = |number| {
            assert!(number < 3, "expected by the test");
            vec![b'\n'; 1_000_000]
        };
        Box::new((0..5).map(chunk))
    });
    let mut scrape = request(server.local_addr());
    let mut answer = Vec::new();
    let _ = scrape.read_to_end(&mut answer);
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let body = &answer[head.expect("a head") + 4..];
    assert_eq!(unchunked(body), None, "a scraper sees that it was cut");
    let probe = ask_with(server.local_addr(), "GET /livez", &[]);
    assert_eq!(probe.body, "ok\n");
}

fn request(addr: SocketAddr) -> TcpStream {
    let mut stream = connect(addr);
    let head = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("sent");
    stream
}

/// Counts the pages that are there.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A server with a page of 100 MB, and how many of it there are at a time, now and at most.
fn counting() -> (Server, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (now, most) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let (pages, peak) = (Arc::clone(&now), Arc::clone(&most));
    let make = move |_| {
        let counted = Counted(Arc::clone(&pages));
        peak.fetch_max(pages.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let chunk = move |_| {
            let _kept = &counted;
            vec![b'\n'; 100_000]
        };
        Box::new((0..1000).map(chunk)) as Chunks
    };
    (start(make), now, most)
}

#[test]
fn clients_that_do_not_read_make_way_for_those_that_do() {
    let (server, _, most) = counting();
    let deaf: Vec<_> = (0..7).map(|_| request(server.local_addr())).collect();
    // By now they have all the places there are, and the rest of them queue.
    std::thread::sleep(SECOND / 10);
    let begin = Instant::now();
    let answer = finish(request(server.local_addr()));
    assert_eq!((answer.status, answer.bytes.len()), (200, 100_000_000));
    assert!(
        begin.elapsed() < 20 * SECOND,
        "before any limit on a connection"
    );
    assert!(most.load(Ordering::SeqCst) <= 4, "{most:?} pages at once");
    drop(deaf);
}

#[test]
#[cfg(target_os = "linux")]
fn a_peer_with_any_number_of_scrapes_keeps_out_neither_a_scrape_nor_a_probe() {
    let (server, _, most) = counting();
    let addr = server.local_addr();
    let deaf: Vec<_> = (0..300)
        .map(|_| {
            let mut stream = connect_from([127, 0, 0, 3], addr);
            let head = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
            stream.write_all(head.as_bytes()).expect("sent");
            stream
        })
        .collect();
    let begin = Instant::now();
    for _ in 0..5 {
        assert_eq!(ask_with(addr, "GET /livez", &[]).body, "ok\n");
    }
    assert!(begin.elapsed() < 5 * SECOND, "{:?}", begin.elapsed());
    let answer = finish(request(addr));
    assert_eq!((answer.status, answer.bytes.len()), (200, 100_000_000));
    assert!(begin.elapsed() < 20 * SECOND, "{:?}", begin.elapsed());
    assert!(most.load(Ordering::SeqCst) <= 4, "{most:?} pages at once");
    // Clients that found too many others waiting were sent away, and told when to come back.
    let busy = deaf.into_iter().filter_map(|mut stream| {
        stream.set_read_timeout(Some(SECOND / 10)).ok()?;
        let mut head = [0; 400];
        let length = stream.read(&mut head).ok()?;
        let head = String::from_utf8_lossy(&head[..length]).into_owned();
        head.starts_with("HTTP/1.1 503").then_some(head)
    });
    let busy: Vec<_> = busy.collect();
    assert!(busy.iter().all(|head| head.contains("retry-after: 5\r\n")));
    assert!(!busy.is_empty());
}

#[test]
fn a_client_that_leaves_takes_its_page_along() {
    let (server, now, _) = counting();
    let scrapes: Vec<_> = (0..3).map(|_| request(server.local_addr())).collect();
    until(|| now.load(Ordering::SeqCst) == 3);
    drop(scrapes);
    until(|| now.load(Ordering::SeqCst) == 0);
}

fn until(done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < 20 * SECOND, "it never came true");
        std::thread::sleep(Duration::from_millis(1));
    }
}

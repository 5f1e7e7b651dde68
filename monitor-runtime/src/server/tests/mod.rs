//! The server over real connections; the submodules hold what is about one part of it.

mod client;
mod hostile;
mod incidents;
mod limits;
mod live;
mod mounted;
mod probes;
mod rendering;
mod scraping;
#[cfg(unix)]
mod unix;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use client::{Answer, ask, ask_with, connect, finish, unchunked};

use super::{BindError, Chunks, Context, Server, bind, serve};
use crate::health::{BlockingLimits, Check, Health, Service};
use crate::metrics;

const SECOND: Duration = Duration::from_secs(1);
const PAGE: &str = "# TYPE up gauge\nup 1\n";

fn page() -> Chunks {
    Box::new(std::iter::once(PAGE.into()))
}

fn health(checks: Vec<Check>) -> Arc<Health> {
    let service = Service {
        id: "shop".into(),
        version: "1.2.3".into(),
    };
    Health::new(service, checks, BlockingLimits::default()).expect("valid checks")
}

fn context(health: &Arc<Health>) -> Context {
    Context::new(
        metrics::Service::default(),
        Arc::clone(health),
        |_| page(),
        Some("s3cret".into()),
    )
}

fn any_port() -> super::Listener {
    bind(loopback(0)).expect("a free port")
}

fn loopback(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn start(health: &Arc<Health>) -> Server {
    serve(any_port(), context(health)).expect("a server")
}

#[test]
fn every_route_answers_get_and_head_with_the_same_headers() {
    let health = health(vec![]);
    health.mark_started();
    let server = start(&health);
    let plain = "text/plain; charset=utf-8";
    let prometheus = "text/plain; version=0.0.4; charset=utf-8";
    for (path, status, content_type, body) in [
        (
            "/health",
            200,
            "application/health+json",
            r#"{"status":"ok""#,
        ),
        (
            "/healthz",
            200,
            "application/health+json",
            r#"{"status":"ok""#,
        ),
        ("/livez", 200, plain, "ok\n"),
        ("/live", 200, plain, "ok\n"),
        ("/readyz", 200, plain, "ok\n"),
        ("/ready?verbose", 200, plain, "readyz check passed\n"),
        ("/startupz", 200, plain, "ok\n"),
        ("/metrics", 200, prometheus, PAGE),
        ("/nothing", 404, plain, "not found"),
        ("/livez/x", 404, plain, "not found"),
        (
            "/metrics/x",
            404,
            plain,
            "/health, /healthz, /livez, /live, /readyz, /ready, /startupz, /metrics",
        ),
    ] {
        let get = ask(server.local_addr(), &format!("GET {path}"));
        let head = ask(server.local_addr(), &format!("HEAD {path}"));
        assert!(get.body.contains(body), "{path}: {}", get.body);
        assert_eq!(head.body, "", "{path}");
        for answer in [&get, &head] {
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
            // The length of a page is not known before it has been made.
            let length = (path != "/metrics").then(|| get.body.len().to_string());
            assert_eq!(answer.header("content-length"), length.as_deref(), "{path}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
            for (header, value) in [
                ("x-content-type-options", "nosniff"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.header(header), Some(value), "{path}");
            }
        }
    }
}

#[test]
fn other_methods_are_refused_on_known_paths_only() {
    let server = start(&health(vec![]));
    for path in ["/health", "/livez", "/metrics"] {
        for method in ["POST", "DELETE", "OPTIONS"] {
            let answer = ask(server.local_addr(), &format!("{method} {path}"));
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET, HEAD")),
                "{path}"
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
    assert_eq!(ask(server.local_addr(), "POST /orders").status, 404);
}

#[test]
fn probes_follow_starting_failing_and_draining_without_names() {
    let (send, verdicts) = mpsc::channel::<Result<(), String>>();
    let verdicts = Arc::new(Mutex::new(verdicts));
    let database = Check::new("database", move || {
        let verdicts = Arc::clone(&verdicts);
        // It may block: this test has no runtime that would suffer.
        async move { verdicts.lock().unwrap().recv().unwrap_or(Ok(())) }
    });
    let health = health(vec![
        database
            .critical()
            .interval(Duration::from_millis(1))
            .timeout(100 * SECOND),
    ]);
    let server = start(&health);
    let probe = |path: &str| {
        let answer = ask(server.local_addr(), &format!("GET {path}"));
        (answer.status, answer.body)
    };
    let until = |path: &str, expected: (u16, &str)| {
        let begin = Instant::now();
        while probe(path) != (expected.0, expected.1.to_owned()) {
            assert!(
                begin.elapsed() < 20 * SECOND,
                "{path} never was {expected:?}"
            );
        }
    };
    health.spawn().expect("a thread");
    health.mark_started();
    until("/startupz", (503, "not ready: starting\n"));
    until("/readyz", (503, "not ready: starting\n"));
    send.send(Ok(())).unwrap();
    until("/startupz", (200, "ok\n"));
    until("/readyz", (200, "ok\n"));
    send.send(Err("password of bob".into())).unwrap();
    until("/ready", (503, "not ready: a critical check is failing\n"));
    assert_eq!(ask(server.local_addr(), "GET /health").status, 503);
    send.send(Ok(())).unwrap();
    until("/ready", (200, "ok\n"));
    health.begin_drain();
    until("/readyz", (503, "not ready: draining\n"));
    assert_eq!(probe("/livez"), (200, "ok\n".into()));
    assert_eq!(probe("/startupz"), (200, "ok\n".into()));
    health.stop();
}

#[test]
fn details_are_for_this_machine_and_for_the_token() {
    let server = start(&health(vec![Check::new("database", || async {
        Ok::<_, String>(())
    })]));
    let details = |headers: &[&str]| {
        let answer = ask_with(server.local_addr(), "GET /health", headers);
        assert_eq!(answer.status, 200);
        let terse = r#"{"status":"warn"}"#;
        assert_eq!(
            answer.body.contains("database"),
            answer.body != terse,
            "{}",
            answer.body
        );
        answer.body != terse
    };
    for host in [
        "localhost",
        "LOCALHOST:9464",
        "127.0.0.1:80",
        "[::1]:80",
        "127.1.2.3",
    ] {
        assert!(details(&[&format!("Host: {host}")]), "{host}");
    }
    // A name that was made to resolve to this machine, and what a proxy on it sends.
    assert!(!details(&["Host: rebound.example"]));
    for proxy in [
        "Forwarded: for=1.2.3.4",
        "X-Forwarded-For: 1.2.3.4",
        "Via: 1.1 proxy",
    ] {
        assert!(!details(&["Host: localhost", proxy]), "{proxy}");
        assert!(details(&[
            "Host: shop.example",
            proxy,
            "Authorization: Bearer s3cret"
        ]));
    }
    for wrong in ["s3cre", "s3cret1", "s3creT", "", "s3crets3cret"] {
        assert!(
            !details(&["Host: shop", &format!("Authorization: bearer {wrong}")]),
            "{wrong}"
        );
    }
    assert!(!details(&["Host: shop", "Authorization: Basic s3cret"]));
}

#[test]
fn a_taken_port_is_an_error_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let error: BindError = bind(addr).expect_err("taken");
    let expected =
        format!("the management server cannot listen on {addr}: another socket has this port");
    assert_eq!(error.to_string(), expected);
    assert!(std::error::Error::source(&error).is_some());
    let error = bind(SocketAddr::from(([192, 0, 2, 1], 9464))).expect_err("not ours");
    assert!(
        error
            .to_string()
            .ends_with("this machine has no such address"),
        "{error}"
    );
}

#[test]
fn all_addresses_and_ipv6_work() {
    for (bound, asked) in [
        ("0.0.0.0:0", "127.0.0.1"),
        ("[::1]:0", "::1"),
        ("[::]:0", "127.0.0.1"),
    ] {
        let Ok(listener) = bind(bound.parse::<SocketAddr>().unwrap()) else {
            assert!(bound.starts_with('['), "{bound}");
            continue; // A machine without IPv6.
        };
        let server = serve(listener, context(&health(vec![]))).expect("a server");
        let addr = SocketAddr::new(asked.parse().unwrap(), server.local_addr().port());
        assert!(
            ask(addr, "GET /health").body.contains("serviceId"),
            "{bound}"
        );
    }
}

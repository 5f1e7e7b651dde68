//! The HTTP edge as a layer of an axum router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::{SinkExt, StreamExt, stream};
use monitor_runtime::{http, monitored};
use monitor_tests::http::{active, ask, begin, line, lines, read_until, requests, timed};
use monitor_tests::process::wait_for;
use monitor_tests::{alone, log, scrape};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

/// The service, with one runtime for all tests.
fn service() -> SocketAddr {
    static ADDR: OnceLock<SocketAddr> = OnceLock::new();
    *ADDR.get_or_init(|| {
        log();
        let (told, addr) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
                let listener = listener.expect("a free port");
                told.send(listener.local_addr()).expect("a test waits");
                axum::serve(listener, router()).await
            })
        });
        let addr = addr.recv().expect("the service starts");
        addr.expect("bound")
    })
}

fn router() -> Router {
    let nested = Router::new()
        .route("/item/{id}", get(|| async { "nested" }))
        .layer(http::layer());
    Router::new()
        .route("/hello/{name}", get(|| async { "hello" }))
        .route("/only/get", get(|| async { "got" }))
        .route("/any/method", any(|| async { "any" }))
        .nest("/nested/{tenant}", nested)
        .nest_service("/assets", get(|| async { "a file" }))
        .route("/panic", get(panic_async))
        .route("/fails", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/calls", get(outer_call))
        .route("/head", get(|| async { "twelve bytes" }))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/unchanged", get(not_modified))
        .route("/stream", get(stream_of_three))
        .route("/endless", get(endless))
        .route("/never", any(never))
        .route("/socket", get(socket))
        .route("/mine", get(|| async { [("x-request-id", "mine")] }))
        .route("/big", get(|| async { "x".repeat(3_000_000) }))
        .layer(http::layer().routes(["/assets/{*rest}"]))
}

#[monitored]
async fn panic_async() -> &'static str {
    tokio::task::yield_now().await;
    panic!("a handler's bug")
}

#[monitored]
async fn outer_call() -> &'static str {
    inner_call().await
}

#[monitored]
async fn inner_call() -> &'static str {
    tokio::task::yield_now().await;
    "called"
}

/// A response of 304 says how long the body would be that it has not.
async fn not_modified() -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, "\"a\"".parse().expect("a tag"));
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

async fn stream_of_three() -> Body {
    let pieces = stream::iter(["one", "two", "three"]);
    Body::from_stream(pieces.then(|piece| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, Infallible>(Bytes::from(piece))
    }))
}

async fn endless() -> Body {
    let tick = stream::repeat(()).then(|()| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok::<_, Infallible>(Bytes::from_static(b"data: tick\n\n"))
    });
    Body::from_stream(tick)
}

async fn never() -> &'static str {
    std::future::pending().await
}

async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket: WebSocket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    })
}

#[test]
fn a_request_is_counted_by_its_template_and_logged_once() {
    alone!();
    let addr = service();
    assert_eq!(ask(addr, "GET", "/hello/world?q=secret", &[]).body, "hello");
    assert_eq!(ask(addr, "GET", "/hello/%2e%2e", &[]).status, 200);
    let lines = lines("/hello/{name}", 2);
    assert_eq!(requests("GET", "/hello/{name}", "200"), 2);
    let labels = [
        ("http_request_method", "GET"),
        ("http_route", "/hello/{name}"),
        ("http_response_status_code", "200"),
        ("url_scheme", "http"),
    ];
    assert_eq!(timed(&labels), 2);
    let mut fields = lines[0].fields.clone();
    let took = fields.remove("duration_ms").and_then(|took| took.as_f64());
    let took = took.expect("a number");
    assert!((0.0..30_000.0).contains(&took));
    let digits = took.to_string();
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    assert!(decimals <= 3, "to the microsecond: {took}");
    let id = fields.remove("request_id").expect("an id");
    assert_eq!(id.as_str().map(str::len), Some(32), "{id}");
    let expected = json!({
        "message": "GET /hello/{name} 200", "method": "GET", "route": "/hello/{name}",
        "status": 200, "bytes": 5, "outcome": "ok",
    });
    assert_eq!(serde_json::Value::from(fields), expected);
    assert_eq!(lines[0].spans, ["http_request"]);
    let spans = log().spans("http_request");
    let of_route = |span: &&monitor_tests::Span| {
        let route = span.fields.get("route").and_then(|route| route.as_str());
        route == Some("/hello/{name}")
    };
    let span = spans.iter().find(of_route).expect("a span");
    assert_eq!(
        span.fields["trace_id"], id,
        "for formats without ids of their own"
    );
    assert_eq!(lines[0].level, tracing::Level::INFO);
}

#[test]
fn buckets_and_help_are_there() {
    alone!();
    let addr = service();
    assert_eq!(ask(addr, "PUT", "/only/get", &[]).status, 405);
    let labels = [("http_request_method", "PUT")];
    wait_for("the request", || (timed(&labels) > 0).then_some(()));
    let page = scrape();
    let name = "http_server_request_duration_seconds";
    let bucket = format!("{name}_bucket");
    let buckets = page.find(&bucket, &labels);
    let bounds: Vec<f64> = buckets
        .map(|bucket| bucket.labels["le"].parse().expect("a number"))
        .collect();
    let expected = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    ];
    assert_eq!(bounds.split_last(), Some((&f64::INFINITY, &expected[..])));
    for (family, kind) in [
        (name, "histogram"),
        ("http_requests_total", "counter"),
        ("http_server_active_requests", "gauge"),
    ] {
        assert_eq!(page.types[family], kind);
        assert!(!page.help[family].is_empty());
    }
}

#[test]
fn a_route_has_its_failures_at_0_before_its_first_request_ends() {
    alone!();
    let addr = service();
    let known = || {
        let page = scrape();
        let of_route = [("method", "GET"), ("route", "/hello/{name}")];
        let found = page.find("http_requests_total", &of_route);
        let statuses: Vec<String> = found.map(|one| one.labels["status"].clone()).collect();
        statuses
    };
    assert_eq!(ask(addr, "GET", "/hello/you", &[]).status, 200);
    wait_for("the request", || {
        (requests("GET", "/hello/{name}", "200") > 0).then_some(())
    });
    assert!(
        known().iter().any(|status| status == "500"),
        "{:?}",
        known()
    );
    assert_eq!(requests("GET", "/hello/{name}", "500"), 0);
}

#[test]
fn a_scanner_makes_no_series() {
    alone!();
    let addr = service();
    let series = || {
        let page = scrape();
        let of_edge = page
            .samples
            .iter()
            .filter(|sample| sample.name.starts_with("http_"));
        let routes = of_edge.filter_map(|sample| {
            sample
                .labels
                .get("route")
                .or(sample.labels.get("http_route"))
        });
        let routes: Vec<&String> = routes.collect();
        assert!(
            routes
                .iter()
                .all(|route| route.bytes().all(|byte| !byte.is_ascii_digit())),
            "{routes:?}"
        );
        routes.iter().filter(|route| **route == "unmatched").count()
    };
    let scan = |from: usize| {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for n in (from..from + 2500).filter(|n| n % 4 == thread) {
                        let method = ["GET", "POST", "BREW", "PROPFIND", "get"][n % 5];
                        let method = if n % 7 == 0 {
                            format!("M{n}")
                        } else {
                            method.into()
                        };
                        let path = match n % 3 {
                            0 => format!("/{n}/admin.php?x={n}"),
                            1 => format!("/only/{n}"),
                            _ => format!("/only/get/%00{n}"),
                        };
                        assert_eq!(ask(addr, &method, &path, &[]).status, 404);
                    }
                });
            }
        });
    };
    for (method, label) in [("GET", "GET"), ("POST", "POST"), ("BREW", "_OTHER")] {
        ask(addr, method, "/warm/up", &[]);
        wait_for(method, || {
            (requests(label, "unmatched", "404") > 0).then_some(())
        });
    }
    let before = series();
    let counted = || {
        ["GET", "POST", "_OTHER"]
            .map(|method| requests(method, "unmatched", "404"))
            .iter()
            .sum::<i64>()
    };
    let first = counted();
    for round in 0..4 {
        scan(round * 2500);
    }
    wait_for("10,000 requests", || {
        (counted() - first >= 10_000).then_some(())
    });
    assert_eq!(
        series(),
        before,
        "10,000 paths and 1,400 methods made no series"
    );
    assert_eq!(ask(addr, "BREW", "/any/method", &[]).status, 200);
    wait_for("a method without a handler", || {
        (requests("_OTHER", "/any/method", "200") == 1).then_some(())
    });
}

mod responses;

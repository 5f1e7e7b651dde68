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
use monitor_tests::{log, scrape};
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
    wait_for("a method of nobody", || {
        (requests("_OTHER", "/any/method", "200") == 1).then_some(())
    });
}

#[test]
fn a_nested_service_has_the_route_that_the_layer_is_told() {
    assert_eq!(
        ask(service(), "GET", "/assets/css/site.css", &[]).status,
        200
    );
    wait_for("the request", || {
        (requests("GET", "/assets/{*rest}", "200") == 1).then_some(())
    });
}

#[test]
fn a_layer_within_a_layer_counts_once() {
    let addr = service();
    assert_eq!(ask(addr, "GET", "/nested/a/item/7", &[]).status, 200);
    line("/nested/{tenant}/item/{id}");
    assert_eq!(requests("GET", "/nested/{tenant}/item/{id}", "200"), 1);
}

#[test]
fn a_panic_is_a_500_and_the_service_lives_on() {
    let addr = service();
    for _ in 0..3 {
        let answer = ask(addr, "GET", "/panic", &[]);
        assert_eq!((answer.status, answer.body.as_str()), (500, ""));
        assert!(answer.header("x-request-id").is_some());
    }
    for line in lines("/panic", 3) {
        assert_eq!(line.text("outcome"), "panic");
        assert_eq!(line.fields["status"], 500);
    }
    assert_eq!(requests("GET", "/panic", "500"), 3);
    assert_eq!(
        timed(&[("http_route", "/panic"), ("error_type", "panic")]),
        3
    );
    assert_eq!(scrape().errors("panic_async", "panic"), 3);
    assert_eq!(
        log().told_by(&["panic_async"]).len(),
        3,
        "one ERROR line each"
    );
}

#[test]
fn an_error_of_the_server_is_its_code() {
    let addr = service();
    assert_eq!(ask(addr, "GET", "/fails", &[]).status, 502);
    assert_eq!(line("/fails").text("outcome"), "error");
    assert_eq!(timed(&[("http_route", "/fails"), ("error_type", "502")]), 1);
}

#[test]
fn calls_nest_in_the_request() {
    let addr = service();
    ask(addr, "GET", "/calls", &[]);
    line("/calls");
    assert_eq!(
        log().completion("inner_call").spans,
        ["inner_call", "outer_call", "http_request"]
    );
    assert_eq!(
        log().spans("outer_call")[0].parent.as_deref(),
        Some("http_request")
    );
}

#[test]
fn responses_without_a_body_are_complete() {
    let addr = service();
    let head = ask(addr, "HEAD", "/head", &[]);
    assert_eq!(
        (head.header("content-length"), head.body.as_str()),
        (Some("12"), "")
    );
    assert_eq!(ask(addr, "GET", "/empty", &[]).status, 204);
    assert_eq!(ask(addr, "GET", "/unchanged", &[]).status, 304);
    for route in ["/head", "/empty", "/unchanged"] {
        let line = line(route);
        assert_eq!(line.text("outcome"), "ok", "{route}");
        assert_eq!(line.fields["bytes"], 0, "{route}");
    }
}

#[test]
fn a_length_that_is_known_stays_known() {
    let addr = service();
    let answer = ask(addr, "GET", "/big", &[]);
    assert_eq!(answer.header("content-length"), Some("3000000"));
    assert_eq!(answer.body.len(), 3_000_000);
    assert_eq!(line("/big").fields["bytes"], 3_000_000);
}

#[test]
fn a_stream_is_in_flight_to_its_end_and_comes_piece_by_piece() {
    let addr = service();
    let mut stream = begin(addr, "GET", "/stream", &[]);
    let first = read_until(&mut stream, "one");
    assert!(!first.contains("three"), "it is not collected: {first}");
    read_until(&mut stream, "three");
    let line = line("/stream");
    assert_eq!(line.text("outcome"), "ok");
    assert_eq!(line.fields["bytes"], 11);
    assert!(
        line.fields["duration_ms"].as_f64() >= Some(60.0),
        "{line:?}"
    );
}

#[test]
fn a_client_that_leaves_during_the_response_is_told_apart() {
    let addr = service();
    let mut stream = begin(addr, "GET", "/endless", &[]);
    read_until(&mut stream, "tick\n\n");
    assert!(active("GET") >= 1, "it is in flight");
    drop(stream);
    let line = line("/endless");
    assert_eq!(line.text("outcome"), "aborted");
    assert_eq!(line.fields["status"], 200, "what was sent");
    assert_eq!(requests("GET", "/endless", "200"), 1);
    assert_eq!(
        timed(&[("http_route", "/endless"), ("error_type", "cancelled")]),
        1
    );
}

#[test]
fn a_client_that_leaves_before_the_response_is_a_499() {
    let addr = service();
    // No other test uses the method: the gauge is all its own.
    let waiting: Vec<_> = (0..5)
        .map(|_| begin(addr, "PATCH", "/never", &[]))
        .collect();
    wait_for("five in flight", || (active("PATCH") == 5).then_some(()));
    drop(waiting);
    for line in lines("/never", 5) {
        assert_eq!(line.text("outcome"), "cancelled");
        assert_eq!(line.fields["status"], 499);
    }
    assert_eq!(active("PATCH"), 0);
    assert_eq!(requests("PATCH", "/never", "499"), 5);
    let timed_out = [("http_route", "/never"), ("error_type", "cancelled")];
    assert_eq!(timed(&timed_out), 5);
    let page = scrape();
    let mut samples = page.find("http_server_request_duration_seconds_count", &timed_out);
    assert!(samples.all(|sample| !sample.labels.contains_key("http_response_status_code")));
}

#[test]
fn a_web_socket_works() {
    let addr = service();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(addr)
            .await
            .expect("it listens");
        let url = format!("ws://{addr}/socket");
        let (mut socket, answer) = tokio_tungstenite::client_async(url, stream)
            .await
            .expect("an upgrade");
        assert!(answer.headers().contains_key("x-request-id"));
        for text in ["one", "two"] {
            socket
                .send(Message::text(text))
                .await
                .expect("it takes a message");
            let echo = socket.next().await.expect("an echo").expect("a message");
            assert_eq!(echo, Message::text(text));
        }
        socket.close(None).await.expect("it closes");
    });
    let line = line("/socket");
    assert_eq!(line.fields["status"], 101);
    assert_eq!(line.text("outcome"), "ok");
}

#[test]
fn ids_of_the_caller_are_kept_where_they_are_sound() {
    let addr = service();
    let id = |given: &str| {
        let answer = ask(addr, "GET", "/hello2", &[("x-request-id", given)]);
        answer.header("x-request-id").expect("an id").to_owned()
    };
    for sound in ["7", "a-b_c.d:e=f+g/h", &"x".repeat(128)] {
        assert_eq!(id(sound), sound);
    }
    for unsound in ["", "a b", "a\"b", "a{b}", "\u{e9}", &"x".repeat(129)] {
        let id = id(unsound);
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
    }
    let twice = [("x-request-id", "a"), ("x-request-id", "b")];
    let answer = ask(addr, "GET", "/hello2", &twice);
    assert_eq!(answer.header("x-request-id").map(str::len), Some(32));
    let answer = ask(addr, "GET", "/mine", &[("x-request-id", "theirs")]);
    assert_eq!(
        answer.header("x-request-id"),
        Some("mine"),
        "the handler's own"
    );
}

//! The HTTP edge around filters of warp.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use monitor_runtime::http::warp::{route, serve};
use monitor_tests::alone;
use monitor_tests::http::{active, ask, begin, line, lines, read_until, requests};
use monitor_tests::process::wait_for;
use monitor_tests::{log, scrape};
use tokio_tungstenite::tungstenite::Message;
use warp::http::StatusCode;
use warp::{Filter, Rejection, Reply, reject, reply};

#[derive(Debug)]
struct Broken;
impl reject::Reject for Broken {}

#[derive(Debug)]
struct Mapped;
impl reject::Reject for Mapped {}

fn routes()
-> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone + Send + Sync + 'static {
    let order = warp::path!("orders" / u64)
        .and(route("/orders/{id}"))
        .and(warp::get())
        .map(|id| format!("order {id}"));
    let missing = warp::path!("missing" / u64)
        .and(route("/missing/{id}"))
        .map(|_| StatusCode::NOT_FOUND);
    let broken = warp::path!("broken")
        .and(route("/broken"))
        .and_then(|| async { Err::<String, _>(reject::custom(Broken)) });
    let mapped = warp::path!("mapped")
        .and(route("/mapped"))
        .and_then(|| async { Err::<String, _>(reject::custom(Mapped)) });
    let header = warp::path!("header")
        .and(route("/header"))
        .and(warp::header::<u64>("x-number"))
        .map(|number: u64| number.to_string());
    let panics = warp::path!("panics").and(route("/panics")).then(panics);
    let never = warp::path!("never")
        .and(route("/never"))
        .then(std::future::pending::<String>);
    let peer = warp::path!("peer")
        .and(route("/peer"))
        .and(warp::ext::get::<SocketAddr>())
        .map(|peer: SocketAddr| peer.ip().to_string());
    let events = warp::path!("events").and(route("/events")).map(|| {
        let ticks = stream::repeat(()).then(|()| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok::<_, Infallible>(Bytes::from_static(b"tick "))
        });
        reply::stream(ticks)
    });
    let socket = warp::path!("socket")
        .and(route("/socket"))
        .and(warp::ws())
        .map(|ws: warp::ws::Ws| {
            ws.on_upgrade(|socket| async move {
                let (sink, stream) = socket.split();
                let _ = stream.forward(sink).await;
            })
        });
    let first = order.or(missing).or(broken).or(mapped).or(header);
    let second = panics.or(never).or(peer).or(events).or(socket);
    first.or(second).recover(recover)
}

async fn panics() -> String {
    tokio::task::yield_now().await;
    panic!("a filter's bug")
}

async fn recover(rejection: Rejection) -> Result<impl Reply, Rejection> {
    match rejection.find::<Mapped>() {
        Some(Mapped) => Ok(reply::with_status("mapped", StatusCode::CONFLICT)),
        None => Err(rejection),
    }
}

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
                serve(routes()).incoming(listener).run().await;
            });
        });
        let addr = addr.recv().expect("the service starts");
        addr.expect("bound")
    })
}

#[test]
fn a_declared_route_is_at_0_before_its_first_request() {
    let _ = route("/declared/early/{id}");
    service();
    let _ = route("/declared/late/{id}");
    let page = scrape();
    for route in ["/declared/early/{id}", "/declared/late/{id}"] {
        for (method, status) in [
            ("GET", "200"),
            ("GET", "500"),
            ("POST", "200"),
            ("POST", "500"),
        ] {
            let of = [("method", method), ("route", route), ("status", status)];
            let found = page.find("http_requests_total", &of);
            let counts: Vec<u64> = found.map(monitor_tests::Sample::count).collect();
            assert_eq!(counts, [0], "{of:?}");
        }
    }
}

#[test]
fn the_status_is_what_the_client_sees() {
    alone!();
    let addr = service();
    let cases = [
        ("GET", "/orders/7", "/orders/{id}", 200),
        ("GET", "/missing/7", "/missing/{id}", 404),
        ("POST", "/orders/7", "/orders/{id}", 405),
        ("GET", "/broken", "/broken", 500),
        ("GET", "/mapped", "/mapped", 409),
        ("GET", "/header", "/header", 400),
        ("GET", "/orders/seven", "unmatched", 404),
        ("GET", "/none/such", "unmatched", 404),
    ];
    for (method, path, route, status) in cases {
        let before = requests(method, route, &status.to_string());
        let answer = ask(addr, method, path, &[]);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(
            answer.header("x-request-id").map(str::len),
            Some(32),
            "{path}"
        );
        let counted = || requests(method, route, &status.to_string()) - before;
        wait_for(path, || (counted() == 1).then_some(()));
    }
    assert_eq!(line("/broken").text("outcome"), "error");
    assert_eq!(line("/mapped").text("outcome"), "ok");
    let length = ask(addr, "GET", "/orders/8", &[]);
    assert_eq!(
        length.header("content-length"),
        Some("7"),
        "as without the edge"
    );
}

#[test]
fn a_panic_is_a_500() {
    alone!();
    let addr = service();
    assert_eq!(ask(addr, "GET", "/panics", &[]).status, 500);
    assert_eq!(ask(addr, "GET", "/panics", &[]).status, 500);
    for line in lines("/panics", 2) {
        assert_eq!(line.text("outcome"), "panic");
    }
}

#[test]
fn hang_ups_are_told_apart() {
    alone!();
    let addr = service();
    let waiting = begin(addr, "PATCH", "/never", &[]);
    wait_for("it is in flight", || (active("PATCH") == 1).then_some(()));
    drop(waiting);
    assert_eq!(line("/never").text("outcome"), "cancelled");
    let mut events = begin(addr, "PATCH", "/events", &[]);
    read_until(&mut events, "tick");
    assert_eq!(active("PATCH"), 1);
    drop(events);
    assert_eq!(line("/events").text("outcome"), "aborted");
    assert_eq!(active("PATCH"), 0);
}

#[test]
fn filters_see_their_peer_and_web_sockets_work() {
    alone!();
    let addr = service();
    assert_eq!(ask(addr, "GET", "/peer", &[]).body, "127.0.0.1");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(addr)
            .await
            .expect("it listens");
        let url = format!("ws://{addr}/socket");
        let upgraded = tokio_tungstenite::client_async(url, stream).await;
        let (mut socket, _) = upgraded.expect("an upgrade");
        socket
            .send(Message::text("hello"))
            .await
            .expect("it takes a message");
        let echo = socket.next().await.expect("an echo").expect("a message");
        assert_eq!(echo, Message::text("hello"));
    });
    assert_eq!(line("/socket").fields["status"], 101);
}

#[tokio::test]
async fn a_graceful_end_lets_requests_finish() {
    alone!();
    log();
    let slow = warp::any().and(route("/graceful")).then(|| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        "finished"
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let addr = listener.local_addr().expect("bound");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = serve(slow)
        .incoming(listener)
        .graceful(async { drop(stopped.await) });
    let server = tokio::spawn(server.run());
    let answer = tokio::task::spawn_blocking(move || ask(addr, "DELETE", "/", &[]));
    // No other test uses the method.
    while active("DELETE") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(()).expect("the server runs");
    server.await.expect("it ends");
    assert_eq!(answer.await.expect("an answer").body, "finished");
    assert_eq!(line("/graceful").text("outcome"), "ok");
    let again = serve(warp::any().map(|| "")).bind(addr).await;
    assert!(again.is_ok(), "the port is free");
}

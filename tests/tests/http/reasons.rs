//! The reason of calls that are cancelled in a request: every server, and every way in which a
//! request is dropped.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::any;
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use monitor_runtime::http::{layer, warp as edge};
use monitor_runtime::{monitored, task};
use monitor_tests::http::{begin, read_until};
use monitor_tests::process::wait_for;
use monitor_tests::{log, scrape};
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tower::ServiceExt;
use warp::Filter;

#[monitored(labels(case = bounded(&case, max = 60)))]
async fn outer(case: String) {
    inner(case).await;
}

#[monitored(labels(case = bounded(&case, max = 60)))]
async fn inner(case: String) {
    pending::<()>().await;
    drop(case);
}

/// Waits until both calls of a case run.
fn running(case: &str) {
    wait_for(&format!("{case} to run"), || {
        let of = [("function", "inner"), ("case", case)];
        let running = scrape().value("function_calls_concurrent", &of);
        running.filter(|running| *running > 0.0)
    });
}

/// Asserts that both calls of a case were cancelled for this reason, once they were.
fn assert_reason(case: &str, reason: &str) {
    for function in ["outer", "inner"] {
        let of = [("function", function), ("case", case)];
        let found = wait_for(&format!("{function} of {case} to be cancelled"), || {
            Some(scrape().cancelled(&of)).filter(|found| !found.is_empty())
        });
        assert_eq!(found, [(reason.to_owned(), 1)], "{function} of {case}");
    }
}

/// The runtime of the servers.
fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        log();
        Runtime::new().expect("a runtime")
    });
    runtime.handle()
}

fn serve<F>(server: impl FnOnce(TcpListener) -> F) -> SocketAddr
where
    F: Future<Output: Send> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0");
    let listener = runtime().block_on(listener).expect("a free port");
    let addr = listener.local_addr().expect("bound");
    let _inside = runtime().enter();
    runtime().spawn(server(listener));
    addr
}

async fn wait(Path(case): Path<String>) {
    outer(case).await;
}

/// A body that begins at once, and then waits.
fn body(case: String) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    let begin = stream::iter([Ok(Bytes::from_static(b"begin"))]);
    let rest = stream::once(async {
        outer(case).await;
        Ok(Bytes::new())
    });
    begin.chain(rest)
}

async fn wait_in_body(Path(case): Path<String>) -> Body {
    Body::from_stream(body(case))
}

fn router() -> Router {
    Router::new()
        .route("/wait/{case}", any(wait))
        .route("/body/{case}", any(wait_in_body))
}

async fn time_out(request: Request, next: Next) -> Result<Response, StatusCode> {
    let answer = tokio::time::timeout(Duration::from_millis(50), next.run(request)).await;
    answer.map_err(|_| StatusCode::GATEWAY_TIMEOUT)
}

fn axum(router: Router) -> SocketAddr {
    serve(|listener| async { axum::serve(listener, router).await })
}

fn warp() -> SocketAddr {
    let wait = warp::path!("wait" / String).then(|case| async {
        outer(case).await;
        "done"
    });
    let body = warp::path!("body" / String).map(|case| warp::reply::stream(body(case)));
    serve(|listener| edge::serve(wait.or(body)).incoming(listener).run())
}

#[monitored]
async fn serves_a_connection(stream: tokio::net::TcpStream) {
    let service = TowerToHyperService::new(layer().wrap(router()));
    let server = Builder::new(TokioExecutor::new());
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Serves each connection in a monitored function.
fn hyper() -> SocketAddr {
    serve(|listener| async move {
        while let Ok((stream, _)) = listener.accept().await {
            task::spawn(serves_a_connection(stream));
        }
    })
}

/// Closes a connection by a RST instead of a FIN.
fn reset(stream: TcpStream) {
    let _inside = runtime().enter();
    stream.set_nonblocking(true).expect("a socket");
    let stream = tokio::net::TcpStream::from_std(stream).expect("a socket");
    stream.set_zero_linger().expect("an option of sockets");
}

/// Sends a request over HTTP/2 with a deadline for gRPC, and gives it up by a reset of its stream or
/// by the end of its connection.
async fn over_http2(addr: SocketAddr, case: &str, deadline: &str, whole_connection: bool) {
    let socket = TcpStream::connect(addr).expect("it listens");
    let stream = socket.try_clone().expect("a socket");
    stream.set_nonblocking(true).expect("a socket");
    let stream = tokio::net::TcpStream::from_std(stream).expect("a socket");
    let stream = TokioIo::new(stream);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream)
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let mut request = http::Request::post(format!("http://{addr}/wait/{case}"));
    if !deadline.is_empty() {
        request = request.header("content-type", "application/grpc");
        request = request.header("grpc-timeout", deadline);
    }
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let answer = tokio::spawn(sender.send_request(request));
    tokio::task::block_in_place(|| running(case));
    if whole_connection {
        socket.shutdown(Shutdown::Both).expect("a connection");
    } else if deadline.is_empty() || deadline.ends_with('H') {
        answer.abort();
    } else {
        let _late = answer.await;
    }
    // A stream that is reset leaves its connection open.
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(sender.is_closed(), whole_connection, "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_is_the_client_on_every_server() {
    let servers = tokio::task::block_in_place(|| {
        [
            ("axum", axum(router().layer(layer()))),
            ("warp", warp()),
            ("hyper", hyper()),
        ]
    });
    for (server, addr) in servers {
        let hang_up = |way: &str, path: &str, leave: fn(TcpStream)| {
            let case = format!("{server}-{way}");
            let mut stream = begin(addr, "GET", &format!("{path}/{case}"), &[]);
            running(&case);
            if path == "/body" {
                read_until(&mut stream, "begin");
            }
            leave(stream);
            assert_reason(&case, "client");
        };
        tokio::task::block_in_place(|| {
            hang_up("fin", "/wait", drop);
            hang_up("rst", "/wait", reset);
            hang_up("body", "/body", drop);
        });
        for (way, whole_connection) in [("reset", false), ("closed", true)] {
            let case = format!("{server}-{way}");
            over_http2(addr, &case, "", whole_connection).await;
            tokio::task::block_in_place(|| assert_reason(&case, "client"));
        }
    }
}

#[test]
fn a_time_out_inside_of_the_edge_is_the_caller_and_one_outside_is_not_told_from_a_client() {
    let inside = axum(router().layer(from_fn(time_out)).layer(layer()));
    let outside = axum(router().layer(layer()).layer(from_fn(time_out)));
    for (case, addr, reason) in [("inside", inside, "caller"), ("outside", outside, "client")] {
        let mut stream = begin(addr, "GET", &format!("/wait/{case}"), &[]);
        read_until(&mut stream, "504");
        assert_reason(case, reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_deadline_of_grpc_is_the_caller() {
    const TIMEOUT: Duration = Duration::from_millis(100);
    let tonic = |timeout: Option<Duration>, edge| {
        let serve = |listener: TcpListener| {
            let server = tonic::transport::Server::builder();
            let server = match timeout {
                Some(timeout) => server.timeout(timeout),
                None => server,
            };
            let incoming = tonic::transport::server::TcpIncoming::from(listener);
            let mut server = server.layer(edge);
            let routes = server.add_routes(tonic::service::Routes::from(router()));
            routes.serve_with_incoming(incoming)
        };
        tokio::task::block_in_place(|| self::serve(serve))
    };
    let named = tonic(Some(TIMEOUT), layer().grpc_timeout(TIMEOUT));
    let unnamed = tonic(Some(TIMEOUT), layer());
    let without = tonic(None, layer());
    for (case, addr, deadline, reason) in [
        ("grpc-named", named, "1M", "caller"),
        ("grpc-client", without, "100m", "caller"),
        // The layer knows neither this time-out nor that it has passed.
        ("grpc-unnamed", unnamed, "1M", "client"),
        ("grpc-early", without, "1H", "client"),
    ] {
        over_http2(addr, case, deadline, false).await;
        tokio::task::block_in_place(|| assert_reason(case, reason));
    }
}

#[tokio::test]
async fn a_response_that_its_caller_in_the_process_drops() {
    log();
    let service = router().layer(layer());
    let asked = |case: &str| {
        let request = http::Request::get(format!("/wait/{case}"));
        service
            .clone()
            .oneshot(request.body(Body::empty()).expect("a request"))
    };
    let asks = |case: &'static str| tokio::time::timeout(Duration::from_millis(5), asked(case));
    asks("in-process").await.expect_err("it waits for ever");
    assert_reason("in-process", "client");
    let spawned = task::spawn(asked("in-a-task"));
    tokio::time::sleep(Duration::from_millis(5)).await;
    spawned.abort();
    spawned.await.expect_err("aborted");
    assert_reason("in-a-task", "aborted");
}

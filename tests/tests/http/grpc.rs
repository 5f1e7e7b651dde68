//! The outcome of a gRPC call at the HTTP edge: deadlines, bodies of gRPC-Web, missing statuses.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use monitor_runtime::http::layer;
use monitor_tests::http::{line, lines, requests, timed};
use monitor_tests::{Event, alone, log};
use tonic::server::NamedService;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tower::{ServiceExt, service_fn};

/// A service whose calls never end.
#[derive(Clone)]
struct Stuck;

impl NamedService for Stuck {
    const NAME: &'static str = "shop.Stuck";
}

impl tower::Service<Request<tonic::body::Body>> for Stuck {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<tonic::body::Body>) -> Self::Future {
        Box::pin(std::future::pending())
    }
}

async fn serve(timeout: Option<Duration>) -> Channel {
    log();
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr: SocketAddr = socket.local_addr().expect("bound");
    drop(socket);
    let routes = layer().routes(["/shop.Stuck/{method}"]);
    let (server, routes) = match timeout {
        Some(timeout) => (
            Server::builder().timeout(timeout),
            routes.grpc_timeout(timeout),
        ),
        None => (Server::builder(), routes),
    };
    let mut server = server.layer(routes);
    tokio::spawn(async move { server.add_service(Stuck).serve(addr).await });
    loop {
        let endpoint = Endpoint::from_shared(format!("http://{addr}")).expect("a URL");
        if let Ok(channel) = endpoint.connect().await {
            return channel;
        }
        tokio::task::yield_now().await;
    }
}

/// Calls a method that never ends, for the client's time-out.
async fn call(channel: Channel, path: &'static str, timeout: Option<Duration>) -> tonic::Code {
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.expect("connected");
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    if let Some(timeout) = timeout {
        request.set_timeout(timeout);
    }
    let path = http::uri::PathAndQuery::from_static(path);
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
    let answer = grpc.unary(request, path, codec).await;
    answer.expect_err("it never ends").code()
}

fn told(line: &Event) -> (&str, u64, &str) {
    let grpc = line
        .fields
        .get("grpc_status")
        .and_then(|grpc| grpc.as_str());
    let status = line.fields["status"].as_u64().expect("a code");
    (line.text("outcome"), status, grpc.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_past_its_deadline_is_no_client_that_left() {
    const ROUTE: &str = "/shop.Stuck/{method}";
    alone!();
    let short = Duration::from_millis(80);
    let channel = serve(Some(short)).await;
    assert_eq!(
        call(channel, "/shop.Stuck/Server", None).await,
        tonic::Code::Cancelled
    );
    let late = lines(ROUTE, 1);
    assert_eq!(told(&late[0]), ("error", 200, "DEADLINE_EXCEEDED"));

    let channel = serve(None).await;
    let code = call(channel.clone(), "/shop.Stuck/Client", Some(short)).await;
    assert!(
        [tonic::Code::Cancelled, tonic::Code::DeadlineExceeded].contains(&code),
        "{code}"
    );
    let late = lines(ROUTE, 2);
    assert_eq!(told(&late[1]), ("error", 200, "DEADLINE_EXCEEDED"));
    assert_eq!(requests("POST", ROUTE, "200"), 2);
    let labels = [("http_route", ROUTE), ("error_type", "DEADLINE_EXCEEDED")];
    assert_eq!(timed(&labels), 2);

    // One that leaves before is one that left.
    let minute = Duration::from_secs(60);
    let gone = call(channel, "/shop.Stuck/Gone", Some(minute));
    assert!(
        tokio::time::timeout(Duration::from_millis(200), gone)
            .await
            .is_err()
    );
    let left = lines(ROUTE, 3);
    assert_eq!(told(&left[2]), ("cancelled", 499, ""));
}

/// One answer of gRPC through the layer, by the pieces of its body and its trailers.
async fn answered(
    route: &'static str,
    kind: &'static str,
    head: &[(&'static str, &'static str)],
    pieces: &[&'static [u8]],
    trailers: Option<&'static str>,
) -> Event {
    log();
    let answer = {
        let mut frames: Vec<Result<Frame<Bytes>, Infallible>> = Vec::new();
        frames.extend(
            pieces
                .iter()
                .map(|piece| Ok(Frame::data(Bytes::from_static(piece)))),
        );
        let trailers = trailers.map(|status| {
            HeaderMap::from_iter([(
                "grpc-status".parse().unwrap(),
                HeaderValue::from_static(status),
            )])
        });
        frames.extend(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
        let mut answer = Response::new(StreamBody::new(futures_util::stream::iter(frames)));
        answer
            .headers_mut()
            .insert("content-type", HeaderValue::from_static(kind));
        for (name, value) in head {
            answer
                .headers_mut()
                .insert(*name, HeaderValue::from_static(value));
        }
        answer
    };
    let answer = std::sync::Mutex::new(Some(answer));
    let service = service_fn(|_: Request<Full<Bytes>>| {
        let answer = answer.lock().unwrap().take().expect("one request");
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    let mut request = Request::post(route);
    request = request.header("content-type", "application/grpc");
    let request = request.body(Full::default()).expect("a request");
    let response = layer().routes([route]).wrap(service).oneshot(request).await;
    let sent = response.expect("an answer").into_body().collect().await;
    sent.expect("a body");
    line(route)
}

const WEB: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";

#[tokio::test]
async fn the_status_is_found_wherever_it_stands() {
    alone!();
    let message: &[u8] = b"\0\0\0\0\x03abc";
    let internal: &[u8] = b"\x80\0\0\0\x10grpc-status:13\r\n";
    let cut = internal.split_at(9);
    let ok: &[u8] = b"\x80\0\0\0\x0fgrpc-status:0\r\n";
    let is = |line: Event, outcome, grpc| assert_eq!(told(&line), (outcome, 200, grpc), "{line:?}");
    let grpc = "application/grpc";
    is(
        answered("/a/1", grpc, &[], &[message], Some("0")).await,
        "ok",
        "OK",
    );
    is(
        answered("/a/2", grpc, &[], &[message], Some("5")).await,
        "ok",
        "NOT_FOUND",
    );
    is(
        answered("/a/3", grpc, &[], &[message], Some("13")).await,
        "error",
        "INTERNAL",
    );
    is(
        answered("/a/4", grpc, &[("grpc-status", "14")], &[], None).await,
        "error",
        "UNAVAILABLE",
    );
    is(
        answered("/a/5", grpc, &[], &[message], None).await,
        "error",
        "UNKNOWN",
    );
    is(
        answered("/a/6", grpc, &[], &[], None).await,
        "error",
        "UNKNOWN",
    );
    is(
        answered("/a/7", WEB, &[], &[message, internal], None).await,
        "error",
        "INTERNAL",
    );
    is(
        answered("/a/8", WEB, &[], &[message, cut.0, cut.1], None).await,
        "error",
        "INTERNAL",
    );
    is(
        answered("/a/9", WEB, &[], &[message, ok], None).await,
        "ok",
        "OK",
    );
    is(
        answered("/a/10", WEB, &[], &[message], None).await,
        "error",
        "UNKNOWN",
    );
    let text: &[&[u8]] = &[b"AAAAAANhYm", b"M=gAAAABBncnBjLXN0YXR1czoxMw0K"];
    is(
        answered("/a/11", TEXT, &[], text, None).await,
        "error",
        "INTERNAL",
    );
    is(
        answered("/a/12", "application/json", &[], &[message], None).await,
        "ok",
        "",
    );
    assert_eq!(
        timed(&[("http_route", "/a/5"), ("error_type", "UNKNOWN")]),
        1
    );
}

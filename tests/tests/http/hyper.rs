//! The HTTP edge around plain services: hyper, HTTP/2, trailers, bodies that fail.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Channel, Empty, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use monitor_runtime::http;
use monitor_tests::alone;
use monitor_tests::http::{active, ask, line, requests, timed};
use monitor_tests::log;
use monitor_tests::process::wait_for;
use tower::{Service, ServiceExt, service_fn};

type Boxed = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;

/// Serves a service on a port of its own, as long as the test runs.
async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<
            Request<Incoming>,
            Response = Response<B>,
            Future: Send,
            Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        >,
    S: Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    log();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    addr
}

async fn handle(request: Request<Incoming>) -> Result<Response<Boxed>, std::io::Error> {
    let path = request.uri().path().to_owned();
    let full = |text: &'static str| {
        Full::new(Bytes::from(text))
            .map_err(|never| match never {})
            .boxed_unsync()
    };
    let body = match path.as_str() {
        "/named/7" => {
            http::set_route("/named/{id}");
            full("named")
        }
        "/declared" => {
            // It never says that it has ended: hyper stops asking at the promised length.
            let piece = futures_util::stream::iter([Ok(Frame::data(Bytes::from("12345")))]);
            let body = StreamBody::new(futures_util::StreamExt::chain(
                piece,
                futures_util::stream::pending(),
            ));
            let mut response = Response::new(body.boxed_unsync());
            response.headers_mut().insert("content-length", 5.into());
            return Ok(response);
        }
        "/trailers" => {
            let (mut sender, body) = Channel::new(4);
            tokio::spawn(async move {
                let _ = sender.send_data(Bytes::from("data")).await;
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", 0.into());
                let _ = sender.send_trailers(trailers).await;
            });
            body.map_err(|never: Infallible| match never {})
                .boxed_unsync()
        }
        "/broken" => {
            let pieces = [
                Ok(Frame::data(Bytes::from("some"))),
                Err(std::io::Error::other("no more")),
            ];
            StreamBody::new(futures_util::stream::iter(pieces)).boxed_unsync()
        }
        "/refused" => return Err(std::io::Error::other("no answer")),
        "/explodes" => Exploding.boxed_unsync(),
        _ => full("?"),
    };
    Ok(Response::new(body))
}

/// A body that panics where others have data.
struct Exploding;

impl Body for Exploding {
    type Data = Bytes;
    type Error = std::io::Error;
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        panic!("a body's bug")
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(7)
    }
}

fn edge() -> http::Layer {
    http::layer().routes([
        "/declared",
        "/trailers",
        "/broken",
        "/refused",
        "/explodes",
        "/static/{*file}",
        "/sync",
        "/ready/1",
        "/ready/2",
        "/ruled",
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_names_its_route() {
    alone!();
    let addr = serve(edge().wrap(service_fn(handle))).await;
    assert_eq!(ask(addr, "GET", "/named/7", &[]).body, "named");
    assert_eq!(ask(addr, "GET", "/static/a/b.css", &[]).status, 200);
    line("/named/{id}");
    line("/static/{*file}");
    http::set_route("nobody's");
    assert_eq!(requests("GET", "nobody's", "200"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promised_length_that_was_sent_is_complete() {
    alone!();
    let addr = serve(edge().wrap(service_fn(handle))).await;
    assert_eq!(ask(addr, "GET", "/declared", &[]).body, "12345");
    assert_eq!(line("/declared").text("outcome"), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_go_through_on_http_2() {
    alone!();
    let addr = serve(edge().wrap(service_fn(handle))).await;
    let stream = tokio::net::TcpStream::connect(addr)
        .await
        .expect("it listens");
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    let request = Request::get(format!("https://{addr}/trailers"))
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let response = client.send_request(request).await.expect("a response");
    let body = response.into_body().collect().await.expect("a body");
    assert_eq!(
        body.trailers()
            .and_then(|trailers| trailers.get("grpc-status")),
        Some(&0.into())
    );
    assert_eq!(body.to_bytes(), "data");
    assert_eq!(line("/trailers").text("outcome"), "ok");
    assert_eq!(
        timed(&[("http_route", "/trailers"), ("url_scheme", "https")]),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_fails_or_panics_is_told_apart() {
    alone!();
    let addr = serve(edge().wrap(service_fn(handle))).await;
    let read = |path: &'static str| async move {
        let stream = tokio::net::TcpStream::connect(addr)
            .await
            .expect("it listens");
        let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .expect("HTTP/1");
        tokio::spawn(connection);
        let request = Request::put(path)
            .body(Empty::<Bytes>::new())
            .expect("a request");
        let response = client.send_request(request).await?;
        response.into_body().collect().await.map(|_| ())
    };
    for (path, error, outcome) in [
        ("/broken", "body_error", "error"),
        ("/explodes", "panic", "panic"),
    ] {
        read(path).await.expect_err("the body does not end well");
        let line = line(path);
        assert_eq!(
            (line.text("outcome"), &line.fields["status"]),
            (outcome, &200.into())
        );
        assert_eq!(timed(&[("http_route", path), ("error_type", error)]), 1);
    }
    read("/refused").await.expect_err("no response");
    let line = line("/refused");
    assert_eq!(
        (line.text("outcome"), &line.fields["status"]),
        ("error", &500.into())
    );
    assert_eq!(requests("PUT", "/refused", "500"), 1);
    assert_eq!(
        timed(&[("http_route", "/refused"), ("error_type", "service_error")]),
        1
    );
    wait_for("none in flight", || (active("PUT") == 0).then_some(()));
}

/// Ready only after it was asked, once per call: what `poll_ready` is for.
#[derive(Clone, Default)]
struct Picky {
    ready: bool,
}

impl Service<Request<()>> for Picky {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called before it was ready"
        );
        std::future::ready(Ok(Response::new(Empty::new())))
    }
}

#[tokio::test]
async fn the_very_service_that_was_ready_is_called() {
    alone!();
    log();
    let mut service = edge().wrap(Picky::default());
    for _ in 0..2 {
        let ready = service.ready().await.expect("never fails");
        let response = ready.call(Request::new(())).await.expect("never fails");
        assert_eq!(response.status(), 200);
    }
}

#[tokio::test]
async fn a_thousand_requests_at_once_do_not_mix() {
    alone!();
    log();
    let service = service_fn(|request: Request<()>| async move {
        let own = request.headers()["traceparent"].to_str().expect("ASCII")[3..35].to_owned();
        for _ in 0..10 {
            tokio::task::yield_now().await;
            let current = monitor_runtime::trace::current_trace_id().expect("in a request");
            assert_eq!(current.to_string(), own);
        }
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(own))))
    });
    let service = edge().wrap(service);
    let calls = (1..=1000).map(|n| {
        let parent = format!("00-{n:032x}-{n:016x}-01");
        let request = Request::trace("/at/once")
            .header("traceparent", parent)
            .body(())
            .expect("a request");
        let service = service.clone();
        async move {
            let response = service.oneshot(request).await.expect("never fails");
            assert_eq!(
                response.status(),
                200,
                "no panic: every poll had its own trace"
            );
            let body = response
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes();
            assert_eq!(body, format!("{n:032x}"));
        }
    });
    futures_util::future::join_all(calls).await;
    assert_eq!(monitor_runtime::trace::current_trace_id(), None);
    assert_eq!(active("TRACE"), 0);
}

mod panics;

//! Services, bodies and rules that panic.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_panics_before_its_future_is_a_500() {
    alone!();
    log();
    let service = service_fn(|request: Request<()>| {
        assert!(request.uri().path() != "/sync", "a service's bug");
        std::future::ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::new()))))
    });
    let request = Request::get("/sync").body(()).expect("a request");
    let response = edge()
        .wrap(service)
        .oneshot(request)
        .await
        .expect("never fails");
    assert_eq!(response.status(), 500);
    assert!(response.body().is_end_stream());
    drop(response);
    assert_eq!(line("/sync").text("outcome"), "panic");
}

/// A service with a bug in `poll_ready`, once.
#[derive(Clone, Default)]
struct NotReady(bool);

impl Service<Request<()>> for NotReady {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        assert!(std::mem::replace(&mut self.0, true), "a service's bug");
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(Response::new(Empty::new())))
    }
}

#[tokio::test]
async fn a_service_that_panics_before_its_call_is_a_500() {
    alone!();
    log();
    for layers in [1, 2] {
        let path = format!("/ready/{layers}");
        let request = || Request::patch(&path).body(()).expect("a request");
        let mut once = edge().wrap(NotReady::default());
        let mut twice = edge().wrap(edge().wrap(NotReady::default()));
        for expected in [500, 200] {
            let status = match layers {
                1 => once
                    .ready()
                    .await
                    .expect("ready")
                    .call(request())
                    .await
                    .expect("never fails")
                    .status(),
                _ => twice
                    .ready()
                    .await
                    .expect("ready")
                    .call(request())
                    .await
                    .expect("never fails")
                    .status(),
            };
            assert_eq!(status.as_u16(), expected, "{layers} layers");
        }
        assert_eq!(requests("PATCH", &path, "500"), 1);
        assert_eq!(requests("PATCH", &path, "200"), 1);
        assert_eq!(timed(&[("http_route", &path), ("error_type", "panic")]), 1);
    }
    assert_eq!(active("PATCH"), 0);
}

/// An empty body, unless it is asked for its end.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
    fn is_end_stream(&self) -> bool {
        panic!("a body's bug")
    }
}

#[tokio::test]
async fn a_body_that_panics_when_asked_for_its_end_costs_no_response() {
    alone!();
    log();
    let service = service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(Endless)))
    });
    let request = Request::get("/end").body(()).expect("a request");
    let response = edge().wrap(service).oneshot(request).await;
    assert_eq!(response.map(|response| response.status().as_u16()), Ok(200));
}

#[tokio::test]
async fn a_rule_for_routes_that_panics_is_a_500_and_the_connection_lives() {
    alone!();
    let below = http::layer().route_by(|extensions| {
        assert!(extensions.len() > 100, "a rule's bug");
        None
    });
    let addr = serve(edge().wrap(below.wrap(service_fn(handle)))).await;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(
            tokio::net::TcpStream::connect(addr)
                .await
                .expect("a server"),
        ))
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let (mut alone, connection) =
        hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(
            tokio::net::TcpStream::connect(serve(below.wrap(service_fn(handle))).await)
                .await
                .expect("a server"),
        ))
        .await
        .expect("a connection");
    tokio::spawn(connection);
    for sender in [&mut sender, &mut alone] {
        for _ in 0..2 {
            let request = Request::delete("/ruled").header("host", "localhost");
            let request = request.body(Empty::new()).expect("a request");
            let response = sender.send_request(request).await.expect("an answer");
            assert_eq!(response.status(), 500);
        }
    }
    assert_eq!(requests("DELETE", "/ruled", "500"), 2);
    assert_eq!(requests("DELETE", "unmatched", "500"), 2);
    wait_for("none in flight", || (active("DELETE") == 0).then_some(()));
}

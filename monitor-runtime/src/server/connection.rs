//! Serves one connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::access::malformed;
use super::connection_slots::{InRequest, Slot};
use super::default_headers::HeaderFixer;
use super::limits::Limits;
use super::routes::{Routes, bad_request};
use super::turns::Turns;
use crate::base::unwind;
use crate::http::accept::Ends;

/// State that all connections of a server share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) routes: Routes,
    pub(super) limits: Limits,
    pub(super) turns: Turns,
    pub(super) stop: watch::Receiver<Option<Instant>>,
}

/// Answers requests until the client, a limit or the server's end closes the connection.
pub(super) async fn serve<S>(stream: S, ends: Ends, seat: Slot, shared: Shared)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let Shared {
        routes,
        limits,
        turns,
        mut stop,
    } = shared;
    let seat = Arc::new(seat);
    let routes = TowerToHyperService::new(warp::service(routes));
    let theirs = Arc::clone(&seat);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let (method, version) = (request.method().clone(), Some(request.version()));
        let refused = malformed(request.headers(), version);
        request.extensions_mut().insert(Ends { version, ..ends });
        let (routes, turns, seat) = (routes.clone(), turns.clone(), Arc::clone(&theirs));
        async move {
            // A request that waits for its turn is not being answered, so its place can be given
            // away.
            turns.take(ends.peer.ip()).await;
            let request_kept = seat.request();
            let answer = match refused {
                Some(problem) => bad_request(problem, &method),
                None => routes.call(request).await?,
            };
            Ok::<_, Infallible>(answer.map(|body| Answering {
                body,
                request: request_kept,
            }))
        }
    });
    let stream = TokioIo::new(HeaderFixer::new(stream, Arc::clone(&seat)));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_buf_size(limits.head)
            .serve_connection(stream, service)
    );
    // One future for both waits, so that a place that is given away is noticed before and after the
    // connection has reached its age.
    let mut given_away = pin!(seat.given_away());
    let ended = tokio::select! {
        biased;
        () = &mut given_away => Ok(Ok(())),
        ended = connection.as_mut() => Ok(ended),
        () = end_of(limits.age, &mut stop) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                biased;
                () = given_away => Ok(Ok(())),
                ended = timeout(limits.age, connection) => ended,
            }
        }
    };
    let peer = ends.peer;
    // The subscriber is the service's own code, and may panic.
    unwind::quietly(|| match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%peer, %error, "management connection failed"),
        Err(_) => tracing::debug!(%peer, "management connection cut: its client does not read"),
    });
}

pin_project! {
    /// The body of an answer. Its connection counts as busy until the body has been sent or
    /// dropped.
    struct Answering<B> {
        #[pin]
        body: B,
        request: InRequest,
    }
}

impl<B: Body> Body for Answering<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Waits until the server stops, and returns the time by which it has to be gone.
pub(super) async fn stopping(stop: &mut watch::Receiver<Option<Instant>>) -> Instant {
    match stop.wait_for(Option::is_some).await {
        Ok(deadline) => deadline.unwrap_or_else(Instant::now),
        // The server was leaked or lost, so no deadline can come any more.
        Err(_) => Instant::now(),
    }
}

/// Waits until a connection should take no more requests.
async fn end_of(age: Duration, stop: &mut watch::Receiver<Option<Instant>>) {
    tokio::select! {
        () = sleep(age) => {}
        _ = stopping(stop) => {}
    }
}

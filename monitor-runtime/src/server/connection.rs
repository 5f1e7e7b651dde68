//! One connection, from its first byte to its last.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::access::Peer;
use super::routes::Routes;

/// What clients are allowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at once.
    pub(super) connections: usize,
    /// Bytes of one request's line and headers, at least 8192.
    pub(super) head: usize,
    /// The time to send them, which is also the time a connection may idle between requests.
    pub(super) head_time: Duration,
    /// The age at which a connection is asked to end after the request it is in; at twice this age
    /// it is cut. A client that does not read its answer would keep its slot for ever otherwise.
    pub(super) age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            head: 16 * 1024,
            head_time: Duration::from_secs(10),
            age: Duration::from_secs(60),
        }
    }
}

/// Answers requests until the client, a limit or the server's end closes the connection.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Routes,
    limits: Limits,
    mut stop: watch::Receiver<Option<Instant>>,
) {
    // Not worth a word if it fails: answers come a little later.
    let _ = stream.set_nodelay(true);
    let routes = TowerToHyperService::new(warp::service(routes));
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        routes.call(request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_buf_size(limits.head)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => Ok(ended),
        () = end_of(limits.age, &mut stop) => {
            connection.as_mut().graceful_shutdown();
            timeout(limits.age, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%peer, %error, "management connection failed"),
        Err(_) => tracing::debug!(%peer, "management connection cut: its client does not read"),
    }
}

/// Waits until the server stops and returns by when it has to be gone.
pub(super) async fn stopping(stop: &mut watch::Receiver<Option<Instant>>) -> Instant {
    match stop.wait_for(Option::is_some).await {
        Ok(deadline) => deadline.unwrap_or_else(Instant::now),
        // The server was leaked or lost: nobody is left to give it more time.
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

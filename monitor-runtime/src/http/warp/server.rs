//! Connections, from the first to the last.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::Monitored;
use crate::accept::{Ends, Refusals};

/// The longest pause after the system refused to hand out a connection.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A server that does not listen yet; made by [`serve`](super::serve).
#[derive(Debug)]
#[must_use = "it serves nothing before `run()`"]
pub struct Server<S> {
    service: S,
}

/// A server that listens.
#[must_use = "it serves nothing before `run()`"]
pub struct Bound<S> {
    service: S,
    listener: TcpListener,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<S: Monitored> Server<S> {
    pub(super) fn new(service: S) -> Self {
        Self { service }
    }

    /// Listens on an address.
    ///
    /// # Errors
    ///
    /// Those of binding it, which the system words: in use, not available, not permitted.
    pub async fn bind(self, addr: impl Into<SocketAddr>) -> io::Result<Bound<S>> {
        Ok(self.incoming(TcpListener::bind(addr.into()).await?))
    }

    /// Serves a listener that is bound already.
    pub fn incoming(self, listener: TcpListener) -> Bound<S> {
        Bound {
            service: self.service,
            listener,
            end: Box::pin(pending()),
        }
    }
}

impl<S: Monitored> Bound<S> {
    /// Ends with `end`: then no connection is taken any more, and those there are finish the
    /// requests they are in.
    pub fn graceful(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        self.end = Box::pin(end);
        self
    }

    /// Serves until the future given to [`graceful`](Self::graceful) ends, and the last connection.
    pub async fn run(self) {
        let Self {
            service,
            listener,
            mut end,
        } = self;
        let connections = GracefulShutdown::new();
        let mut refusals = Refusals::new("http::warp", LONGEST_PAUSE);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut end => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    refusals.accepted();
                    connect(stream, peer, service.clone(), &connections);
                }
                // Out of file descriptors, most likely: it takes others to end.
                Err(error) => {
                    if let Some(pause) = refusals.refused(&error) {
                        sleep(pause).await;
                    }
                }
            }
        }
        drop(listener);
        connections.shutdown().await;
    }
}

fn connect<S: Monitored>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    connections: &GracefulShutdown,
) {
    // Not worth a word if it fails: answers come a little later.
    let _ = stream.set_nodelay(true);
    let ends = Ends {
        local: stream.local_addr().ok(),
        ..Ends::of_peer(peer)
    };
    let watcher = connections.watcher();
    tokio::spawn(async move {
        let service = TowerToHyperService::new(service);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let version = Some(request.version());
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(Ends { version, ..ends });
            service.call(request)
        });
        let server = Builder::new(TokioExecutor::new());
        let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let connection = pin!(watcher.watch(connection));
        if let Err(error) = connection.await {
            // What a client did, as often as not: it hung up.
            tracing::debug!(%peer, %error, "connection failed");
        }
    });
}

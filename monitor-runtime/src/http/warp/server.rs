//! Serves connections over HTTP/1 and HTTP/2.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Monitored;
use crate::base::outcome::CancelReason;
use crate::base::scoped_future::{Place, Within};
use crate::context::cancellation;
use crate::http::accept::{Ends, Refusals};
use crate::http::in_flight::{drain_limit, tell_of_cut};

/// The longest pause after the system refused to hand out a connection.
const MAX_PAUSE: Duration = Duration::from_millis(500);
/// The time that the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The interval of HTTP/2 pings, and the time that an answer may take.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

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
    /// An error of the system: the address is in use, not available, or not permitted.
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
    /// Ends gracefully after `end`: no connection is accepted any more, and open ones finish their
    /// current requests within the drain limit (`MONITOR_DRAIN_LIMIT`, 30 s).
    ///
    /// Requests that run longer are cut off, and one `WARN` line has their number.
    pub fn graceful(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        self.end = Box::pin(end);
        self
    }

    /// Serves until the future given to [`graceful`](Self::graceful) has ended, and the last
    /// connection has closed.
    ///
    /// A connection that takes more than 30 s over the head of a request, or between two requests
    /// of HTTP/1, is closed. A peer of HTTP/2 has to answer a PING within 20 s.
    pub async fn run(self) {
        let Self {
            service,
            listener,
            mut end,
        } = self;
        let (ending, _) = watch::channel(false);
        let cut = Cut::default();
        let mut connections = JoinSet::new();
        let mut refusals = Refusals::new("http::warp", MAX_PAUSE);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
                () = &mut end => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    refusals.accepted();
                    let service = service.clone();
                    let attend = attend(stream, peer, service, ending.subscribe(), cut.clone());
                    connections.spawn(Within::new(attend, cut.clone()));
                }
                // Most likely the process is out of file descriptors: other connections have to end
                // first.
                Err(error) => {
                    let Some(pause) = refusals.refused(&error) else {
                        continue;
                    };
                    tokio::select! {
                        () = sleep(pause) => {}
                        () = &mut end => break,
                    }
                }
            }
        }
        drop(listener);
        ending.send_replace(true);
        let limit = drain_limit();
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(limit, ended).await.is_err() {
            cut.0.store(true, Ordering::Relaxed);
            tell_of_cut();
            connections.shutdown().await;
        }
    }
}

/// `true` once the connections of a server are cut off.
#[derive(Clone, Default)]
struct Cut(Arc<AtomicBool>);

impl Place for Cut {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        if self.0.load(Ordering::Relaxed) {
            cancellation::dropping(Some(CancelReason::Shutdown), code)
        } else {
            code()
        }
    }
}

/// Spawns the streams of HTTP/2, each of which outlives its connection for a moment.
impl<F> Executor<F> for Cut
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        tokio::spawn(Within::new(stream, self.clone()));
    }
}

/// Serves one connection until it ends, or may be ended.
async fn attend<S: Monitored>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    mut ending: watch::Receiver<bool>,
    cut: Cut,
) {
    // Ignored if it fails: answers then arrive a little later.
    let _ = stream.set_nodelay(true);
    let ends = Ends {
        local: stream.local_addr().ok(),
        ..Ends::of_peer(peer)
    };
    let service = TowerToHyperService::new(service);
    let asked = AtomicBool::new(false);
    let service = service_fn(|mut request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let version = Some(request.version());
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Ends { version, ..ends });
        service.call(request)
    });
    let mut server = Builder::new(cut);
    let mut http1 = server.http1();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let mut http2 = server.http2();
    http2
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    let mut connection = pin!(server.serve_connection_with_upgrades(TokioIo::new(stream), service));
    // The first bytes tell the version of HTTP. No timer of hyper runs before that.
    let silent = async {
        sleep(HEAD_TIMEOUT).await;
        if asked.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = ending.wait_for(|ending| *ending) => None,
        () = silent => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(error) = ended {
        // Not a failure of the service: as often as not, the client hung up.
        tracing::debug!(%peer, %error, "connection failed");
    }
}

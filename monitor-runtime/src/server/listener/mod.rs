//! Binds the port or the socket in the file system, accepts connections on it, and gives it up.

mod acceptor;
mod bind_error;
#[cfg(unix)]
mod unix;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until};

pub(super) use self::acceptor::Acceptor;
use self::acceptor::Stream;
pub use self::bind_error::BindError;
use super::connection::{self, Shared};
use super::connection_slots::{Slot, Slots};
use super::limits::Limits;
use super::reserved_descriptors::Reserve;
use super::routes::Routes;
use super::turns::Turns;
use crate::http::accept::{Ends, Refusals, is_out_of_descriptors};
use crate::settings::config::Address;
#[cfg(unix)]
use unix::SocketFile;

/// The longest pause after the system refused to accept. A probe has a second.
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// Bytes that the system buffers for a client that does not read. Linux doubles this number.
#[cfg(unix)]
const SEND_BUFFER: usize = 128 * 1024;

/// Clients that may wait to be accepted, if the system allows so many.
#[cfg(unix)]
const BACKLOG: i32 = 1024;

/// A bound port or path that is not served yet.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    bound: Address,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(SocketFile, UnixListener),
}

/// Binds the address; port 0 lets the system choose one.
pub(crate) fn bind(addr: impl Into<Address>) -> Result<Listener, BindError> {
    let addr = addr.into();
    let opened = match &addr {
        Address::Tcp(addr) => bind_port(*addr),
        Address::Unix(path) => bind_path(path),
    };
    opened.map_err(|source| BindError { addr, source })
}

fn bind_port(addr: SocketAddr) -> io::Result<Listener> {
    let socket = TcpListener::bind(addr)?;
    // std lets 128 connections wait. A client beyond that would try again only a second later.
    #[cfg(unix)]
    {
        let socket = socket2::SockRef::from(&socket);
        socket.listen(BACKLOG)?;
        // Connections inherit it from their listener. Ignored if it fails.
        let _ = socket.set_send_buffer_size(SEND_BUFFER);
    }
    // tokio expects a non-blocking socket.
    socket.set_nonblocking(true)?;
    Ok(Listener {
        bound: socket.local_addr()?.into(),
        socket: Socket::Tcp(socket),
    })
}

#[cfg(unix)]
fn bind_path(path: &Path) -> io::Result<Listener> {
    let (file, socket) = unix::bind(path)?;
    Ok(Listener {
        socket: Socket::Unix(file, socket),
        bound: Address::Unix(path.to_owned()),
    })
}

#[cfg(not(unix))]
fn bind_path(_: &Path) -> io::Result<Listener> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Listener {
    /// Returns the address it is bound to, with the port that the system chose for port 0.
    pub(crate) fn bound(&self) -> &Address {
        &self.bound
    }

    /// Registers the socket with the runtime this is called in.
    pub(super) fn into_tokio(self) -> io::Result<Acceptor> {
        Ok(match self.socket {
            Socket::Tcp(socket) => Acceptor::Tcp(tokio::net::TcpListener::from_std(socket)?),
            #[cfg(unix)]
            Socket::Unix(file, socket) => {
                Acceptor::Unix(file, tokio::net::UnixListener::from_std(socket)?)
            }
        })
    }
}

/// Accepts and serves connections until `stop` holds a deadline, and then until that deadline.
pub(super) async fn accept_until(
    acceptor: Acceptor,
    routes: Routes,
    limits: Limits,
    mut stop: watch::Receiver<Option<Instant>>,
) {
    let places = Slots::new(limits.connections, limits.waiting);
    let reserve = Reserve::new();
    let shared = Shared {
        routes,
        limits,
        turns: Turns::new(),
        stop: stop.clone(),
    };
    let mut refusals = Refusals::new("management", MAX_PAUSE);
    let open = Arc::new(Semaphore::new(limits.open()));
    let mut accepted = 0_usize;
    loop {
        let next = async {
            let open = Open(Arc::clone(&open).acquire_owned().await.ok());
            let (stream, ends) = accept(&acceptor, &mut refusals, &reserve, &places).await;
            (stream, ends, open)
        };
        let (stream, ends, open) = tokio::select! {
            biased;
            _ = connection::stopping(&mut stop) => break,
            next = next => next,
        };
        let (shared, places) = (shared.clone(), places.clone());
        let kept = (open, reserve.clone());
        let peer = ends.peer.ip().to_canonical();
        match places.try_take(peer) {
            Some(seat) => {
                tokio::spawn(serve(stream, ends, seat, shared, kept));
            }
            // Connections behind it are accepted meanwhile: they may come from another peer.
            None => {
                if let Some(waiting) = places.wait() {
                    tokio::spawn(async move {
                        let mut stop = shared.stop.clone();
                        let seat = tokio::select! {
                            seat = places.take(peer) => seat,
                            _ = connection::stopping(&mut stop) => return,
                        };
                        drop(waiting);
                        serve(stream, ends, seat, shared, kept).await;
                    });
                }
            }
        }
        accepted = accepted.wrapping_add(1);
        if accepted.is_multiple_of(limits.batch) {
            requeue().await;
        }
    }
    drop(acceptor);
    tokio::select! {
        () = places.all_free() => {}
        () = deadline(&mut stop) => {}
    }
}

/// Waits until all tasks that are ready now have been polled; tokio's `yield_now` waits only for
/// some of them.
async fn requeue() {
    let mut polled = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Counts a connection as long as it has a file descriptor. One that has given its place away has
/// it until its task is polled, and a flood of new connections would come before that.
struct Open(#[expect(dead_code, reason = "dropped")] Option<OwnedSemaphorePermit>);

async fn serve(stream: Stream, ends: Ends, seat: Slot, shared: Shared, kept: (Open, Reserve)) {
    match stream {
        Stream::Tcp(stream) => connection::serve(stream, ends, seat, shared).await,
        #[cfg(unix)]
        Stream::Unix(stream) => connection::serve(stream, ends, seat, shared).await,
    }
    // Its descriptor is free, and other threads have hardly had time to take it.
    kept.1.fill();
}

/// Returns the next connection, and keeps trying while the system refuses to accept.
async fn accept(
    acceptor: &Acceptor,
    refusals: &mut Refusals,
    reserve: &Reserve,
    places: &Slots,
) -> (Stream, Ends) {
    loop {
        match acceptor.accept().await {
            Ok(accepted) => {
                refusals.accepted();
                reserve.fill();
                return accepted;
            }
            Err(error) => {
                let Some(pause) = refusals.refused(&error) else {
                    continue;
                };
                if is_out_of_descriptors(&error) {
                    if reserve.give_up() {
                        // Linux reports it before it looks for a connection, so there may be none.
                        tokio::select! {
                            biased;
                            accepted = acceptor.accept() => if let Ok(accepted) = accepted {
                                // Otherwise the pauses of many that wait would add up.
                                refusals.accepted();
                                return accepted;
                            },
                            () = std::future::ready(()) => {}
                        }
                        reserve.fill();
                        continue;
                    }
                    // The server's own connections hold all of the reserve, so one of them has to
                    // leave. If they hold no more than that, they first get some time for their
                    // requests.
                    let few = if pause < MAX_PAUSE { reserve.most() } else { 0 };
                    places.make_room(NO_PEER, few);
                }
                sleep(pause).await;
            }
        }
    }
}

/// Stands for the peer of a connection that is not accepted yet.
const NO_PEER: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Waits until the deadline has passed, which may move closer meanwhile.
async fn deadline(stop: &mut watch::Receiver<Option<Instant>>) {
    loop {
        let deadline = connection::stopping(stop).await;
        tokio::select! {
            () = sleep_until(deadline) => return,
            Ok(()) = stop.changed() => {}
        }
    }
}

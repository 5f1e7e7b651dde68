//! The port: binding it, accepting on it, and giving it up.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::{self, Limits};
use super::routes::Routes;

/// The pause after the system refused to accept, for want of file descriptors for example.
const BACK_OFF: Duration = Duration::from_millis(100);

/// A port that is taken but not yet answered on.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    local: SocketAddr,
}

/// Takes the port; port 0 lets the system choose one.
pub(crate) fn bind(addr: SocketAddr) -> Result<Listener, BindError> {
    let open = || {
        let socket = TcpListener::bind(addr)?;
        // What tokio expects of a socket it is handed.
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        Ok(Listener { socket, local })
    };
    open().map_err(|source| BindError { addr, source })
}

impl Listener {
    /// The address it is bound to, with the port the system chose if port 0 was asked for.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Registers the socket with the runtime this is called in.
    pub(super) fn into_tokio(self) -> io::Result<tokio::net::TcpListener> {
        tokio::net::TcpListener::from_std(self.socket)
    }
}

/// The management server's address cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    addr: SocketAddr,
    source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addr, source } = self;
        write!(f, "the management server cannot listen on {addr}")?;
        match source.kind() {
            io::ErrorKind::AddrInUse => f.write_str(": another socket has this port"),
            io::ErrorKind::AddrNotAvailable => f.write_str(": this machine has no such address"),
            _ => Ok(()),
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Accepts and serves connections until `stop` holds a deadline, and then until that.
pub(super) async fn accept_until(
    listener: tokio::net::TcpListener,
    routes: Routes,
    limits: Limits,
    mut stop: watch::Receiver<Option<Instant>>,
) {
    // One permit per open connection. Taken before accepting, so that whoever comes when all are
    // gone waits in the kernel's queue and costs this process nothing.
    let slots = Arc::new(Semaphore::new(limits.connections));
    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            (accept(&listener).await, slot)
        };
        let ((stream, peer), slot) = tokio::select! {
            next = next => next,
            _ = connection::stopping(&mut stop) => break,
        };
        let (routes, stop) = (routes.clone(), stop.clone());
        tokio::spawn(async move {
            connection::serve(stream, peer, routes, limits, stop).await;
            drop(slot);
        });
    }
    drop(listener);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    tokio::select! {
        _ = slots.acquire_many(all) => {}
        () = deadline(&mut stop) => {}
    }
}

/// The next connection, however long the system refuses to hand one out.
async fn accept(listener: &tokio::net::TcpListener) -> (TcpStream, SocketAddr) {
    let mut refused = false;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if !refused {
                    tracing::warn!(%error, "the management server cannot accept connections");
                }
                refused = true;
                sleep(BACK_OFF).await;
            }
        }
    }
}

/// Whether only a client that has gone away failed, and the next may be accepted at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

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

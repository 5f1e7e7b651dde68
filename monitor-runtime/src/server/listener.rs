//! The port, or the socket in the file system: taking it, accepting on it, and giving it up.

#[cfg(unix)]
mod unix;

use std::error::Error;
use std::fmt;
use std::io;
#[cfg(unix)]
use std::net::Ipv4Addr;
use std::net::{SocketAddr, TcpListener};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::{self, Limits};
use super::places::Places;
use super::routes::Routes;
use crate::config::Address;
#[cfg(unix)]
use unix::SocketFile;

/// The pause after the system refused to accept, for want of file descriptors for example.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Clients that may wait to be accepted, if the system lets so many.
#[cfg(unix)]
const BACKLOG: i32 = 1024;

/// A port or path that is taken but not yet answered on.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    bound: Address,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
}

/// Takes the address; port 0 lets the system choose one.
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
    // std lets 128 wait; whoever is the 129th of a crowd tries again a second later.
    #[cfg(unix)]
    socket2::SockRef::from(&socket).listen(BACKLOG)?;
    // What tokio expects of a socket it is handed.
    socket.set_nonblocking(true)?;
    Ok(Listener {
        bound: socket.local_addr()?.into(),
        socket: Socket::Tcp(socket),
    })
}

#[cfg(unix)]
fn bind_path(path: &Path) -> io::Result<Listener> {
    let (socket, file) = unix::bind(path)?;
    Ok(Listener {
        socket: Socket::Unix(socket, file),
        bound: Address::Unix(path.to_owned()),
    })
}

#[cfg(not(unix))]
fn bind_path(_: &Path) -> io::Result<Listener> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Listener {
    /// Where it is bound to, with the port the system chose if port 0 was asked for.
    pub(crate) fn bound(&self) -> &Address {
        &self.bound
    }

    /// Registers the socket with the runtime this is called in.
    pub(super) fn into_tokio(self) -> io::Result<Acceptor> {
        Ok(match self.socket {
            Socket::Tcp(socket) => Acceptor::Tcp(tokio::net::TcpListener::from_std(socket)?),
            #[cfg(unix)]
            Socket::Unix(socket, file) => {
                Acceptor::Unix(tokio::net::UnixListener::from_std(socket)?, file)
            }
        })
    }
}

/// A listening socket of the server's runtime.
pub(super) enum Acceptor {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(
        tokio::net::UnixListener,
        #[expect(dead_code, reason = "dropped with the listener")] SocketFile,
    ),
}

/// A connection.
enum Stream {
    Tcp(tokio::net::TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Acceptor {
    async fn accept(&self) -> io::Result<(Stream, SocketAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Not worth a word if it fails: answers come a little later.
                let _ = stream.set_nodelay(true);
                Ok((Stream::Tcp(stream), peer))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                // Whoever may open the file is on this machine.
                Ok((Stream::Unix(stream), (Ipv4Addr::LOCALHOST, 0).into()))
            }
        }
    }
}

/// The management server's address cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    addr: Address,
    source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addr, source } = self;
        write!(f, "the management server cannot listen on {addr}: ")?;
        let is_port = matches!(addr, Address::Tcp(_));
        match source.kind() {
            io::ErrorKind::AddrInUse if is_port => f.write_str("another socket has this port"),
            io::ErrorKind::AddrInUse => f.write_str("another process answers on this socket"),
            io::ErrorKind::AddrNotAvailable => f.write_str("this machine has no such address"),
            io::ErrorKind::NotFound => f.write_str("there is no such directory"),
            _ => source.fmt(f),
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
    acceptor: Acceptor,
    routes: Routes,
    limits: Limits,
    mut stop: watch::Receiver<Option<Instant>>,
) {
    let places = Places::new(limits.connections);
    loop {
        let next = async {
            let (stream, peer) = accept(&acceptor).await;
            (stream, peer, places.take(peer.ip()).await)
        };
        let (stream, peer, seat) = tokio::select! {
            next = next => next,
            _ = connection::stopping(&mut stop) => break,
        };
        let (routes, stop) = (routes.clone(), stop.clone());
        tokio::spawn(async move {
            match stream {
                Stream::Tcp(stream) => {
                    connection::serve(stream, peer, seat, routes, limits, stop).await;
                }
                #[cfg(unix)]
                Stream::Unix(stream) => {
                    connection::serve(stream, peer, seat, routes, limits, stop).await;
                }
            }
        });
        // Its request may be here already, and is to be seen before its place is wanted again.
        tokio::task::yield_now().await;
    }
    drop(acceptor);
    tokio::select! {
        () = places.all_free() => {}
        () = deadline(&mut stop) => {}
    }
}

/// The next connection, however long the system refuses to hand one out.
async fn accept(acceptor: &Acceptor) -> (Stream, SocketAddr) {
    let mut refused = false;
    loop {
        match acceptor.accept().await {
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

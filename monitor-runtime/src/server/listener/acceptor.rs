//! Sockets of the server's runtime: the listening one, and those of connections.

use std::io;
use std::net::Ipv4Addr;

#[cfg(unix)]
use super::unix::SocketFile;
use crate::http::accept::Ends;

/// A listening socket of the server's runtime.
pub(in crate::server) enum Acceptor {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(
        #[expect(dead_code, reason = "dropped before the listener")] SocketFile,
        tokio::net::UnixListener,
    ),
}

/// A connection.
pub(super) enum Stream {
    Tcp(tokio::net::TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Acceptor {
    pub(super) async fn accept(&self) -> io::Result<(Stream, Ends)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Ignored if it fails: answers then arrive a little later.
                let _ = stream.set_nodelay(true);
                let local = stream.local_addr().ok();
                let ends = Ends {
                    local,
                    ..Ends::of_peer(peer)
                };
                Ok((Stream::Tcp(stream), ends))
            }
            #[cfg(unix)]
            Self::Unix(_, listener) => {
                let (stream, _) = listener.accept().await?;
                // A client that may open the file is on this machine.
                let ends = Ends::of_peer((Ipv4Addr::LOCALHOST, 0).into());
                Ok((Stream::Unix(stream), ends))
            }
        }
    }
}

//! Accepts connections for the management server and for [`http::warp`](crate::http), and rides out
//! a process that is out of file descriptors.
//!
//! Such a process cannot accept until it closes other descriptors. That is one episode with one
//! line in the log, however often `accept` is retried meanwhile.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::Version;

use crate::base::unwind;

/// Both ends of the connection of a request. The servers of this crate put it into every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) peer: SocketAddr,
    /// The address that the peer connected to; `None` if the server does not know it.
    pub(crate) local: Option<SocketAddr>,
    /// The request's version of HTTP; `None` if the server does not know it.
    pub(crate) version: Option<Version>,
}

impl Ends {
    /// Creates the ends of a connection of which only the peer is known.
    pub(crate) fn of_peer(peer: SocketAddr) -> Self {
        Self {
            peer,
            local: None,
            version: None,
        }
    }
}

/// An accept loop's answer to a system that hands out no connections.
pub(crate) struct Refusals {
    /// The server's name in the log.
    server: &'static str,
    longest: Duration,
    pause: Duration,
    last: Option<Instant>,
}

impl Refusals {
    const SHORTEST: Duration = Duration::from_millis(5);

    /// The time without a refusal after which an episode is over.
    const QUIET: Duration = Duration::from_secs(10);

    /// Creates one for a server that waits at most `longest` between two attempts.
    pub(crate) fn new(server: &'static str, longest: Duration) -> Self {
        Self {
            server,
            longest,
            pause: Self::SHORTEST,
            last: None,
        }
    }

    /// Notes that a connection was accepted: the next refusal begins with a short pause again.
    pub(crate) fn accepted(&mut self) {
        self.pause = Self::SHORTEST;
    }

    /// Returns the pause before the next attempt; zero if only one client's connection failed.
    ///
    /// The first refusal of an episode is an ERROR line.
    pub(crate) fn refused(&mut self, error: &io::Error) -> Option<Duration> {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind()) {
            return None;
        }
        if self.last.is_none_or(|last| last.elapsed() > Self::QUIET) {
            let server = self.server;
            // The subscriber is the service's own code, and may panic.
            unwind::quietly(
                || tracing::error!(%error, server, "no connection can be accepted; trying again"),
            );
        }
        self.last = Some(Instant::now());
        let pause = self.pause;
        self.pause = (2 * pause).min(self.longest);
        Some(pause)
    }
}

/// Returns `true` if the process or the system has no file descriptor left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    // EMFILE and ENFILE, which have the same numbers on all systems of the Unix family.
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_to_its_bound_and_begins_anew_after_a_connection() {
        let longest = Duration::from_millis(50);
        let mut refusals = Refusals::new("test", longest);
        let full = io::Error::from_raw_os_error(24);
        assert!(is_out_of_descriptors(&full));
        let pauses: Vec<_> = (0..6).filter_map(|_| refusals.refused(&full)).collect();
        assert_eq!((pauses[0], pauses[5]), (Refusals::SHORTEST, longest));
        refusals.accepted();
        assert_eq!(refusals.refused(&full), Some(Refusals::SHORTEST));
        let gone = io::Error::from(io::ErrorKind::ConnectionAborted);
        assert_eq!(refusals.refused(&gone), None);
    }
}

//! The numbers that bound the management server.

use std::time::Duration;

use super::reserved_descriptors;

/// Limits that clients are held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at once; see [`Slots`](super::connection_slots::Slots).
    pub(super) connections: usize,
    /// Connections that may wait for a place at once.
    pub(super) waiting: usize,
    /// Connections that are accepted before the accepted ones are polled, and that may be open
    /// without a place and without waiting for one. The system's queue is first come, first served,
    /// and a probe may stand at its end.
    pub(super) batch: usize,
    /// Bytes of one request's line and headers, at least 8192.
    pub(super) head: usize,
    /// The time to send them, and the time a connection may be idle between requests.
    pub(super) head_time: Duration,
    /// The age at which a connection is asked to end after its current request. At twice this age
    /// it is cut: otherwise a client that does not read its answer would keep its slot for ever.
    pub(super) age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            waiting: 64,
            batch: 32,
            head: 16 * 1024,
            head_time: Duration::from_secs(10),
            age: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// Returns the limits of a server that has just begun to run.
    pub(super) fn of_process() -> Self {
        Self::for_descriptors(reserved_descriptors::free())
    }

    /// Returns the number of connections that may have a file descriptor at once.
    pub(super) fn open(&self) -> usize {
        self.connections + self.waiting + self.batch
    }

    /// Returns the limits for a process that can open so many files more; `None` stands for any
    /// number.
    ///
    /// The service needs most of them. A quarter is for connections with a place, an eighth for
    /// those that wait for one, and a sixteenth for others: together less than half.
    /// With two places, a peer that keeps both busy has to give one up for a probe.
    fn for_descriptors(free: Option<usize>) -> Self {
        let limits = Self::default();
        let Some(free) = free else { return limits };
        Self {
            connections: (free / 4).clamp(2, limits.connections),
            waiting: (free / 8).clamp(1, limits.waiting),
            batch: (free / 16).clamp(1, limits.batch),
            ..limits
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_take_less_than_half_of_the_free_descriptors() {
        let counts = |free| {
            let limits = Limits::for_descriptors(free);
            (limits.connections, limits.waiting, limits.batch)
        };
        assert_eq!(counts(None), (256, 64, 32));
        assert_eq!(counts(Some(usize::MAX)), (256, 64, 32));
        assert_eq!(counts(Some(1024)), (256, 64, 32));
        assert_eq!(counts(Some(1000)), (250, 64, 32));
        assert_eq!(counts(Some(30)), (7, 3, 1));
        assert_eq!(counts(Some(0)), (2, 1, 1));
        for free in 9..2000 {
            let open = Limits::for_descriptors(Some(free)).open();
            assert!(2 * open < free, "{free}");
        }
    }
}

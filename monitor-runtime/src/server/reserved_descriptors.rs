//! Keeps file descriptors in reserve, so that probes are answered even if the process has used up
//! all others.
//!
//! If none is left, one of them is given up, and the connection that is accepted in its place is
//! answered. When the connection ends, the reserve is filled up again before other threads take the
//! descriptor.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

/// The descriptors that one server keeps in reserve.
#[derive(Clone)]
pub(super) struct Reserve {
    most: usize,
    kept: Arc<Mutex<Vec<File>>>,
}

impl Reserve {
    /// Enough for the probes of an orchestrator and a scrape at a time.
    const MAX_RESERVED: usize = 4;

    /// If the process can open few more, most of those are for the process: the reserve is at most
    /// a quarter.
    const SHARE: usize = 4;

    /// Opens the reserve, as far as descriptors are available.
    pub(super) fn new() -> Self {
        let most = Self::size(free());
        let kept = std::iter::from_fn(open).take(most).collect();
        Self {
            most,
            kept: Arc::new(Mutex::new(kept)),
        }
    }

    /// Returns the size for a process that can open so many files more; `None` stands for any
    /// number.
    ///
    /// The number is asked for, not tried out: another part of the process that opens a file
    /// meanwhile would find none left.
    fn size(free: Option<usize>) -> usize {
        let free = free.unwrap_or(usize::MAX);
        // Keeps one if only two or three are available.
        (free / Self::SHARE).clamp(usize::from(free > 1), Self::MAX_RESERVED)
    }

    /// Opens again what was given up.
    pub(super) fn fill(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.len() < self.most {
            let Some(file) = open() else { return };
            kept.push(file);
        }
    }

    /// Returns the largest number that is kept.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Gives one up. Returns `false` if none is left.
    pub(super) fn give_up(&self) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pop().is_some()
    }
}

/// Returns the number of descriptors that the process can still open, if the system limits it.
pub(super) fn free() -> Option<usize> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};

        let most = usize::try_from(getrlimit(Resource::Nofile).current?).ok()?;
        Some(most.saturating_sub(taken().unwrap_or(most)))
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// Returns the number of descriptors that the process has; `None` if it can open no more.
#[cfg(unix)]
fn taken() -> Option<usize> {
    use std::os::fd::AsRawFd;

    // A file gets the lowest free number. More may be taken above it; where the folder lists all, it is open
    // itself meanwhile.
    let lowest = usize::try_from(open()?.as_raw_fd()).ok()?;
    let listed = std::fs::read_dir("/dev/fd").map_or(0, |all| all.flatten().count());
    Some(lowest.max(listed.saturating_sub(1)))
}

fn open() -> Option<File> {
    if cfg!(unix) {
        File::open("/dev/null").ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_takes_a_quarter_of_the_free_descriptors_and_at_most_four() {
        for (free, size) in [
            (None, 4),
            (Some(usize::MAX), 4),
            (Some(16), 4),
            (Some(15), 3),
            (Some(4), 1),
            (Some(2), 1),
            (Some(1), 0),
            (Some(0), 0),
        ] {
            assert_eq!(Reserve::size(free), size, "{free:?}");
        }
    }
}

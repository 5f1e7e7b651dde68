//! File descriptors kept back for the moment when the process has used up all others.
//!
//! That is when probes matter. With none left, one is given up, and the connection that is accepted in
//! its place is answered; when it ends, the reserve is filled up again before others see the descriptor.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

/// The descriptors kept back by one server.
#[derive(Clone)]
pub(super) struct Reserve {
    most: usize,
    kept: Arc<Mutex<Vec<File>>>,
}

impl Reserve {
    /// Enough for the probes of an orchestrator and a scrape at a time.
    const MOST: usize = 4;

    /// A process that may have few more gets most of these: the reserve is a quarter of them at most.
    const SHARE: usize = 4;

    /// Keeps back what there is to be had.
    pub(super) fn new() -> Self {
        let opened = std::iter::from_fn(open).take(Self::MOST * Self::SHARE);
        let mut kept: Vec<File> = opened.collect();
        // Keeps one if only two or three were available.
        let most = (kept.len() / Self::SHARE).max(usize::from(kept.len() > 1));
        kept.truncate(most);
        Self {
            most,
            kept: Arc::new(Mutex::new(kept)),
        }
    }

    /// Takes back what was given up.
    pub(super) fn fill(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.len() < self.most {
            let Some(file) = open() else { return };
            kept.push(file);
        }
    }

    /// Returns how many are kept back at most.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Gives one up. Returns `false` if none is left.
    pub(super) fn give_up(&self) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pop().is_some()
    }
}

fn open() -> Option<File> {
    if cfg!(unix) {
        File::open("/dev/null").ok()
    } else {
        None
    }
}

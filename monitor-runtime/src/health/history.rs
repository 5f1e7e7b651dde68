//! The last runs of a check.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The number of runs that are kept.
pub(super) const RUNS: usize = 50;

/// A run that has ended.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The wall clock at its end, for people.
    pub(super) time: SystemTime,
    pub(super) took: Duration,
    /// The reason why it failed, if it did.
    pub(super) failure: Option<Arc<str>>,
}

/// The last runs, the newest last.
#[derive(Default)]
pub(super) struct History(VecDeque<Run>);

impl History {
    /// Keeps a run, and forgets the one before the last [`RUNS`].
    pub(super) fn push(&mut self, time: SystemTime, took: Duration, failure: Option<String>) {
        // A dependency that is down fails with the same text again and again, so runs share it.
        let known = self.0.back().and_then(|last| last.failure.clone());
        let failure = failure.map(|text| match known {
            Some(known) if *known == *text => known,
            _ => text.into(),
        });
        if self.0.len() == RUNS {
            self.0.pop_front();
        }
        self.0.push_back(Run {
            time,
            took,
            failure,
        });
    }

    pub(super) fn last(&self) -> Option<&Run> {
        self.0.back()
    }

    pub(super) fn to_vec(&self) -> Vec<Run> {
        self.0.iter().cloned().collect()
    }
}

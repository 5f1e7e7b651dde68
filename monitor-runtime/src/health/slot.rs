//! One check's place in the cache.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Check, TARGET};

/// What a verdict may be late by before its check counts as stuck.
const SLACK: Duration = Duration::from_secs(1);

/// A check and its last verdict.
pub(super) struct Slot {
    pub(super) check: Check,
    /// Held for as long as it takes to copy a verdict, never while a check runs.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the checks were started.
    since: Option<Instant>,
    verdict: Option<Verdict>,
}

/// How a run ended.
#[derive(Clone)]
pub(super) struct Verdict {
    at: Instant,
    /// The wall clock at the end of the run, for people.
    pub(super) time: SystemTime,
    pub(super) took: Duration,
    failure: Option<String>,
}

/// What a check's last verdict means now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has not answered yet, and still has time to.
    Pending,
    Passing,
    /// With the reason.
    Failing(String),
}

impl Slot {
    pub(super) fn new(check: Check) -> Self {
        Self {
            check,
            state: Mutex::default(),
        }
    }

    /// Starts the clock by which the first verdict is awaited.
    pub(super) fn start(&self, now: Instant) {
        self.state().since = Some(now);
    }

    /// Stores how a run ended that was started at `start`, and logs it if the standing changed.
    pub(super) fn record(&self, start: Instant, outcome: Result<(), String>) {
        let now = Instant::now();
        let failure = outcome.err();
        let verdict = Verdict {
            at: now,
            time: SystemTime::now(),
            took: now.duration_since(start),
            failure: failure.clone(),
        };
        let previous = self.state().verdict.replace(verdict);
        let failed_before = previous.is_some_and(|verdict| verdict.failure.is_some());

        let Check { name, critical, .. } = &self.check;
        match failure {
            Some(error) if !failed_before => {
                tracing::warn!(target: TARGET, check = name, critical, error, "health check failed");
            }
            None if failed_before => {
                tracing::info!(target: TARGET, check = name, critical, "health check recovered");
            }
            _ => {}
        }
    }

    /// What the last verdict means at `now`.
    pub(super) fn standing(&self, now: Instant) -> Standing {
        self.state().standing(&self.check, now)
    }

    /// [`Slot::standing`] together with the verdict it was read from.
    pub(super) fn read(&self, now: Instant) -> (Standing, Option<Verdict>) {
        let state = self.state();
        (state.standing(&self.check, now), state.verdict.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn standing(&self, check: &Check, now: Instant) -> Standing {
        let late = check.timeout.saturating_add(SLACK);
        let (last, limit) = match (&self.verdict, self.since) {
            (Some(verdict), _) => (verdict.at, late.saturating_add(check.interval)),
            (None, Some(since)) => (since, late),
            (None, None) => return Standing::Pending,
        };
        let age = now.saturating_duration_since(last);
        if age > limit {
            return Standing::Failing(format!("has not finished for {}s", age.as_secs()));
        }
        match &self.verdict {
            None => Standing::Pending,
            Some(Verdict { failure: None, .. }) => Standing::Passing,
            Some(Verdict {
                failure: Some(failure),
                ..
            }) => Standing::Failing(failure.clone()),
        }
    }
}

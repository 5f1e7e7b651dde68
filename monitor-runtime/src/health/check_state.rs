//! The cached state of one check.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::awake::{Awake, Moment};
use super::history::{History, Run};
use super::{Check, TARGET};
use crate::base::rate_limit::Limit;
use crate::base::unwind;
use crate::sentry;

/// The time that a verdict may be late before its check counts as stuck.
const SLACK: Duration = Duration::from_secs(1);

/// A check and its last verdict.
pub(super) struct Slot {
    pub(super) check: Check,
    /// Held for as long as it takes to copy a verdict, never while a check runs.
    state: Mutex<State>,
    /// Limits the Sentry events of its failures.
    events: Limit,
    awake: Awake,
}

#[derive(Default)]
struct State {
    /// The time at which the checks were started.
    started: Option<Moment>,
    /// The end of the last run.
    ended: Option<Moment>,
    runs: History,
    verdict: Option<Verdict>,
}

/// The verdict after the runs so far.
struct Verdict {
    /// The reason why the check counts as failing, if it does: the text of the last run that failed.
    failure: Option<Arc<str>>,
    /// The wall clock at its start, for people.
    since: SystemTime,
    /// Runs in a row that ended otherwise.
    against: u32,
}

/// The meaning of a check's last verdict at a moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has not answered yet, and still has time to.
    Pending,
    Passing,
    /// With the reason.
    Failing(String),
}

/// Everything that can be said of a check at one moment.
pub(super) struct Reading {
    pub(super) standing: Standing,
    /// The time at which it began to pass or to fail.
    pub(super) since: Option<SystemTime>,
    pub(super) last: Option<Run>,
    /// The newest last; empty if the query does not ask for it.
    pub(super) history: Vec<Run>,
}

impl Slot {
    /// Creates one whose verdicts grow old by this clock.
    pub(super) fn new(check: Check, awake: Awake) -> Self {
        Self {
            check,
            state: Mutex::default(),
            events: Limit::new(),
            awake,
        }
    }

    pub(super) fn awake(&self) -> &Awake {
        &self.awake
    }

    /// Starts the clock by which the first verdict is awaited.
    pub(super) fn start(&self, now: Instant) {
        self.state().started = Some(self.awake.moment(now));
    }

    /// Stores the result of a run that began at `start`, and reports it if the verdict changed.
    pub(super) fn record(&self, start: Instant, outcome: Result<(), String>) {
        let now = Instant::now();
        let (time, took) = (SystemTime::now(), now.duration_since(start));
        let failure = outcome.err();
        let changed = {
            let mut state = self.state();
            state.ended = Some(self.awake.moment(now));
            state.runs.push(time, took, failure.clone());
            state.judge(&self.check, time)
        };
        if changed {
            self.tell(failure.as_deref());
        }
    }

    /// Logs a change. The line is an ERROR, and an event in Sentry, if the change takes the service
    /// out of rotation.
    ///
    /// The subscriber and Sentry run code of the service, whose panic must not end the task that
    /// supervises the check.
    fn tell(&self, failure: Option<&str>) {
        let Check { name, critical, .. } = &self.check;
        sentry::own_line(*critical && failure.is_some(), || {
            match (failure, critical) {
                (Some(error), true) => {
                    tracing::error!(target: TARGET, check = name, critical, error, "health check failed");
                }
                (Some(error), false) => {
                    tracing::warn!(target: TARGET, check = name, critical, error, "health check failed");
                }
                (None, _) => {
                    tracing::info!(target: TARGET, check = name, critical, "health check recovered");
                }
            }
        });
        if let (Some(error), true) = (failure, *critical) {
            unwind::quietly(|| sentry::unhealthy(name, error, &self.events));
        }
    }

    /// Returns the meaning of the last verdict at `now`.
    pub(super) fn standing(&self, now: Instant) -> Standing {
        self.state().standing(&self.check, &self.awake, now)
    }

    /// Returns [`Slot::standing`] together with the state it was computed from.
    pub(super) fn read(&self, now: Instant, history: bool) -> Reading {
        let state = self.state();
        Reading {
            standing: state.standing(&self.check, &self.awake, now),
            since: state.verdict.as_ref().map(|verdict| verdict.since),
            last: state.runs.last().cloned(),
            history: if history {
                state.runs.to_vec()
            } else {
                Vec::new()
            },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Applies the last run. Returns `true` if the verdict has changed and is to be reported.
    fn judge(&mut self, check: &Check, time: SystemTime) -> bool {
        let Some(last) = self.runs.last() else {
            return false;
        };
        let failed = last.failure.is_some();
        let new = || Verdict {
            failure: last.failure.clone(),
            since: time,
            against: 0,
        };
        let Some(verdict) = &mut self.verdict else {
            self.verdict = Some(new());
            return failed;
        };
        // The newest reason is the one to report.
        if let (Some(failure), Some(newest)) = (&mut verdict.failure, &last.failure) {
            failure.clone_from(newest);
        }
        if failed == verdict.failure.is_some() {
            verdict.against = 0;
            return false;
        }
        verdict.against += 1;
        let needed = if failed {
            check.failures
        } else {
            check.successes
        };
        let changes = verdict.against >= needed;
        if changes {
            *verdict = new();
        }
        changes
    }

    fn standing(&self, check: &Check, awake: &Awake, now: Instant) -> Standing {
        let late = check.timeout.saturating_add(SLACK);
        let (last, limit) = match (self.ended, self.started) {
            (Some(ended), _) => (ended, late.saturating_add(check.interval)),
            (None, Some(started)) => (started, late),
            (None, None) => return Standing::Pending,
        };
        let age = awake.since(last, now);
        if age > limit {
            return Standing::Failing(format!("has not finished for {}s", age.as_secs()));
        }
        match &self.verdict {
            None => Standing::Pending,
            Some(Verdict { failure: None, .. }) => Standing::Passing,
            Some(Verdict {
                failure: Some(failure),
                ..
            }) => Standing::Failing(failure.to_string()),
        }
    }
}

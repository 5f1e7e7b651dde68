//! Health: checks that run in the background, and what their verdicts add up to.
//!
//! A probe never runs a check. Checks run at their own pace, their last verdicts are cached, and
//! [`Health::ready`] and [`Health::report`] read the cache: a hanging database cannot make a probe
//! hang, and a storm of probes cannot load the database.

mod check;
mod failure;
mod report;
mod runner;
mod slot;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

pub use check::Check;
pub use check::InvalidCheck;
pub(crate) use report::{Report, Status};

use crate::worker::Worker;
use runner::Place;
use slot::{Slot, Standing};

/// The `tracing` target of everything this module logs.
const TARGET: &str = "monitor_runtime::health";

/// The longest [`Health::stop`] waits for its thread.
const STOP_LIMIT: Duration = Duration::from_millis(100);

/// The service a report is about.
pub(crate) struct Service {
    /// The report's `serviceId`.
    pub(crate) id: String,
    /// The report's `version`.
    pub(crate) version: String,
}

/// The state of the process as its probes see it.
pub(crate) struct Health {
    service: Service,
    slots: Vec<Arc<Slot>>,
    started: AtomicBool,
    draining: AtomicBool,
    /// Set to true, or dropped with the last `Arc<Health>`: both end the checks.
    stop: watch::Sender<bool>,
    worker: Mutex<Option<Worker>>,
}

impl Health {
    /// Takes the checks in the order a report lists them; nothing runs before [`Health::spawn`].
    pub(crate) fn new(service: Service, checks: Vec<Check>) -> Result<Arc<Self>, InvalidCheck> {
        check::validate(&checks)?;
        Ok(Arc::new(Self {
            service,
            slots: checks
                .into_iter()
                .map(|check| Arc::new(Slot::new(check)))
                .collect(),
            started: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            stop: watch::Sender::new(false),
            worker: Mutex::new(None),
        }))
    }

    /// Runs every check now and then at its interval, until [`Health::stop`].
    ///
    /// The checks run on the runtime this is called in, where their pools and clients belong, and
    /// without one on threads of our own. They are timed from a thread of our own in either case,
    /// so that a check that blocks its runtime is seen. A second call does nothing.
    pub(crate) fn spawn(self: &Arc<Self>) -> io::Result<()> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_some() || self.slots.is_empty() {
            return Ok(());
        }
        let place = Handle::try_current().map_or(Place::Own, Place::Users);
        let slots = self.slots.clone();
        let stop = self.stop.subscribe();
        *worker = Some(Worker::start("monitor-health", move || {
            Ok(runner::run_all(slots, place, stop))
        })?);
        Ok(())
    }

    /// Ends the checks; a check that blocks is left behind after a tenth of a second.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
        if let Some(worker) = &*self.worker.lock().unwrap_or_else(PoisonError::into_inner) {
            worker.join(STOP_LIMIT);
        }
    }

    /// Says that the process has finished starting, as far as it is not about its checks.
    pub(crate) fn mark_started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// Makes readiness fail from now on, so that load balancers send new work elsewhere.
    pub(crate) fn begin_drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether [`Health::begin_drain`] was called.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Whether starting is over: marked so, and every check has a verdict or is known to be stuck.
    pub(crate) fn started(&self) -> bool {
        let now = Instant::now();
        self.started.load(Ordering::Acquire)
            && self
                .slots
                .iter()
                .all(|slot| slot.standing(now) != Standing::Pending)
    }

    /// Whether this process should get work, and if not, the first reason why.
    pub(crate) fn ready(&self) -> Result<(), NotReady> {
        let now = Instant::now();
        let mut critical = self.slots.iter().filter(|slot| slot.check.critical);
        if self.is_draining() {
            Err(NotReady::Draining)
        } else if !self.started() {
            Err(NotReady::Starting)
        } else if critical.any(|slot| slot.standing(now) != Standing::Passing) {
            Err(NotReady::CriticalFailing)
        } else {
            Ok(())
        }
    }

    /// Whether this process should be left running: neither checks nor draining count.
    #[expect(
        clippy::unused_self,
        reason = "the watchdog of the user's runtime will decide here"
    )]
    pub(crate) fn live(&self) -> bool {
        true
    }

    /// Everything `/health` can say.
    pub(crate) fn report(&self) -> Report<'_> {
        Report::new(
            &self.service,
            &self.slots,
            self.is_draining(),
            Instant::now(),
        )
    }
}

/// Why a process should not get work; its text is for strangers and names no check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotReady {
    /// It is shutting down.
    Draining,
    /// It has not finished starting, or a check has no verdict yet.
    Starting,
    /// The last verdict of a critical check is bad or too old.
    CriticalFailing,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draining => "not ready: draining",
            Self::Starting => "not ready: starting",
            Self::CriticalFailing => "not ready: a critical check is failing",
        })
    }
}

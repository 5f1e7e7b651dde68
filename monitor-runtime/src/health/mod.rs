//! Health checks and the answers to probes.
//!
//! A [`Check`] asks one dependency, such as a database. Checks run in the background, each at its own interval, and their last
//! verdicts are cached. A probe (`/readyz`, `/livez`, `/startupz`, `/health`) reads the cache and never runs a check: a hanging
//! database cannot make a probe hang, and a storm of probes cannot load the database. A [`Heartbeat`] is a check of a task of the
//! service itself.
//!
//! ```
//! use monitor_runtime::health::Check;
//! use std::time::Duration;
//!
//! # async fn ping() -> Result<(), std::io::Error> { Ok(()) }
//! let builder = monitor_runtime::builder!()
//!     .check_with(Check::new("database", || async { ping().await }).critical().interval(Duration::from_secs(5)));
//! # drop(builder);
//! ```

mod awake;
mod check;
mod check_error;
mod check_state;
mod checks;
mod error_text;
mod heartbeat;
mod history;
mod probe;
mod report;
mod runner;
#[cfg(test)]
mod tests;
mod validate;
mod watchdog;
mod workers;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

pub use check::Check;
pub use check_error::CheckError;
pub use heartbeat::Heartbeat;
pub(crate) use probe::{Point, ProbeKind, Selection};
pub(crate) use report::{Report, Status};

use crate::base::worker::Worker;
use crate::metrics;
use crate::settings::config::Config;
use awake::Awake;
use check_state::{Slot, Standing};
use watchdog::Watchdog;
pub(crate) use workers::BlockedWorker;
use workers::Workers;

/// The name of the Tokio runtime that the monitor was started in.
const MAIN: &str = "main";

/// The `tracing` target of everything this module logs.
const TARGET: &str = "monitor_runtime::health";

/// Checks that may block a thread at once, each one of its own.
const MAX_BLOCKING: usize = 512;

/// The longest time that [`Health::stop`] waits for its thread.
const STOP_LIMIT: Duration = Duration::from_millis(100);

/// The service a report is about.
pub(crate) struct Service {
    /// The report's `serviceId`.
    pub(crate) id: String,
    /// The report's `version`.
    pub(crate) version: String,
}

/// The times that a runtime and one of its workers may be blocked; `None` for ever.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BlockingLimits {
    /// A runtime that answers nothing for longer makes the process not live.
    pub(crate) runtime: Option<Duration>,
    /// A function that holds up a worker for longer is named.
    pub(crate) worker: Option<Duration>,
}

impl BlockingLimits {
    pub(crate) fn from_config(config: &Config) -> Self {
        Self {
            runtime: config.watchdog,
            worker: config.blocked_worker,
        }
    }
}

/// The state of the process as its probes see it.
pub(crate) struct Health {
    service: Service,
    slots: Vec<Arc<Slot>>,
    /// The clock by which verdicts grow old.
    awake: Awake,
    watchdog: Arc<Watchdog>,
    workers: Arc<Workers>,
    started: AtomicBool,
    draining: AtomicBool,
    /// Set to true, or dropped with the last `Arc<Health>`: both end the checks.
    stop: watch::Sender<bool>,
    worker: Mutex<Option<Worker>>,
}

impl Health {
    /// Takes the checks in the order in which a report lists them; nothing runs before
    /// [`Health::spawn`].
    pub(crate) fn new(
        service: Service,
        checks: Vec<Check>,
        limits: BlockingLimits,
    ) -> Result<Arc<Self>, CheckError> {
        validate::validate(&checks)?;
        let awake = Awake::default();
        let watchdog = Arc::new(Watchdog::new(limits.runtime));
        Ok(Arc::new(Self {
            service,
            slots: checks
                .into_iter()
                .map(|check| Arc::new(Slot::new(check, awake.clone())))
                .collect(),
            awake,
            workers: Arc::new(Workers::new(limits.worker, Arc::clone(&watchdog))),
            watchdog,
            started: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            stop: watch::Sender::new(false),
            worker: Mutex::new(None),
        }))
    }

    /// Runs every check now and then at its interval, until [`Health::stop`], and watches the
    /// runtime this is called in.
    ///
    /// The checks run on that runtime, with its pools and clients, or on threads of their own
    /// without one. A separate thread times them, so that a check that blocks its runtime is
    /// noticed. A second call does nothing.
    pub(crate) fn spawn(self: &Arc<Self>) -> io::Result<()> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = self.slots.is_empty() && !self.watchdog.is_on() && !self.workers.is_on();
        if worker.is_some() || is_idle {
            return Ok(());
        }
        let users = Handle::try_current().ok();
        if let Some(runtime) = &users {
            self.watchdog.watch(MAIN, runtime);
            self.workers.watch(MAIN, runtime);
        }
        let watches = runner::Watches {
            runtimes: Arc::clone(&self.watchdog),
            workers: Arc::clone(&self.workers),
        };
        let slots = self.slots.clone();
        let (awake, stop) = (self.awake.clone(), self.stop.subscribe());
        *worker = Some(Worker::start("monitor-health", MAX_BLOCKING, move || {
            Ok(runner::run_all(slots, users, watches, awake, stop))
        })?);
        Ok(())
    }

    /// Watches one more runtime: the one this is called in.
    pub(crate) fn watch(&self, name: &str) -> Result<(), CheckError> {
        if !validate::is_name(name) {
            return Err(CheckError::Name(name.to_owned()));
        }
        let Ok(runtime) = Handle::try_current() else {
            return Err(CheckError::NoRuntime(name.to_owned()));
        };
        if !self.watchdog.watch(name, &runtime) {
            return Err(CheckError::Duplicate(name.to_owned()));
        }
        self.workers.watch(name, &runtime);
        Ok(())
    }

    /// Ends the checks. A check that blocks is left behind after a tenth of a second.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
        if let Some(worker) = &*self.worker.lock().unwrap_or_else(PoisonError::into_inner) {
            worker.join(STOP_LIMIT);
        }
    }

    /// Notes that the process has finished starting, apart from its checks.
    pub(crate) fn mark_started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// Makes readiness fail from now on, so that load balancers send new work elsewhere.
    pub(crate) fn begin_drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Returns `true` after [`Health::begin_drain`].
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Answers a question about the whole process, with the first reason for a negative answer.
    #[cfg(test)]
    pub(crate) fn ask(&self, question: ProbeKind) -> Result<(), Refusal> {
        let points = self.points(question, &Selection::default());
        let mut failing = points.into_iter().filter(|point| point.decides);
        let refusal = failing.find_map(|point| point.failure.map(|(refusal, _)| refusal));
        refusal.map_or(Ok(()), Err)
    }

    /// Returns `true` if a check is in one of the selected groups, or no group is selected.
    pub(crate) fn has_groups(&self, selection: &Selection) -> bool {
        let mut slots = self.slots.iter();
        selection.groups.is_empty() || slots.any(|slot| selection.has_group_of(&slot.check.groups))
    }

    /// Returns everything `/health` can say of the selected checks.
    pub(crate) fn report(&self, selection: &Selection, verbose: bool) -> Report<'_> {
        Report::new(self, selection, verbose)
    }

    /// Returns the last runs of the check at a place, as the live page draws them.
    pub(crate) fn runs(&self, place: usize) -> Option<String> {
        /// The number of runs that the page has room for.
        const SHOWN: usize = 20;
        let slot = self.slots.get(place)?;
        Some(report::last_runs(slot, SHOWN))
    }

    /// Returns the critical checks that fail now, each with the reason.
    pub(crate) fn critical_failures(&self) -> Vec<(&str, String)> {
        let now = Instant::now();
        let critical = self.slots.iter().filter(|slot| slot.check.critical);
        let failing = critical.filter_map(|slot| match slot.standing(now) {
            Standing::Failing(output) => Some((slot.check.name.as_str(), output)),
            Standing::Pending | Standing::Passing => None,
        });
        failing.collect()
    }

    /// Returns the workers that a function blocks.
    pub(crate) fn blocked_workers(&self) -> Vec<BlockedWorker> {
        self.workers.blocked()
    }

    /// Returns the time for which each watched worker has been blocked.
    pub(crate) fn worker_readings(&self) -> Vec<metrics::WorkerReading> {
        self.workers.readings()
    }

    /// Returns the last verdict and duration of every check that has one, and whether each runtime
    /// answers.
    pub(crate) fn readings(&self) -> Vec<metrics::CheckReading> {
        let now = Instant::now();
        let checks = self.slots.iter().filter_map(|slot| {
            let reading = slot.read(now, false);
            (reading.standing != Standing::Pending).then(|| metrics::CheckReading {
                check: slot.check.name.clone(),
                up: reading.standing == Standing::Passing,
                took: reading.last.map(|run| run.took),
            })
        });
        let runtimes = self.watchdog.read().into_iter();
        let runtimes = runtimes.map(|runtime| metrics::CheckReading {
            check: runtime.name,
            up: runtime.blocked.is_none(),
            took: None,
        });
        checks.chain(runtimes).collect()
    }
}

/// The reason of a negative answer. Its text is public and names no check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The process is shutting down.
    Draining,
    /// It has not finished starting, or a critical check has no verdict yet.
    Starting,
    /// A watched runtime runs no tasks.
    Blocked,
    /// The last verdict of a critical check is bad or too old.
    CriticalFailing,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draining => "draining",
            Self::Starting => "starting",
            Self::Blocked => "the async runtime is blocked",
            Self::CriticalFailing => "a critical check is failing",
        })
    }
}

//! A check on a task that reports from time to time that it is alive.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::check::{Run, RunOn};
use super::{Check, CheckError};

/// A heartbeat of a task or a thread, which the task itself gives.
///
/// Its [check](Heartbeat::check) fails if the last [`beat`](Heartbeat::beat) is too long ago, or if
/// the heartbeat was dropped: a task that panics, is aborted or returns too early drops it. A task
/// that has done its work calls [`finish`](Heartbeat::finish).
///
/// While the whole process is stopped, or the machine asleep, no time passes for it.
///
/// ```
/// use monitor_runtime::health::Heartbeat;
/// use std::time::Duration;
///
/// let heartbeat = Heartbeat::new("importer", Duration::from_secs(30));
/// let builder = monitor_runtime::builder!().check_with(heartbeat.check());
/// std::thread::spawn(move || {
///     for batch in 0..3 {
///         heartbeat.beat();
///         // … import the batch …
/// #       let _ = batch;
///     }
///     heartbeat.finish();
/// });
/// # let _ = builder;
/// ```
#[derive(Debug)]
#[must_use = "dropping it says that the task has died"]
pub struct Heartbeat {
    name: String,
    limit: Duration,
    pulse: Arc<Pulse>,
}

const ALIVE: u8 = 0;
const FINISHED: u8 = 1;
const DIED: u8 = 2;

/// The state that the task writes and the check reads.
#[derive(Debug, Default)]
struct Pulse {
    beats: AtomicU64,
    /// One of the three above.
    state: AtomicU8,
}

/// The state at the check's last run.
#[derive(Default)]
struct Seen {
    beats: u64,
    at: Option<Instant>,
    silent: Duration,
}

impl Heartbeat {
    /// Creates a heartbeat for the task called `name`, which has to beat more often than every
    /// `limit`.
    ///
    /// The first beat is due when the monitor has been running for `limit`, which is longer than
    /// zero.
    pub fn new(name: impl Into<String>, limit: Duration) -> Self {
        Self {
            name: name.into(),
            limit,
            pulse: Arc::default(),
        }
    }

    /// Returns the check that watches it, of the same name. It is a degraded one, unless it is made
    /// critical.
    pub fn check(&self) -> Check {
        let (pulse, limit, seen) = (Arc::clone(&self.pulse), self.limit, Mutex::default());
        let run: Arc<Run> = Arc::new(move |_| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let verdict = pulse.judge(&mut seen, limit, Instant::now());
            Box::pin(std::future::ready(verdict.map_err(Into::into)))
        });
        // At most a quarter of the limit late, and cheap.
        let interval = (limit / 4).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let mut check = Check::from_run(self.name.clone(), RunOn::Here, run).interval(interval);
        check.problem = limit.is_zero().then(|| CheckError::Zero {
            check: self.name.clone(),
            setting: "limit",
        });
        check
    }

    /// Notes that the task is alive, by an atomic addition.
    pub fn beat(&self) {
        self.pulse.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the task has done its work. Its check passes from now on.
    pub fn finish(self) {
        self.pulse.state.store(FINISHED, Ordering::Release);
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        let state = &self.pulse.state;
        // `finish` drops it as well.
        let _ = state.compare_exchange(ALIVE, DIED, Ordering::AcqRel, Ordering::Acquire);
    }
}

impl Pulse {
    fn judge(&self, seen: &mut Seen, limit: Duration, now: Instant) -> Result<(), String> {
        match self.state.load(Ordering::Acquire) {
            FINISHED => return Ok(()),
            DIED => return Err("the task has ended without finishing".to_owned()),
            _ => {}
        }
        let beats = self.beats.load(Ordering::Relaxed);
        let passed = seen
            .at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        seen.at = Some(now);
        if beats == seen.beats {
            // A longer gap means that the check itself did not run. The task may not have run
            // either.
            seen.silent += passed.min(limit / 2);
        } else {
            (seen.beats, seen.silent) = (beats, Duration::ZERO);
        }
        if seen.silent > limit {
            let silent = seen.silent.as_secs_f64();
            return Err(format!(
                "no beat for {silent:.1} s, but {limit:?} is the limit"
            ));
        }
        Ok(())
    }
}

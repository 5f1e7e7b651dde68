//! Metrics of the process, read from the operating system and tokio whenever a page is made.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;

#[cfg(any(target_os = "linux", target_os = "android"))]
use self::linux as system;

use tokio::runtime::Handle;

/// Numbers of the process; `None` for one that the system does not provide.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Process {
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) virtual_bytes: Option<u64>,
    pub(crate) open_fds: Option<u64>,
    /// The soft limit, if there is one.
    pub(crate) max_fds: Option<u64>,
    /// Since the Unix epoch.
    pub(crate) start_seconds: Option<f64>,
    pub(crate) threads: Option<u64>,
}

/// A tokio runtime at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Runtime {
    pub(crate) workers: u64,
    pub(crate) alive_tasks: u64,
    pub(crate) queued_tasks: u64,
    /// Empty on targets without 64-bit atomics, on which tokio counts none of these.
    pub(crate) each_worker: Vec<Worker>,
}

/// A worker thread since the runtime began.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Worker {
    pub(crate) busy_seconds: f64,
    pub(crate) parks: u64,
}

/// Reads the process and the runtime, again and again.
#[derive(Clone)]
pub(crate) struct Reader {
    /// Read once: the system derives it from the wall clock each time, so it would move with the
    /// clock.
    start_seconds: Option<f64>,
    runtime: Option<Handle>,
}

impl Reader {
    /// Creates a reader for the process, and for the runtime that this is called on.
    pub(crate) fn new() -> Self {
        Self {
            start_seconds: system::start_seconds(),
            runtime: Handle::try_current().ok(),
        }
    }

    /// Reads the process in about 20 µs: three places of `/proc` on Linux, nothing elsewhere.
    pub(crate) fn process(&self) -> Process {
        Process {
            start_seconds: self.start_seconds,
            ..system::read()
        }
    }

    /// Returns the numbers of the runtime; `None` if `start()` was not called on one.
    pub(crate) fn runtime(&self) -> Option<Runtime> {
        let metrics = self.runtime.as_ref()?.metrics();
        #[cfg(target_has_atomic = "64")]
        let worker = |number| Worker {
            busy_seconds: metrics.worker_total_busy_duration(number).as_secs_f64(),
            parks: metrics.worker_park_count(number),
        };
        Some(Runtime {
            workers: metrics.num_workers() as u64,
            alive_tasks: metrics.num_alive_tasks() as u64,
            queued_tasks: metrics.global_queue_depth() as u64,
            #[cfg(target_has_atomic = "64")]
            each_worker: (0..metrics.num_workers()).map(worker).collect(),
            #[cfg(not(target_has_atomic = "64"))]
            each_worker: Vec::new(),
        })
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use super::Process;

    pub(crate) fn start_seconds() -> Option<f64> {
        None
    }

    pub(crate) fn read() -> Process {
        Process::default()
    }
}

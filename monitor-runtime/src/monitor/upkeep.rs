//! Runs the periodic tasks of the started runtime on one thread.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusHandle;

use crate::base::unwind;
use crate::context::trace::asked;
use crate::logs;
use crate::metrics::facade;
use crate::sentry::panic_lines;
use crate::server;
use crate::slo;

/// The time that a panic waits for the line of its function or request before it gets a line of its own.
const PANIC_WAITS: Duration = Duration::from_secs(2);

/// The periodic tasks.
pub(crate) struct Upkeep {
    /// The exporter. Without this upkeep, its histograms grow until the next scrape.
    pub(crate) others: Option<PrometheusHandle>,
    /// The interval at which call sites are published through the facade, and the service's name.
    pub(crate) facade: Option<(Duration, String)>,
    /// The management server, if there is one.
    pub(crate) server: Option<server::Context>,
    /// `true` if functions have objectives, whose budgets are computed from samples.
    pub(crate) objectives: bool,
}

/// A periodic task.
struct Rounds {
    interval: Duration,
    last: Instant,
}

impl Rounds {
    fn every(interval: Duration) -> Self {
        Self {
            interval,
            last: Instant::now(),
        }
    }

    fn left(&self) -> Duration {
        self.interval.saturating_sub(self.last.elapsed())
    }

    /// Returns `true` if it is time for a round, and begins it.
    fn begin(&mut self) -> bool {
        let due = self.left().is_zero();
        if due {
            self.last = Instant::now();
        }
        due
    }
}

impl Upkeep {
    const INTERVAL: Duration = Duration::from_secs(5);

    /// Starts the thread, which ends when the sender is dropped.
    pub(crate) fn start(self) -> io::Result<mpsc::Sender<()>> {
        let (stop, stopped) = mpsc::channel::<()>();
        std::thread::Builder::new()
            .name("monitor-upkeep".into())
            .spawn(move || self.run(&stopped))?;
        Ok(stop)
    }

    fn run(self, stopped: &mpsc::Receiver<()>) {
        let mut rounds = Rounds::every(Self::INTERVAL);
        let interval = self.facade.as_ref().map(|(interval, _)| *interval);
        let mut published = interval.map(Rounds::every);
        loop {
            let other = published.as_ref().map_or(Duration::MAX, Rounds::left);
            let waited = stopped.recv_timeout(rounds.left().min(other));
            // The last round publishes what the calls of a shutdown have counted.
            let last = waited != Err(RecvTimeoutError::Timeout);
            if rounds.begin() || last {
                self.keep_up(last);
            }
            if let Some((_, service)) = &self.facade
                && (published.as_mut().is_some_and(Rounds::begin) || last)
            {
                unwind::quietly(|| facade::publish(service));
            }
            if last {
                return;
            }
        }
    }

    // Each part may run user code. A panic ends one part of one round, not the thread.
    fn keep_up(&self, last: bool) {
        unwind::quietly(|| logs::places::sum_up(last));
        unwind::quietly(logs::tell_dropped);
        unwind::quietly(|| panic_lines::tell_late(PANIC_WAITS));
        unwind::quietly(asked::settle);
        if let Some(handle) = &self.others {
            unwind::quietly(|| handle.run_upkeep());
        }
        if let Some(server) = &self.server {
            unwind::quietly(|| server.read());
        }
        if self.objectives {
            unwind::quietly(slo::sample);
        }
        if let Some(server) = &self.server {
            unwind::quietly(|| server.watch());
        }
    }
}

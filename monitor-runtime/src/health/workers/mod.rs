//! Watches the worker threads of Tokio runtimes, and names the function that blocks one while it
//! blocks it.
//!
//! At every tick the watchdog's thread reads the call stack of each worker, see
//! [`threads`](crate::context::threads). A poll that has lasted for the limit blocks its worker if
//! Tokio's own counters agree that this worker has done nothing else meanwhile. A thread that waits in
//! the kernel all that time is in such a poll as well, even if it calls nothing that is monitored. So a thread in
//! `block_in_place`, whose worker another thread runs, blocks nothing; [`runtime`] has the details.
//! Time in which the whole process was stopped, or in which a thread had no processor, does not count.

mod counters;
mod others;
mod report;
mod runtime;
mod suspect;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

pub(crate) use self::report::BlockedWorker;
use self::report::Reports;
use self::runtime::WatchedRuntime;
use self::suspect::Suspect;
use super::watchdog::Watchdog;
use crate::base::thread_state;
use crate::context::threads::{self, ThreadReading};
use crate::context::worker_notes;
use crate::metrics::WorkerReading;

/// The workers of the runtimes that are watched, if there is a limit.
pub(super) struct Workers {
    limit: Option<Duration>,
    watchdog: Arc<Watchdog>,
    state: Mutex<State>,
    reports: Reports,
}

#[derive(Default)]
struct State {
    runtimes: Vec<WatchedRuntime>,
    /// Threads that run a worker, by their number.
    suspects: BTreeMap<u64, Suspect>,
}

/// A worker that has become blocked, or goes on.
enum Change {
    Blocked(BlockedWorker),
    GoesOn(BlockedWorker),
}

impl Workers {
    pub(super) fn new(limit: Option<Duration>, watchdog: Arc<Watchdog>) -> Self {
        Self {
            limit,
            watchdog,
            state: Mutex::default(),
            reports: Reports::new(),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.limit.is_some() && counters::IS_COUNTED
    }

    /// Watches the workers of a runtime from the next tick on.
    pub(super) fn watch(&self, name: &str, runtime: &Handle) {
        if self.is_on() {
            let mut state = self.state();
            state.runtimes.retain(WatchedRuntime::is_there);
            state.runtimes.push(WatchedRuntime::new(name, runtime));
            worker_notes::expect_runtime();
        }
    }

    /// Looks at the workers again and again; needs a thread that nothing blocks.
    pub(super) async fn run(self: Arc<Self>) {
        let Some(limit) = self.limit.filter(|_| self.is_on()) else {
            return;
        };
        let tick = (limit / 4).clamp(Duration::from_millis(20), Duration::from_millis(500));
        let mut last = Instant::now();
        loop {
            sleep(tick).await;
            let now = Instant::now();
            // More time has passed only if the watchdog's own thread was held up, too.
            self.tick(limit, now.duration_since(last).min(2 * tick));
            last = now;
        }
    }

    /// Looks at the workers, `passed` after the last look.
    fn tick(&self, limit: Duration, passed: Duration) {
        let readings = threads::read_workers();
        let blocked = self.watchdog.blocked();
        let changes = self.state().tick(readings, &blocked, limit, passed);
        for change in changes {
            match change {
                Change::Blocked(worker) => self.reports.blocked(&worker),
                Change::GoesOn(worker) => self.reports.goes_on(&worker),
            }
        }
        self.reports.sum_up();
    }

    /// Returns the workers that are blocked, without those that have gone on since the last tick.
    pub(super) fn blocked(&self) -> Vec<BlockedWorker> {
        let readings = threads::read_workers();
        let state = self.state();
        let blocked = |reading: &ThreadReading| {
            let suspect = state.suspects.get(&reading.number)?;
            let blocked = suspect.blocked()?;
            suspect.is_in_same_poll(reading).then(|| blocked.clone())
        };
        readings.iter().filter_map(blocked).collect()
    }

    /// Returns the time for which each worker has been blocked.
    pub(super) fn readings(&self) -> Vec<WorkerReading> {
        let state = self.state();
        let readings = state.runtimes.iter().flat_map(WatchedRuntime::readings);
        readings.collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `true` for a thread that waits as the idle ones of the pool do.
fn is_idle(reading: &ThreadReading) -> bool {
    let kernel_id = reading.thread.kernel_id;
    reading.stack.frames.is_empty() && kernel_id.is_some_and(thread_state::is_in_timed_futex)
}

impl State {
    fn tick(
        &mut self,
        mut readings: Vec<ThreadReading>,
        blocked: &[String],
        limit: Duration,
        passed: Duration,
    ) -> Vec<Change> {
        self.runtimes.retain(WatchedRuntime::is_there);
        for runtime in &mut self.runtimes {
            let is_blocked = blocked.iter().any(|name| name == runtime.name());
            runtime.tick(is_blocked, passed);
        }
        readings.retain(|reading| self.runs_its_worker(reading));
        for runtime in &mut self.runtimes {
            let own = |reading: &&ThreadReading| reading.worker.runtime == runtime.id();
            let known = readings.iter().filter(own).count();
            runtime.meet(known);
        }
        let mut changes = self.forget_others(&readings);
        let mut held = Vec::new();
        for reading in &readings {
            let Some(place) = self.place(reading) else {
                continue;
            };
            let suspect = self.suspects.entry(reading.number).or_default();
            suspect.advance(reading, &self.runtimes[place], limit, passed);
            let still = self.runtimes[place].still(reading.worker.index);
            match suspect.age().filter(|age| *age <= still) {
                Some(_) => held.push((place, reading)),
                None => changes.extend(suspect.clear().map(Change::GoesOn)),
            }
        }
        self.ask(&held, limit);
        for (place, reading) in held {
            changes.extend(self.judge(place, reading, limit, passed));
        }
        changes
    }

    /// Returns `false` for a thread of other runtimes, and for one that has left its worker, which is then forgotten:
    /// it has been in `block_in_place`, and is idle while another thread runs that worker.
    fn runs_its_worker(&self, reading: &ThreadReading) -> bool {
        let Some(place) = self.place(reading) else {
            return false;
        };
        let runtime = &self.runtimes[place];
        let may_have_left =
            runtime.are_workers_followed() && runtime.still(reading.worker.index).is_zero();
        let has_left = may_have_left && is_idle(reading);
        if has_left {
            threads::take_worker(reading.number);
        }
        !has_left
    }

    /// Returns the place of a thread's runtime among those that are watched.
    fn place(&self, reading: &ThreadReading) -> Option<usize> {
        let is_its = |runtime: &WatchedRuntime| runtime.id() == reading.worker.runtime;
        self.runtimes.iter().position(is_its)
    }

    /// Forgets threads that run no worker any more. Returns those that blocked one.
    fn forget_others(&mut self, readings: &[ThreadReading]) -> Vec<Change> {
        let mut changes = Vec::new();
        self.suspects.retain(|number, suspect| {
            let is_there = readings.iter().any(|reading| reading.number == *number);
            if !is_there {
                changes.extend(suspect.clear().map(Change::GoesOn));
            }
            is_there
        });
        changes
    }

    /// Asks the runtimes whose workers are held up which of their workers run.
    fn ask(&mut self, held: &[(usize, &ThreadReading)], limit: Duration) {
        for (place, runtime) in self.runtimes.iter_mut().enumerate() {
            let own = held.iter().filter(|(other, _)| *other == place);
            let is_old =
                |reading: &ThreadReading| self.suspects[&reading.number].age() >= Some(limit / 4);
            let old = own.filter(|(_, reading)| is_old(reading));
            let threads = old.map(|(_, reading)| reading.thread.kernel_id);
            runtime.ask(threads.collect());
        }
    }

    /// Judges a thread whose poll has lasted for as long as its worker has done nothing else.
    fn judge(
        &mut self,
        place: usize,
        reading: &ThreadReading,
        limit: Duration,
        passed: Duration,
    ) -> Option<Change> {
        let index = reading.worker.index;
        let (runtime, suspect) = (
            &mut self.runtimes[place],
            self.suspects.get_mut(&reading.number)?,
        );
        let age = suspect.age()?;
        let kernel_state = || reading.thread.kernel_id.and_then(thread_state::state);
        if suspect.blocked().is_some() {
            runtime.add_blocked(index, passed);
            suspect.update(age, kernel_state());
            return None;
        }
        if !suspect.is_over(limit) || !runtime.is_certain_of(index) {
            return None;
        }
        let state = kernel_state();
        // It may have gone on meanwhile.
        let again = threads::read_workers();
        let again = again.iter().find(|again| again.number == reading.number)?;
        let worker = suspect.block(again, runtime.name(), age, state)?;
        runtime.add_blocked(index, age);
        Some(Change::Blocked(worker))
    }
}

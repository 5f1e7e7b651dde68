//! Watches Tokio runtimes for blocked worker threads, which a restart of the process would mend.
//!
//! A task on each runtime answers a question that the watchdog's own thread asks at every tick. A
//! runtime whose threads are all blocked does not answer. This works for every kind of runtime and
//! needs no timer in it. Time is counted in ticks of the watchdog's thread: while the whole process
//! was stopped, or the machine slept, neither side could run, so that time does not count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::TARGET;
use crate::base::rate_limit::Limit;
use crate::base::unwind;
use crate::sentry;

/// Answers in a row after which a runtime counts as running.
///
/// A current-thread runtime runs only inside `block_on`. One that was used only to start the
/// monitor falls silent without being blocked.
const KNOWN_AFTER: u32 = 3;

/// Watches runtimes, if there is a limit to their silence.
pub(super) struct Watchdog {
    limit: Option<Duration>,
    runtimes: Mutex<Vec<Runtime>>,
    events: Limit,
}

/// A runtime that is watched.
struct Runtime {
    name: String,
    /// The last question; closed when the runtime is gone.
    question: watch::Sender<u64>,
    /// The last question that was answered.
    answered: Arc<AtomicU64>,
    /// Answers in a row so far, up to [`KNOWN_AFTER`].
    in_a_row: u32,
    /// The time for which the last question has had no answer.
    silent: Duration,
    blocked: bool,
}

/// The state of a watched runtime.
pub(super) struct Answering {
    pub(super) name: String,
    /// The time for which it has been silent, if that is over the limit.
    pub(super) blocked: Option<Duration>,
}

impl Watchdog {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            runtimes: Mutex::default(),
            events: Limit::new(),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.limit.is_some()
    }

    /// Watches a runtime from the next tick on. Returns `true` if the name was free.
    pub(super) fn watch(&self, name: &str, runtime: &Handle) -> bool {
        if !self.is_on() {
            return true;
        }
        let mut runtimes = self.runtimes();
        runtimes.retain(Runtime::is_there);
        if runtimes.iter().any(|known| known.name == name) {
            return false;
        }
        let (question, mut questions) = watch::channel(0);
        question.send_replace(1);
        let answered = Arc::new(AtomicU64::new(0));
        let answer = Arc::clone(&answered);
        runtime.spawn(async move {
            while questions.changed().await.is_ok() {
                answer.store(*questions.borrow_and_update(), Ordering::Release);
            }
        });
        runtimes.push(Runtime {
            name: name.to_owned(),
            question,
            answered,
            in_a_row: 0,
            silent: Duration::ZERO,
            blocked: false,
        });
        true
    }

    /// Asks again and again; needs a thread that nothing blocks.
    pub(super) async fn run(self: Arc<Self>) {
        let Some(limit) = self.limit else { return };
        let tick = (limit / 10).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let mut last = Instant::now();
        loop {
            sleep(tick).await;
            let now = Instant::now();
            self.tick(limit, tick, now.duration_since(last));
            last = now;
        }
    }

    /// Takes answers and asks again, `passed` after the last tick.
    pub(super) fn tick(&self, limit: Duration, tick: Duration, passed: Duration) {
        // More time has passed only if the watchdog's own thread was held up, too.
        let passed = passed.min(2 * tick);
        let mut changes = Vec::new();
        {
            let mut runtimes = self.runtimes();
            runtimes.retain(Runtime::is_there);
            for runtime in &mut *runtimes {
                if runtime.tick(limit, passed) {
                    changes.push((runtime.name.clone(), runtime.blocked));
                }
            }
        }
        for (name, blocked) in changes {
            self.tell(&name, blocked, limit);
        }
    }

    /// Reports a change to the log and Sentry. Both run code of the service, whose panic must not
    /// end the watch.
    fn tell(&self, name: &str, blocked: bool, limit: Duration) {
        if blocked {
            let limit = humantime::format_duration(limit).to_string();
            sentry::own_line(true, || {
                tracing::error!(target: TARGET, runtime = name, limit, "the async runtime is blocked: not live");
            });
            let reason = format!("no answer for {limit}: all of its threads are blocked");
            let check = format!("runtime:{name}");
            unwind::quietly(|| sentry::unhealthy(&check, &reason, &self.events));
        } else {
            sentry::own_line(false, || {
                tracing::info!(target: TARGET, runtime = name, "the async runtime answers again");
            });
        }
    }

    /// Returns the names of the runtimes that are blocked.
    pub(super) fn blocked(&self) -> Vec<String> {
        let runtimes = self.runtimes();
        let blocked = runtimes.iter().filter(|runtime| runtime.blocked);
        blocked.map(|runtime| runtime.name.clone()).collect()
    }

    /// Returns `true` if a runtime is blocked.
    pub(super) fn is_any_blocked(&self) -> bool {
        self.runtimes().iter().any(|runtime| runtime.blocked)
    }

    /// Returns every runtime that is watched, the first one first.
    pub(super) fn read(&self) -> Vec<Answering> {
        let runtimes = self.runtimes();
        let read = runtimes.iter().map(|runtime| Answering {
            name: format!("runtime:{}", runtime.name),
            blocked: runtime.blocked.then_some(runtime.silent),
        });
        read.collect()
    }

    fn runtimes(&self) -> MutexGuard<'_, Vec<Runtime>> {
        self.runtimes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runtime {
    /// Returns `false` for a runtime that was shut down. It has dropped the task that answers,
    /// which does not mean that it is blocked.
    fn is_there(&self) -> bool {
        !self.question.is_closed()
    }

    /// Takes the answer if there is one. Returns `true` if the runtime has become blocked, or
    /// answers again.
    fn tick(&mut self, limit: Duration, passed: Duration) -> bool {
        let asked = *self.question.borrow();
        if self.answered.load(Ordering::Acquire) == asked {
            self.in_a_row = (self.in_a_row + 1).min(KNOWN_AFTER);
            self.silent = Duration::ZERO;
            self.question.send_replace(asked + 1);
        } else {
            self.silent += passed;
            if self.in_a_row < KNOWN_AFTER {
                self.in_a_row = 0;
            }
        }
        let known = self.in_a_row == KNOWN_AFTER;
        let blocked = known && self.silent > limit;
        std::mem::replace(&mut self.blocked, blocked) != blocked
    }
}

//! Ends a process without losing requests: readiness falls, load balancers notice, running requests
//! finish, and what runs past the limit is cut off.
//!
//! The end begins with a signal, `drain()` or `shutdown()`, and takes at most the drain delay, the
//! drain limit and a few seconds. One thread, "monitor-drain", goes through its [`Phase`]s. Three
//! cases decide whether it may also end the process:
//!
//! - A service that waits for `drained()` or calls `shutdown()` ends itself within the limit.
//! - A service that handles the signal itself is left alone.
//! - Any other is ended as the signal does by default.

mod down;
mod exit;
#[cfg_attr(not(unix), path = "lifecycle/no_signals.rs")]
mod signals;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::watch;

use crate::context::cancellation;
use crate::health::Health;
use crate::http;
use crate::settings::config::DrainLimit;

/// The progress of a process that is shutting down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    /// Not ready any more, but still serving: load balancers need time to notice.
    Draining,
    Drained,
    /// The drain limit is over.
    CutOff,
}

/// The shutdown of one started runtime.
pub(crate) struct Lifecycle {
    health: Arc<Health>,
    drain: Duration,
    limit: DrainLimit,
    phase: watch::Sender<Phase>,
    /// The number of waits for `drained()`. A service that waits ends the process on its own.
    awaiting: Arc<AtomicUsize>,
    /// The number of waits for `cut_off()`.
    cutting: Arc<AtomicUsize>,
    end: Mutex<End>,
    changed: Condvar,
    /// Sends and closes everything, once, in a bounded time.
    close: Box<dyn Fn() + Send + Sync>,
}

/// The reasons and progress of the shutdown, as known so far.
#[derive(Default)]
struct End {
    /// The end of the drain delay.
    drained_at: Option<Instant>,
    /// The signal that began the shutdown.
    signal: Option<i32>,
    /// `true` if the service has no action of its own for that signal.
    ours: bool,
    interrupts: u32,
    /// `true` once `shutdown()` was called: the service ends the process itself.
    shutting_down: bool,
    closed: bool,
}

/// One wait for `drained()` or `cut_off()`.
struct Awaiting(Arc<AtomicUsize>);

impl Awaiting {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(count))
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Lifecycle {
    pub(crate) fn new(
        health: Arc<Health>,
        drain: Duration,
        limit: DrainLimit,
        close: impl Fn() + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (phase, _) = watch::channel(Phase::Running);
        http::set_drain_limit(limit.duration);
        cancellation::set_going_down(false);
        Arc::new(Self {
            health,
            drain,
            limit,
            phase,
            awaiting: Arc::default(),
            cutting: Arc::default(),
            end: Mutex::default(),
            changed: Condvar::new(),
            close: Box::new(close),
        })
    }

    /// Makes this the lifecycle that signals, if they are to be handled, and the exit of the
    /// process end.
    pub(crate) fn follow(self: &Arc<Self>, signals: bool) -> io::Result<()> {
        *current() = Arc::downgrade(self);
        exit::watch()?;
        if signals { signals::listen() } else { Ok(()) }
    }

    /// Begins to drain as SIGTERM does; later calls change nothing.
    pub(crate) fn drain(self: &Arc<Self>) {
        self.begin(self.drain);
    }

    /// Drains, at once if no one waits for [`drained`](Self::drained).
    pub(crate) async fn finish(self: &Arc<Self>) {
        self.lock().shutting_down = true;
        self.changed.notify_all();
        if self.is_awaited() {
            self.begin(self.drain);
        } else {
            self.begin(Duration::ZERO);
            self.hurry();
        }
        self.reached(Phase::Drained).await;
    }

    /// Runs [`finish`](Self::finish) on a thread that may block.
    pub(crate) fn finish_blocking(self: &Arc<Self>) {
        // On a thread of its own, because the caller's may run futures.
        let finish = || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            // Without a runtime it closes at once.
            if let Ok(runtime) = runtime {
                runtime.block_on(self.finish());
            }
        };
        thread::scope(|scope| {
            let spawned = thread::Builder::new().spawn_scoped(scope, finish);
            if let Ok(thread) = spawned {
                let _ = thread.join();
            }
        });
    }

    /// Sends and closes everything. Returns when that is done, even if another thread does it.
    pub(crate) fn close(&self) {
        self.lock().shutting_down = true;
        self.changed.notify_all();
        cancellation::set_going_down(true);
        (self.close)();
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Returns `true` from the moment when readiness falls.
    pub(crate) fn is_draining(&self) -> bool {
        *self.phase.borrow() >= Phase::Draining
    }

    /// Ends when readiness falls.
    pub(crate) fn draining(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.reached(Phase::Draining)
    }

    /// Ends when the drain delay has passed.
    pub(crate) fn drained(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.counted(&self.awaiting, Phase::Drained)
    }

    /// Ends when the drain limit is over, too.
    pub(crate) fn cut_off(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.counted(&self.cutting, Phase::CutOff)
    }

    fn counted(
        &self,
        count: &Arc<AtomicUsize>,
        wanted: Phase,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        let awaiting = Awaiting::new(count);
        let reached = self.reached(wanted);
        async move {
            let _awaiting = awaiting;
            reached.await;
        }
    }

    fn reached(&self, wanted: Phase) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut phase = self.phase.subscribe();
        async move {
            // A lifecycle that is gone has also ended.
            let _ = phase.wait_for(|phase| *phase >= wanted).await;
        }
    }

    fn is_awaited(&self) -> bool {
        self.awaiting.load(Ordering::Acquire) > 0
    }

    fn lock(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Advances to a phase. Returns `false` if it was reached before.
    fn advance(&self, to: Phase) -> bool {
        self.phase.send_if_modified(|phase| {
            let first = *phase < to;
            *phase = to.max(*phase);
            first
        })
    }

    /// Makes readiness fall and begins the drain delay.
    fn begin(self: &Arc<Self>, delay: Duration) {
        let mut end = self.lock();
        if !self.advance(Phase::Draining) {
            return;
        }
        end.drained_at = Some(Instant::now() + delay);
        drop(end);
        self.health.begin_drain();
        tracing::info!(delay = %humantime::format_duration(delay), "draining: no longer ready");
        let this = Arc::clone(self);
        let spawned = thread::Builder::new()
            .name("monitor-drain".into())
            .spawn(move || this.go_down());
        if spawned.is_err() {
            // Without a thread to wait on, draining ends at once.
            self.advance(Phase::Drained);
        }
    }

    /// Ends the drain delay.
    fn hurry(&self) {
        self.lock().drained_at = Some(Instant::now());
        self.changed.notify_all();
    }

    /// Handles a signal that asks the process to end. `ours` is `true` if the service has no action
    /// for it.
    #[cfg(unix)]
    fn signalled(self: &Arc<Self>, signal: i32, ours: bool) {
        let mut end = self.lock();
        // After `shutdown()` the signal has its default effect.
        if ours && end.closed {
            drop(end);
            signals::end_by(signal);
        }
        end.signal.get_or_insert(signal);
        end.ours |= ours;
        let interrupt = signal == libc::SIGINT;
        end.interrupts += u32::from(interrupt);
        // A second Ctrl-C ends the process at once.
        if ours && end.interrupts > 1 {
            drop(end);
            signals::end_by(signal);
        }
        drop(end);
        self.changed.notify_all();
        // Ctrl-C skips the drain delay: no load balancer routes to a process in a terminal.
        self.begin(if interrupt {
            Duration::ZERO
        } else {
            self.drain
        });
        if interrupt {
            self.hurry();
        }
    }
}

static CURRENT: Mutex<Weak<Lifecycle>> = Mutex::new(Weak::new());

fn current() -> MutexGuard<'static, Weak<Lifecycle>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

//! From running to gone: readiness falls, load balancers notice, the port closes last.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use std::{io, thread};

use tokio::sync::watch;

use crate::health::Health;

/// Where the process stands on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// Not ready any more, still serving: those who route traffic here need time to see it.
    Draining,
    Drained,
}

/// The way out of one started runtime.
pub(crate) struct Lifecycle {
    health: Arc<Health>,
    drain: Duration,
    /// Its receivers are those who wait for `drained()`, and so end the process on their own.
    phase: watch::Sender<Phase>,
    /// Sends and closes everything; for a process that nobody else ends.
    close: Box<dyn Fn() + Send + Sync>,
}

impl Lifecycle {
    pub(crate) fn new(
        health: Arc<Health>,
        drain: Duration,
        close: impl Fn() + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (phase, _) = watch::channel(Phase::Running);
        Arc::new(Self {
            health,
            drain,
            phase,
            close: Box::new(close),
        })
    }

    /// Makes this the lifecycle that SIGTERM and SIGINT begin to end.
    pub(crate) fn follow_signals(self: &Arc<Self>) -> io::Result<()> {
        *current() = Arc::downgrade(self);
        signals::listen()
    }

    /// Begins to drain as SIGTERM does; later calls change nothing.
    pub(crate) fn drain(self: &Arc<Self>) {
        self.begin(self.drain, || ());
    }

    /// Drains at once if nobody waits for [`drained`](Self::drained); then waits until it has.
    pub(crate) async fn finish(self: &Arc<Self>) {
        self.begin(
            if self.is_awaited() {
                self.drain
            } else {
                Duration::ZERO
            },
            || (),
        );
        self.drained().await;
    }

    /// [`finish`](Self::finish) for those without a runtime.
    pub(crate) fn finish_blocking(self: &Arc<Self>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        // Without one, closing at once is what is left.
        if let Ok(runtime) = runtime {
            runtime.block_on(self.finish());
        }
    }

    /// Ends when the drain delay has passed.
    pub(crate) fn drained(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut phase = self.phase.subscribe();
        async move {
            // A lifecycle that is gone has ended, too.
            let _ = phase.wait_for(|phase| *phase == Phase::Drained).await;
        }
    }

    fn is_awaited(&self) -> bool {
        self.phase.receiver_count() > 0
    }

    /// Readiness falls now; after `delay` those who wait are told, or if there are none, `alone`
    /// runs. Returns whether this was the first time.
    fn begin(self: &Arc<Self>, delay: Duration, alone: impl FnOnce() + Send + 'static) -> bool {
        let first = self.phase.send_if_modified(|phase| {
            let first = *phase == Phase::Running;
            if first {
                *phase = Phase::Draining;
            }
            first
        });
        if !first {
            return false;
        }
        self.health.begin_drain();
        tracing::info!(delay = %humantime::format_duration(delay), "draining: no longer ready");
        let this = Arc::clone(self);
        let drained = move || {
            let awaited = this.is_awaited();
            this.phase.send_replace(Phase::Drained);
            if !awaited {
                alone();
            }
        };
        if delay.is_zero() {
            drained();
            return true;
        }
        let wait = move || {
            thread::sleep(delay);
            drained();
        };
        let spawned = thread::Builder::new()
            .name("monitor-drain".into())
            .spawn(wait);
        if spawned.is_err() {
            // Without a thread to wait on, going down at once beats not going down.
            self.phase.send_replace(Phase::Drained);
        }
        true
    }

    /// A signal arrived; returns whether it was the first one.
    #[cfg(unix)]
    fn signalled(self: &Arc<Self>, signal: i32) -> bool {
        // Whoever presses Ctrl-C waits for no load balancer.
        let interrupt = signal == signal_hook::consts::SIGINT;
        let delay = if interrupt {
            Duration::ZERO
        } else {
            self.drain
        };
        let this = Arc::clone(self);
        self.begin(delay, move || {
            // Our handler replaced the signal's own meaning; a process that does not wait for
            // `drained()` still has to end.
            (this.close)();
            signals::end_process(signal);
        })
    }
}

static CURRENT: Mutex<Weak<Lifecycle>> = Mutex::new(Weak::new());

fn current() -> std::sync::MutexGuard<'static, Weak<Lifecycle>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
mod signals {
    use std::{io, thread};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// Listens from now to the end of the process; a second call changes nothing.
    pub(super) fn listen() -> io::Result<()> {
        static LISTENING: std::sync::Mutex<bool> = std::sync::Mutex::new(false);
        let mut listening = LISTENING
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !*listening {
            let mut signals = Signals::new([SIGTERM, SIGINT])?;
            let run = move || signals.forever().for_each(receive);
            thread::Builder::new()
                .name("monitor-signals".into())
                .spawn(run)?;
            *listening = true;
        }
        Ok(())
    }

    fn receive(signal: i32) {
        let lifecycle = super::current().upgrade();
        // A second signal, or one after `shutdown()`, means now.
        if !lifecycle.is_some_and(|lifecycle| lifecycle.signalled(signal)) {
            end_process(signal);
        }
    }

    /// What the signal does to a process without a handler.
    pub(super) fn end_process(signal: i32) {
        let _ = emulate_default_handler(signal);
    }
}

#[cfg(not(unix))]
mod signals {
    /// Elsewhere the process ends as its platform says; `shutdown()` and `drain()` work.
    #[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix one")]
    pub(super) fn listen() -> std::io::Result<()> {
        Ok(())
    }
}

//! Runs checks at their own pace, so that none delays another.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::awake::Awake;
use super::check::RunOn;
use super::check_state::Slot;
use super::error_text;
use super::watchdog::Watchdog;
use super::workers::Workers;
use crate::base::unwind;
use crate::base::worker::{NoThread, on_a_thread};

/// The runtime that runs the futures of checks. [`run_all`] times them.
#[derive(Clone)]
pub(super) enum Place {
    /// On the service's runtime, each run as a task.
    Users(Handle),
    /// On the health thread's runtime, each run on a thread of its blocking pool. In a program
    /// without a runtime a check is likely to block, and must not delay the others.
    Own,
    /// On the health thread's runtime, between all others.
    Here,
}

impl Place {
    /// Selects the runtime for a check; `users` is that of the service.
    fn new(home: RunOn, users: Option<&Handle>) -> Self {
        match (home, users) {
            (RunOn::Users, Some(runtime)) => Self::Users(runtime.clone()),
            (RunOn::Users, None) | (RunOn::Thread, _) => Self::Own,
            (RunOn::Here, _) => Self::Here,
        }
    }

    fn launch<F>(&self, run: F) -> Result<JoinHandle<F::Output>, NoThread>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self {
            Self::Users(runtime) => Ok(runtime.spawn(run)),
            Self::Here => Ok(tokio::spawn(run)),
            Self::Own => {
                let runtime = Handle::current();
                on_a_thread(move || runtime.block_on(run))
            }
        }
    }
}

/// The watches that run beside the checks.
pub(super) struct Watches {
    pub(super) runtimes: Arc<Watchdog>,
    pub(super) workers: Arc<Workers>,
}

/// Supervises every check until `stop` is true or its sender is gone.
///
/// It needs a thread where nothing else runs: even if a check blocks its own thread, its timeout is
/// noticed here on time.
pub(super) async fn run_all(
    slots: Vec<Arc<Slot>>,
    users: Option<Handle>,
    watches: Watches,
    awake: Awake,
    mut stop: watch::Receiver<bool>,
) {
    let mut supervisors = JoinSet::new();
    for slot in slots {
        slot.start(Instant::now());
        let place = Place::new(slot.check.home, users.as_ref());
        supervisors.spawn(supervise(slot, place));
    }
    supervisors.spawn(watches.runtimes.run());
    supervisors.spawn(watches.workers.run());
    supervisors.spawn(awake.run());
    let _ = stop.wait_for(|stop| *stop).await;
    // Drops the sender that every running check watches.
    supervisors.shutdown().await;
}

/// Runs one check again and again.
pub(super) async fn supervise(slot: Arc<Slot>, place: Place) {
    loop {
        run_once(&slot, &place).await;
        sleep(slot.check.interval).await;
    }
}

/// Runs one check once and records how it ended; returns when its future is gone.
async fn run_once(slot: &Slot, place: &Place) {
    let start = Instant::now();
    // Only ever dropped, which drops the check's future. Aborting the task would do on the
    // service's runtime, but a thread of the blocking pool cannot be aborted.
    let (cancel, cancelled) = oneshot::channel::<Infallible>();
    let (run, limit) = (Arc::clone(&slot.check.run), slot.check.timeout);
    let launched = place.launch(async move {
        tokio::select! {
            biased;
            _ = cancelled => Ok(()),
            // Called in here, so that a panic of the function itself is caught like one of its
            // future. The error is formatted in here as well, because that is user code, too.
            answer = async { run(limit).await.map_err(|error| error_text::of_error(&*error)) } => answer,
        }
    });
    let mut running = match launched {
        Ok(running) => running,
        Err(problem) => return slot.record(start, Err(problem.to_string())),
    };
    if let Some(ended) = within(slot.check.timeout, slot.awake(), &mut running).await {
        slot.record(start, ended.unwrap_or_else(|error| Err(lost(error))));
        return;
    }
    slot.record(
        start,
        Err(format!("no answer within {:?}", slot.check.timeout)),
    );
    drop(cancel);
    // A run that blocks its thread cannot be cancelled. Another one beside it would block one more
    // thread at every interval. Until it ends, its verdict grows old, which is reported.
    let _ = running.await;
}

/// Returns the result of a run, unless it takes longer than `limit` on a clock that skips pauses.
async fn within<T>(
    limit: Duration,
    awake: &Awake,
    mut running: impl Future<Output = T> + Unpin,
) -> Option<T> {
    let start = awake.moment(Instant::now());
    let mut left = limit;
    loop {
        if let Ok(ended) = timeout(left, &mut running).await {
            return Some(ended);
        }
        left = limit.saturating_sub(awake.since(start, Instant::now()));
        if left.is_zero() {
            return None;
        }
    }
}

/// Returns the reason why a run ended without an answer.
fn lost(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => {
            let reason = error_text::of_panic(&*payload);
            // Its `Drop` is user code, too.
            unwind::quietly(|| drop(payload));
            reason
        }
        Err(_cancelled) => "the runtime it ran on has shut down".to_owned(),
    }
}

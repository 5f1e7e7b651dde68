//! A named thread with a tokio runtime of its own.
//!
//! Health supervision and the management server must keep time and answer while the user's
//! runtime is blocked, so neither runs on it.

use std::io;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::base::unwind;

/// The time that the end of a worker waits for tasks on its blocking pool.
///
/// Long enough for a cancelled future to be dropped while its runtime still exists (a timer polled
/// after that panics), and too short to delay a shutdown noticeably if a task blocks.
const POOL_GRACE: Duration = Duration::from_millis(50);

/// A running worker. Dropping it does not end the thread.
pub(crate) struct Worker {
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Worker {
    /// Starts a thread called `name` that runs the future of `setup` on a current-thread runtime,
    /// with at most `blocking` threads for blocking work.
    ///
    /// `setup` runs inside that runtime; its error, like that of the thread or the runtime, is
    /// returned here.
    pub(crate) fn start<S, F>(name: &'static str, blocking: usize, setup: S) -> io::Result<Self>
    where
        S: FnOnce() -> io::Result<F> + Send + 'static,
        F: Future<Output = ()>,
    {
        let (report, ready) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                match runtime(name, blocking).and_then(|runtime| set_up(runtime, setup)) {
                    Ok((runtime, main)) => {
                        let _ = report.send(Ok(()));
                        runtime.block_on(main);
                        runtime.shutdown_timeout(POOL_GRACE);
                    }
                    Err(error) => {
                        let _ = report.send(Err(error));
                    }
                }
            })?;
        match ready.recv() {
            Ok(Ok(())) => Ok(Self {
                thread: Mutex::new(Some(thread)),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::Error::other(format!(
                "thread {name} ended while starting"
            ))),
        }
    }

    /// Joins the thread if it ends within `limit`; otherwise leaves it running.
    pub(crate) fn join(&self, limit: Duration) {
        let Some(thread) = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        else {
            return;
        };
        let start = Instant::now();
        // std has no join with a time limit. The threads joined here end within a millisecond or
        // two.
        while !thread.is_finished() {
            if start.elapsed() >= limit {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let _ = thread.join();
    }
}

/// The system has no thread to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no thread to run on")]
pub(crate) struct NoThread;

/// Runs work that may block on the blocking pool of the current runtime.
///
/// If the pool has no thread and the system gives none, `spawn_blocking` panics; this function
/// returns an error instead.
pub(crate) fn on_a_thread<T, F>(work: F) -> Result<tokio::task::JoinHandle<T>, NoThread>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    // tokio keeps work that it refuses in its queue, with everything the work holds, until there is
    // a thread.
    let lent = Arc::new(Mutex::new(Some(work)));
    let taken = Arc::clone(&lent);
    let take = |lent: &Mutex<Option<F>>| lent.lock().unwrap_or_else(PoisonError::into_inner).take();
    let run = move || match take(&taken) {
        Some(work) => work(),
        // The handle is gone since the refusal, so no task sees this.
        None => resume_unwind(Box::new(NoThread)),
    };
    unwind::quietly(|| tokio::task::spawn_blocking(run)).ok_or_else(|| {
        drop(take(&lent));
        NoThread
    })
}

/// Polls of tasks between two checks of sockets and timers. With tokio's default of 61, a flood
/// that keeps all of them busy would delay timers.
const EVENT_INTERVAL: u32 = 16;

fn runtime(name: &str, blocking: usize) -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .max_blocking_threads(blocking)
        .thread_name(name)
        .build()
}

fn set_up<S, F>(runtime: Runtime, setup: S) -> io::Result<(Runtime, F)>
where
    S: FnOnce() -> io::Result<F>,
{
    let inside = runtime.enter();
    let main = setup()?;
    drop(inside);
    Ok((runtime, main))
}

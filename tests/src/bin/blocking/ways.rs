//! The ways to hold up a thread.

use std::io::Read;
use std::str::FromStr;
use std::sync::mpsc;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use monitor_runtime::{monitored, task};
use tokio::runtime::{Builder, Runtime};
use tokio::task::block_in_place;

/// A way to hold up a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Waits for a lock that another thread has.
    Mutex,
    Sleep,
    Spin,
    /// Reads a pipe that nothing is written to.
    Pipe,
    /// Calls a function again and again, each call of which is short.
    Loop,
    /// Sleeps in a task of its own.
    Task,
    /// Sleeps in a handler that is not monitored.
    Unmonitored,
    /// Sleeps in an `async` function of a trait that returns a boxed future.
    Boxed,
    /// Calls a function that is not `async`, in a task of the runtime's own.
    Call,
    /// Sleeps, or computes, in such a task, which is not monitored at all.
    Unseen,
    UnseenSpin,
    /// As `Call`, but in the context of another runtime.
    CallElsewhere,
    /// As `Sleep`, but all workers at once.
    All,
    // None of these blocks a worker.
    Await,
    InPlace,
    CallInPlace,
    /// As `Call` and `Unseen`, but in `block_in_place`.
    CallInUnseenPlace,
    UnseenInPlace,
    /// Moves many workers to other threads.
    Shuffle,
    SpawnBlocking,
    Thread,
    /// Holds up a thread in place while all workers are busy all the time.
    InPlaceInStorm,
    /// Polls for a long time that consists of short polls.
    ManyPolls,
    /// As `ManyPolls`, in a task that is not monitored and computes.
    Busy,
}

impl FromStr for Way {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "mutex" => Self::Mutex,
            "sleep" => Self::Sleep,
            "spin" => Self::Spin,
            "pipe" => Self::Pipe,
            "loop" => Self::Loop,
            "task" => Self::Task,
            "unmonitored" => Self::Unmonitored,
            "boxed" => Self::Boxed,
            "call" => Self::Call,
            "unseen" => Self::Unseen,
            "unseen_spin" => Self::UnseenSpin,
            "busy" => Self::Busy,
            "call_elsewhere" => Self::CallElsewhere,
            "all" => Self::All,
            "await" => Self::Await,
            "in_place" => Self::InPlace,
            "call_in_place" => Self::CallInPlace,
            "call_in_unseen_place" => Self::CallInUnseenPlace,
            "unseen_in_place" => Self::UnseenInPlace,
            "shuffle" => Self::Shuffle,
            "spawn_blocking" => Self::SpawnBlocking,
            "thread" => Self::Thread,
            "in_place_in_storm" => Self::InPlaceInStorm,
            "many_polls" => Self::ManyPolls,
            _ => return Err(()),
        })
    }
}

/// Holds up a thread for so long.
pub(crate) async fn hold_up(way: Way, time: Duration) {
    match way {
        Way::Unmonitored => thread::sleep(time),
        Way::Task => {
            let _ = task::spawn(order(Way::Sleep, time)).await;
        }
        Way::Call => apart(move || nap(time)).await,
        Way::Unseen => apart(move || thread::sleep(time)).await,
        Way::CallElsewhere => {
            apart(move || {
                let _other = OTHER.enter();
                nap(time);
            })
            .await;
        }
        Way::Shuffle => {
            let moves =
                (0..super::WORKERS).map(|_| apart(move || block_in_place(|| thread::sleep(time))));
            futures_util::future::join_all(moves).await;
        }
        Way::UnseenSpin => apart(move || spin_for(time)).await,
        Way::Busy => {
            let _ = tokio::spawn(busy(time, Duration::from_millis(30))).await;
        }
        Way::CallInUnseenPlace => apart(move || block_in_place(|| nap(time))).await,
        Way::UnseenInPlace => apart(move || block_in_place(|| thread::sleep(time))).await,
        Way::All => {
            let tasks = (0..super::WORKERS).map(|_| tokio::spawn(order(Way::Sleep, time)));
            for task in tasks.collect::<Vec<_>>() {
                let _ = task.await;
            }
        }
        Way::InPlaceInStorm => {
            let storm = (0..4 * super::WORKERS)
                .map(|_| tokio::spawn(busy(time, Duration::from_micros(200))));
            let storm: Vec<_> = storm.collect();
            order(Way::InPlace, time).await;
            for task in storm {
                let _ = task.await;
            }
        }
        other => order(other, time).await,
    }
}

/// A runtime whose context others enter.
static OTHER: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).build().expect("a runtime")
});

/// Runs code in a task of which only the runtime knows.
async fn apart(code: impl FnOnce() + Send + 'static) {
    let _ = tokio::spawn(async move { code() }).await;
}

#[monitored]
async fn order(way: Way, time: Duration) {
    match way {
        Way::Mutex => wait_for_lock(time).await,
        Way::Spin => spin(time).await,
        Way::Pipe => read_pipe(time).await,
        Way::Loop => call_often(time).await,
        Way::Boxed => Boxes::nap(time).await,
        Way::Await => tokio::time::sleep(time).await,
        // Nothing in there tells the runtime that the thread runs no worker meanwhile.
        Way::InPlace => block_in_place(|| thread::sleep(time)),
        Way::CallInPlace => block_in_place(|| nap(time)),
        Way::SpawnBlocking => {
            let _ = tokio::task::spawn_blocking(move || nap(time)).await;
        }
        Way::Thread => {
            let (done, mut ended) = tokio::sync::mpsc::channel(1);
            thread::spawn(move || {
                nap(time);
                done.blocking_send(())
            });
            ended.recv().await;
        }
        Way::ManyPolls => many_polls(time).await,
        _ => sleep(time).await,
    }
}

#[monitored]
async fn sleep(time: Duration) {
    tokio::task::yield_now().await;
    thread::sleep(time);
}

/// Waits for a lock that another thread has for so long.
#[monitored]
async fn wait_for_lock(time: Duration) {
    let lock = Arc::new(Mutex::new(()));
    let theirs = Arc::clone(&lock);
    let (locked, is_locked) = mpsc::channel();
    let thread = thread::spawn(move || {
        let guard = theirs.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = locked.send(());
        thread::sleep(time);
        drop(guard);
    });
    let _ = is_locked.recv();
    drop(lock.lock().unwrap_or_else(PoisonError::into_inner));
    let _ = thread.join();
}

#[monitored]
async fn spin(time: Duration) {
    spin_for(time);
}

fn spin_for(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}

#[monitored]
async fn read_pipe(time: Duration) {
    let Ok((mut reader, writer)) = std::io::pipe() else {
        return;
    };
    thread::spawn(move || {
        thread::sleep(time);
        drop(writer);
    });
    let _ = reader.read(&mut [0]);
}

#[monitored]
async fn call_often(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        step();
    }
}

#[monitored]
fn step() {
    thread::sleep(Duration::from_millis(5));
}

#[monitored]
fn nap(time: Duration) {
    thread::sleep(time);
}

#[monitored]
async fn many_polls(time: Duration) {
    let begin = Instant::now();
    std::future::poll_fn(|context| {
        thread::sleep(Duration::from_millis(5));
        if begin.elapsed() >= time {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Always has more to do, a little at a time: its worker never comes to the end of its queue.
async fn busy(time: Duration, each: Duration) {
    let begin = Instant::now();
    std::future::poll_fn(|context| {
        spin_for(each);
        if begin.elapsed() >= time {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

struct Boxes;

impl Boxes {
    #[monitored]
    fn nap(time: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move { thread::sleep(time) })
    }
}

//! No HTTP of its own: a loop that works through jobs on threads, and a background task.
//!
//! `cargo run --example worker`; it ends by itself after `WORKER_ROUNDS` rounds (default 10) of
//! 0.2 s, or earlier on Ctrl-C. The management server shows what it does.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use monitor_runtime::health::Heartbeat;
use monitor_runtime::monitored;

#[derive(Debug, thiserror::Error)]
#[error("job {0} cannot be done: 7 divides it")]
struct Unlucky(u64);

#[monitored(args(job))]
fn work(job: u64) -> Result<u64, Unlucky> {
    thread::sleep(Duration::from_millis(job % 5));
    if job.is_multiple_of(7) {
        Err(Unlucky(job))
    } else {
        Ok(digits(job))
    }
}

#[monitored(level = "debug")]
fn digits(job: u64) -> u64 {
    job.to_string()
        .bytes()
        .map(|digit| u64::from(digit - b'0'))
        .sum()
}

/// Runs one round of jobs, each on a thread that ends with it.
#[monitored(args(round))]
fn round(round: u64) {
    thread::scope(|scope| {
        for job in round * 4..round * 4 + 4 {
            // A failed job is counted, logged and reported by then; the loop goes on.
            scope.spawn(move || work(job).is_ok());
        }
    });
}

#[monitored]
async fn tidy_up() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::var("WORKER_ROUNDS").unwrap_or_else(|_| "10".into());
    let rounds: u64 = rounds
        .parse()
        .map_err(|_| format!("WORKER_ROUNDS={rounds:?}: not a number"))?;

    // Fails when the background task is silent for that long, or ends too early.
    let heartbeat = Heartbeat::new("background", Duration::from_secs(5));
    let monitor = monitor_runtime::builder!()
        .check_with(heartbeat.check())
        .start_blocking()?;
    if let Some(management) = monitor.addr() {
        tracing::info!("look: curl http://{management}/metrics; curl http://{management}/health");
    }

    // The background task, and the wait for a signal, on a small runtime of the worker's own.
    let stopping = AtomicBool::new(false);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    thread::scope(|scope| {
        let drained = monitor.drained();
        let stopping = &stopping;
        let background = scope.spawn(move || {
            runtime.block_on(async {
                tokio::pin!(drained);
                while !stopping.load(Ordering::Relaxed) {
                    tokio::select! {
                        () = tidy_up() => heartbeat.beat(),
                        () = &mut drained => stopping.store(true, Ordering::Relaxed),
                    }
                }
            });
            heartbeat.finish();
        });
        for number in 1..=rounds {
            if stopping.load(Ordering::Relaxed) {
                break;
            }
            round(number);
            thread::sleep(Duration::from_millis(200));
        }
        stopping.store(true, Ordering::Relaxed);
        let _ = background.join();
    });
    monitor.shutdown_blocking();
    Ok(())
}

//! Checks that block or are stopped, on real threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use super::{MS, SECOND, failing, health, passing};
use crate::health::check_state::Standing;
use crate::health::{Check, ProbeKind, Refusal, Selection, Status};

/// Waits for real threads to get somewhere; the limit only ends a test that is broken.
pub(super) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed() < 20 * SECOND, "never: {what}");
        thread::sleep(MS);
    }
}

#[test]
fn without_a_runtime_a_blocking_check_holds_nothing_up() {
    let blocks = Check::new("blocks", || async {
        thread::sleep(3 * SECOND);
        Ok::<_, String>(())
    });
    let timer = Check::new("timer", || async {
        sleep(MS).await;
        Ok::<_, String>(())
    });
    let health = health(vec![
        blocks.timeout(20 * MS),
        timer.interval(MS).timeout(SECOND),
    ]);
    health.mark_started();
    health.spawn().expect("a thread");
    health.spawn().expect("no second one");
    eventually("the timeout is noticed", || {
        failing(&health.slots[0]).is_some()
    });
    assert_eq!(
        failing(&health.slots[0]).as_deref(),
        Some("no answer within 20ms")
    );
    eventually("the other check passes", || {
        health.slots[1].standing(Instant::now()) == Standing::Passing
    });
    assert_eq!(health.ask(ProbeKind::Ready), Ok(()));
    let stop = Instant::now();
    health.stop();
    health.stop();
    assert!(stop.elapsed() < SECOND, "stop took {:?}", stop.elapsed());
}

#[test]
fn a_check_that_blocks_the_users_runtime_is_seen_from_outside() {
    for workers in [0, 2] {
        let mut builder = if workers == 0 {
            Builder::new_current_thread()
        } else {
            Builder::new_multi_thread()
        };
        let runtime = builder
            .worker_threads(workers.max(1))
            .enable_all()
            .build()
            .unwrap();
        let released = Arc::new(AtomicBool::new(false));
        let release = Arc::clone(&released);
        let blocks = Check::new("blocks", move || {
            let release = Arc::clone(&release);
            async move {
                assert!(
                    thread::current().name() != Some("monitor-health"),
                    "on the wrong thread"
                );
                while !release.load(Ordering::Relaxed) {
                    thread::sleep(MS);
                }
                Ok::<_, String>(())
            }
        });
        let health = health(vec![blocks.interval(20 * MS).timeout(20 * MS).critical()]);
        health.mark_started();
        let user = thread::spawn({
            let health = Arc::clone(&health);
            move || {
                runtime.block_on(async {
                    health.spawn().expect("a thread");
                    while health.ask(ProbeKind::Ready).is_err() {
                        sleep(MS).await;
                    }
                });
            }
        });
        eventually("the timeout is noticed", || {
            failing(&health.slots[0]).as_deref() == Some("no answer within 20ms")
        });
        assert_eq!(health.ask(ProbeKind::Ready), Err(Refusal::CriticalFailing));
        eventually("the verdict grows old", || {
            failing(&health.slots[0]).is_some_and(|output| output == "has not finished for 1s")
        });
        released.store(true, Ordering::Relaxed);
        user.join().expect("ready again");
        health.stop();
    }
}

#[test]
fn a_runtime_that_is_gone_is_a_failing_check() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let health = health(vec![passing("db").interval(MS)]);
    let entered = runtime.enter();
    health.spawn().expect("a thread");
    drop(entered);
    eventually("it passes", || {
        health.report(&Selection::default(), false).status == Status::Ok
    });
    runtime.shutdown_background();
    eventually("it fails", || {
        failing(&health.slots[0]).is_some_and(|output| output.contains("has shut down"))
    });
    health.stop();
}

#[test]
fn stopping_and_dropping_both_end_running_checks() {
    struct Running(Arc<AtomicU32>);
    impl Drop for Running {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    for stop in [true, false] {
        let running = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&running);
        let health = health(vec![Check::new("hangs", move || {
            counter.fetch_add(1, Ordering::Relaxed);
            let running = Running(Arc::clone(&counter));
            async move {
                sleep(1000 * SECOND).await;
                drop(running);
                Ok::<_, String>(())
            }
        })]);
        health.spawn().expect("a thread");
        eventually("it runs", || running.load(Ordering::Relaxed) == 1);
        if stop {
            health.stop();
        }
        drop(health);
        eventually("it is dropped", || running.load(Ordering::Relaxed) == 0);
    }
}

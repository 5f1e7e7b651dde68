//! Runtimes that are blocked, for real.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::blocking::eventually;
use super::{MS, SECOND, passing};
use crate::health::{
    BlockingLimits, Check, CheckError, Health, ProbeKind, Refusal, Selection, Service,
};

fn health(checks: Vec<Check>, silence: Duration) -> Arc<Health> {
    let service = Service {
        id: String::new(),
        version: String::new(),
    };
    let limits = BlockingLimits {
        runtime: Some(silence),
        worker: None,
    };
    let health = Health::new(service, checks, limits).expect("valid");
    health.mark_started();
    health
}

fn is_blocked(health: &Health) -> bool {
    health.ask(ProbeKind::Live) == Err(Refusal::Blocked)
}

/// Runs long enough for a runtime to be known as one that runs.
fn settle(health: &Health) {
    let begin = std::time::Instant::now();
    while begin.elapsed() < 1200 * MS {
        assert!(!is_blocked(health), "it is not blocked");
        thread::sleep(5 * MS);
    }
}

/// Holds up a thread until told otherwise, or until the test is lost anyway.
#[derive(Clone, Default)]
struct Hold(Arc<AtomicBool>);

impl Hold {
    fn hold(&self) {
        let begin = std::time::Instant::now();
        while !self.0.load(Ordering::Relaxed) && begin.elapsed() < 20 * SECOND {
            thread::sleep(MS);
        }
    }

    fn release(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_runtime_whose_threads_are_all_blocked_is_not_live_until_it_goes_on() {
    // Neither timers nor sockets: the watchdog needs none of them.
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    let health = health(vec![], 400 * MS);
    runtime
        .block_on(async { health.spawn() })
        .expect("a thread");
    settle(&health);
    let hold = Hold::default();
    let block = || {
        let hold = hold.clone();
        drop(runtime.spawn(async move { hold.hold() }));
    };
    block();
    settle(&health);
    block();
    eventually("it is seen", || is_blocked(&health));
    assert_eq!(health.ask(ProbeKind::Ready), Err(Refusal::Blocked));
    let report = serde_json::to_value(health.report(&Selection::default(), false));
    let report = report.expect("serialisable");
    assert_eq!(report["status"], "fail");
    assert_eq!(report["output"], "the async runtime is blocked");
    let reading = &health.readings()[0];
    assert_eq!(
        (reading.check.as_str(), reading.up),
        ("runtime:main", false)
    );
    hold.release();
    eventually("it goes on", || !is_blocked(&health));
    assert!(health.readings()[0].up);
    health.stop();
}

#[test]
fn a_current_thread_runtime_is_watched_while_it_runs() {
    let health = health(vec![passing("db")], 400 * MS);
    let hold = Hold::default();
    let user = thread::spawn({
        let (health, hold) = (Arc::clone(&health), hold.clone());
        move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                health.spawn().expect("a thread");
                tokio::time::sleep(1200 * MS).await;
                assert!(!is_blocked(&health));
                hold.hold();
                while is_blocked(&health) {
                    tokio::time::sleep(MS).await;
                }
            });
        }
    });
    eventually("it is seen", || is_blocked(&health));
    hold.release();
    user.join().expect("live again");
    health.stop();
}

#[test]
fn a_runtime_that_only_started_the_monitor_is_not_blocked() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let health = health(vec![], 400 * MS);
    runtime
        .block_on(async { health.spawn() })
        .expect("a thread");
    settle(&health);
    health.stop();
}

#[test]
fn a_runtime_that_is_gone_and_no_runtime_at_all_are_live() {
    let runtime = Runtime::new().expect("a runtime");
    let gone = health(vec![], 400 * MS);
    runtime.block_on(async { gone.spawn() }).expect("a thread");
    settle(&gone);
    drop(runtime);
    eventually("it is noticed", || gone.readings().is_empty());
    settle(&gone);
    gone.stop();

    let none = health(vec![], 400 * MS);
    none.spawn().expect("a thread");
    settle(&none);
    let error = none.watch("worker").expect_err("there is no runtime here");
    assert!(
        error.to_string().contains("inside the tokio runtime"),
        "{error}"
    );
    none.stop();
}

#[test]
fn more_runtimes_are_watched_by_name() {
    let (first, second) = (Runtime::new().expect("one"), Runtime::new().expect("two"));
    let health = health(vec![], 400 * MS);
    first.block_on(async { health.spawn() }).expect("a thread");
    second.block_on(async {
        assert_eq!(health.watch("second"), Ok(()));
        assert_eq!(
            health.watch("second"),
            Err(CheckError::Duplicate("second".into()))
        );
        assert_eq!(health.watch("a:b"), Err(CheckError::Name("a:b".into())));
    });
    settle(&health);
    let hold = Hold::default();
    // As many as it can have threads: one for each core.
    for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
        let hold = hold.clone();
        drop(second.spawn(async move { hold.hold() }));
    }
    eventually("it is seen", || is_blocked(&health));
    let points = health.points(ProbeKind::Live, &Selection::default());
    let failing: Vec<_> = points
        .into_iter()
        .filter(|point| point.failure.is_some())
        .collect();
    assert_eq!(failing.len(), 1);
    assert_eq!(failing[0].name, "runtime:second");
    let (_, reason) = failing[0].failure.clone().expect("a reason");
    assert!(reason.starts_with("has run nothing for "), "{reason}");
    hold.release();
    eventually("it goes on", || !is_blocked(&health));
    health.stop();
}

#[test]
fn a_process_that_was_stopped_is_not_blocked() {
    // One look by our own thread, however late, cannot make a runtime late.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let health = health(vec![], Duration::from_secs(10));
    runtime
        .block_on(async { health.spawn() })
        .expect("a thread");
    let dog = &health.watchdog;
    let limit = Duration::from_secs(10);
    for _ in 0..10 {
        dog.tick(limit, SECOND, SECOND);
        thread::sleep(50 * MS);
    }
    let hold = Hold::default();
    let blocker = hold.clone();
    drop(runtime.spawn(async move { blocker.hold() }));
    thread::sleep(50 * MS);
    dog.tick(limit, SECOND, SECOND);
    // The process did not run for an hour.
    dog.tick(limit, SECOND, 3600 * SECOND);
    assert!(!is_blocked(&health));
    for _ in 0..10 {
        dog.tick(limit, SECOND, SECOND);
    }
    assert!(is_blocked(&health), "it was silent for ten looks more");
    hold.release();
    health.stop();
}

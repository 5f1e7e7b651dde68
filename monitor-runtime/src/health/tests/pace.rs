//! Tests when checks run and how their verdicts change, on a paused clock.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::{SECOND, failing, passing};
use crate::health::Check;
use crate::health::awake::Awake;
use crate::health::check_state::{Slot, Standing};
use crate::health::runner::{Place, supervise};

/// A supervised check on the paused clock of the test's own runtime.
pub(super) fn supervised(check: Check) -> Arc<Slot> {
    let slot = Arc::new(Slot::new(check, Awake::default()));
    slot.start(Instant::now());
    tokio::spawn(supervise(
        Arc::clone(&slot),
        Place::Users(Handle::current()),
    ));
    slot
}

#[tokio::test(start_paused = true)]
async fn runs_at_once_and_then_an_interval_after_each_end() {
    let starts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&starts);
    let begin = Instant::now();
    let slot = supervised(Check::new("slow", move || {
        seen.lock().unwrap().push(begin.elapsed().as_secs());
        async {
            sleep(3 * SECOND).await;
            Ok::<_, String>(())
        }
    }));
    assert_eq!(slot.standing(Instant::now()), Standing::Pending);
    sleep(30 * SECOND).await;
    assert_eq!(*starts.lock().unwrap(), [0, 13, 26]);
    assert_eq!(slot.standing(Instant::now()), Standing::Passing);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_check_fails_at_its_timeout_and_is_dropped_and_run_again() {
    struct Gone(Arc<AtomicU32>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let gone = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&gone);
    let slot = supervised(Check::new("hangs", move || {
        let gone = Gone(Arc::clone(&counter));
        async move {
            std::future::pending::<()>().await;
            drop(gone);
            Ok::<_, String>(())
        }
    }));
    sleep(4 * SECOND).await;
    assert_eq!(slot.standing(Instant::now()), Standing::Pending);
    sleep(2 * SECOND).await;
    assert_eq!(failing(&slot).as_deref(), Some("no answer within 5s"));
    sleep(15 * SECOND).await;
    assert_eq!(gone.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_panicking_check_fails_and_gets_well_again() {
    let runs = AtomicU32::new(0);
    let slot = supervised(Check::new("panics", move || {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        // Once in the function itself, once in its future.
        assert!(run != 0, "in the\nfunction");
        async move {
            assert!(run != 1, "in future {run}");
            Ok::<_, String>(())
        }
    }));
    let neighbour = supervised(passing("neighbour"));
    sleep(SECOND).await;
    assert_eq!(failing(&slot).as_deref(), Some("panicked: in the function"));
    sleep(10 * SECOND).await;
    assert_eq!(failing(&slot).as_deref(), Some("panicked: in future 1"));
    sleep(10 * SECOND).await;
    assert_eq!(slot.standing(Instant::now()), Standing::Passing);
    assert_eq!(neighbour.standing(Instant::now()), Standing::Passing);
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_is_too_old_does_not_count() {
    let check = passing("stuck").interval(10 * SECOND).timeout(5 * SECOND);
    let slot = Slot::new(check, Awake::default());
    let start = Instant::now();
    assert_eq!(
        slot.standing(start + 100 * SECOND),
        Standing::Pending,
        "not started"
    );
    slot.start(start);
    assert_eq!(slot.standing(start + 6 * SECOND), Standing::Pending);
    let stuck = Standing::Failing("has not finished for 7s".into());
    assert_eq!(slot.standing(start + 7 * SECOND), stuck);
    slot.record(start, Ok(()));
    assert_eq!(slot.standing(start + 16 * SECOND), Standing::Passing);
    let stale = Standing::Failing("has not finished for 17s".into());
    assert_eq!(slot.standing(start + 17 * SECOND), stale);
}

#[test]
fn intervals_without_end_do_not_overflow() {
    let check = passing("rare")
        .interval(Duration::MAX)
        .timeout(Duration::MAX);
    let slot = Slot::new(check, Awake::default());
    slot.start(Instant::now());
    slot.record(Instant::now(), Ok(()));
    assert_eq!(slot.standing(Instant::now()), Standing::Passing);
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_flapping_check_is_logged_once_for_each_change() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    // Another test may be registering the same call sites just now, without this subscriber.
    while captured.0.lock().unwrap().is_empty() {
        let slot = Slot::new(passing("warm-up"), Awake::default());
        slot.record(Instant::now(), Err(String::new()));
        slot.record(Instant::now(), Ok(()));
        let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        if !(log.contains("WARN") && log.contains("INFO")) {
            captured.0.lock().unwrap().clear();
            tracing::callsite::rebuild_interest_cache();
        }
    }
    captured.0.lock().unwrap().clear();
    let runs = AtomicU32::new(0);
    // Fails at 1, 2, 5 and 6; passes at 0, 3, 4 and 7.
    supervised(Check::new("flaps", move || {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        async move {
            if matches!(run % 4, 1 | 2) {
                Err("down")
            } else {
                Ok(())
            }
        }
    }));
    sleep(75 * SECOND).await;
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let words: Vec<_> = log
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(words, ["WARN", "INFO", "WARN", "INFO"], "{log}");
    assert!(
        log.contains("monitor_runtime::health") && log.contains("down"),
        "{log}"
    );
}

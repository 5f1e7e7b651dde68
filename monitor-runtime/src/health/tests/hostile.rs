//! A subscriber of the service's own that panics, and a payload of a panic that does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::pace::supervised;
use super::{MS, SECOND};
use crate::health::check_state::Standing;
use crate::health::watchdog::Watchdog;
use crate::health::{Check, CheckError};

/// Panics on every event.
struct Panics;

impl Subscriber for Panics {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        panic!("no room on the disk");
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_ends_no_supervision() {
    let _guard = tracing::subscriber::set_default(Panics);
    tracing::callsite::rebuild_interest_cache();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let check = Check::new("flaps", move || {
        let run = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            if run.is_multiple_of(2) {
                Err("down")
            } else {
                Ok(())
            }
        }
    });
    let slot = supervised(check.critical());
    sleep(35 * SECOND).await;
    assert_eq!(runs.load(Ordering::Relaxed), 4);
    assert_eq!(slot.standing(Instant::now()), Standing::Passing);
}

#[tokio::test]
async fn a_subscriber_that_panics_ends_no_watch() {
    let _guard = tracing::subscriber::set_default(Panics);
    tracing::callsite::rebuild_interest_cache();
    let watchdog = Watchdog::new(Some(50 * MS));
    assert!(watchdog.watch("main", &Handle::current()));
    for _ in 0..5 {
        sleep(MS).await;
        watchdog.tick(50 * MS, 5 * MS, 5 * MS);
    }
    assert!(!watchdog.is_any_blocked());
    // Asked and given no chance to answer, which is a line of the log, and then it is over.
    for _ in 0..20 {
        watchdog.tick(50 * MS, 5 * MS, 5 * MS);
    }
    assert!(watchdog.is_any_blocked());
    sleep(MS).await;
    watchdog.tick(50 * MS, 5 * MS, 5 * MS);
    assert!(!watchdog.is_any_blocked());
}

/// A payload that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_panics_ends_no_supervision() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let check = Check::new("bomb", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async {
            std::panic::panic_any(Bomb);
            #[expect(unreachable_code, reason = "says what it would return")]
            Ok::<_, String>(())
        }
    });
    let _slot = supervised(check.interval(Duration::from_secs(1)));
    sleep(10 * SECOND).await;
    assert!(runs.load(Ordering::Relaxed) > 5, "{runs:?}");
}

#[test]
fn an_error_of_a_check_spells_out_characters_that_nothing_shows() {
    let text = CheckError::Name("a\u{1160}b".into()).to_string();
    assert!(text.contains(r#""a\u{1160}b""#), "{text}");
}

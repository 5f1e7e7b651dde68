//! The phases as those see them who wait for one.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::health::{BlockingLimits, Service};

const MOMENT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(3600);

/// A lifecycle, and how often it was closed.
fn lifecycle(drain: Duration, limit: Duration) -> (Arc<Lifecycle>, Arc<AtomicUsize>) {
    let service = Service {
        id: "shop".into(),
        version: "1.2.3".into(),
    };
    let health = Health::new(service, vec![], BlockingLimits::default()).expect("valid checks");
    let limit = DrainLimit {
        duration: limit,
        given: true,
    };
    let closed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&closed);
    let close = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    (Lifecycle::new(health, drain, limit, close), closed)
}

fn is_pending(future: impl Future<Output = ()>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(future).poll(&mut context) == Poll::Pending
}

#[tokio::test]
async fn readiness_falls_then_the_delay_passes_then_the_limit() {
    let (lifecycle, _) = lifecycle(3 * MOMENT, 3 * MOMENT);
    let [draining, drained, cut_off]: [Pin<Box<dyn Future<Output = ()> + Send>>; 3] = [
        Box::pin(lifecycle.draining()),
        Box::pin(lifecycle.drained()),
        Box::pin(lifecycle.cut_off()),
    ];
    assert!(!lifecycle.is_draining());
    assert!(is_pending(lifecycle.draining()) && is_pending(lifecycle.drained()));
    let began = Instant::now();
    lifecycle.drain();
    lifecycle.drain();
    assert!(lifecycle.is_draining());
    draining.await;
    drained.await;
    assert!(began.elapsed() >= 3 * MOMENT);
    assert!(is_pending(lifecycle.cut_off()));
    cut_off.await;
    assert!(began.elapsed() >= 6 * MOMENT);
    // Futures that are made afterwards have nothing to wait for.
    lifecycle.draining().await;
    lifecycle.drained().await;
    lifecycle.cut_off().await;
}

#[tokio::test]
async fn futures_end_with_a_lifecycle_that_is_gone() {
    let (lifecycle, _) = lifecycle(LONG, LONG);
    let futures = (
        lifecycle.draining(),
        lifecycle.drained(),
        lifecycle.cut_off(),
    );
    drop(lifecycle);
    futures.0.await;
    futures.1.await;
    futures.2.await;
}

#[tokio::test]
async fn a_shutdown_waits_for_the_delay_as_long_as_something_waits_for_its_end() {
    let (awaited, _) = lifecycle(3 * MOMENT, LONG);
    let waiting = awaited.drained();
    let began = Instant::now();
    awaited.finish().await;
    assert!(began.elapsed() >= 3 * MOMENT);
    drop(waiting);

    // A future that was dropped waits no more.
    let (alone, _) = lifecycle(LONG, LONG);
    drop(alone.drained());
    alone.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdowns_at_once_end_together_also_within_a_drain() {
    for drain_first in [false, true] {
        let (lifecycle, closed) = lifecycle(LONG, LONG);
        if drain_first {
            lifecycle.drain();
        }
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let lifecycle = Arc::clone(&lifecycle);
                tokio::spawn(async move {
                    lifecycle.finish().await;
                    lifecycle.close();
                })
            })
            .collect();
        let blocking = Arc::clone(&lifecycle);
        let blocking = tokio::task::spawn_blocking(move || {
            blocking.finish_blocking();
            blocking.close();
        });
        for task in tasks {
            task.await.expect("no panic");
        }
        blocking.await.expect("no panic");
        // `Parts::close` does it once; everyone else waits for that.
        assert_eq!(closed.load(Ordering::Relaxed), 9);
    }
}

//! Futures that move between threads, are polled again, or panic between polls.

use super::*;

#[monitored]
async fn travels() {
    for _ in 0..3 {
        pause().await;
    }
}

#[monitored]
async fn travels_in_vain() {
    for _ in 0..30 {
        pause().await;
    }
}

#[test]
fn a_future_may_move_between_threads() {
    log();
    let mut travelling = Box::pin(travels());
    let mut in_vain = Box::pin(travels_in_vain());
    for stop in 0..3 {
        let thread = std::thread::spawn(move || {
            assert!(poll(travelling.as_mut()).is_pending());
            assert!(poll(in_vain.as_mut()).is_pending());
            (travelling, in_vain)
        });
        (travelling, in_vain) = thread.join().expect("no panic");
        let running = Counts::running(1);
        assert_counts("travels", running, &format!("after thread {stop}"));
        assert_counts("travels_in_vain", running, &format!("after thread {stop}"));
    }
    assert!(poll(travelling.as_mut()).is_ready(), "it arrives");
    assert_counts("travels", Counts::oks(1), "arrived");
    drop(in_vain);
    assert_counts("travels_in_vain", Counts::cancels(1), "did not arrive");
    assert_eq!(log().completion("travels").spans, ["travels"]);
}

#[monitored]
async fn polled_again() -> u8 {
    1
}

#[monitored]
fn always_ready() -> impl Future<Output = u8> {
    poll_fn(|_| Poll::Ready(1))
}

#[test]
fn polled_after_its_end_a_future_does_what_the_plain_one_does() {
    log();
    let mut future = Box::pin(polled_again());
    assert_eq!(poll(future.as_mut()), Poll::Ready(1));
    let again = catch_unwind(AssertUnwindSafe(|| poll(future.as_mut())));
    let again = again.expect_err("an async fn panics");
    let text = message(&*again);
    assert!(text.contains("resumed after completion"), "{text}");
    drop(future);
    assert_counts("polled_again", Counts::oks(1), "ended once");

    let mut future = Box::pin(always_ready());
    assert_eq!(poll(future.as_mut()), Poll::Ready(1));
    assert_eq!(poll(future.as_mut()), Poll::Ready(1), "poll_fn goes on");
    drop(future);
    assert_counts("always_ready", Counts::oks(1), "ended once");
}

#[monitored]
async fn panics_later() {
    pause().await;
    panic!("later")
}

#[monitored]
fn panics_later_box() -> BoxFuture<'static, ()> {
    Box::pin(async {
        pause().await;
        panic!("later")
    })
}

#[test]
fn a_future_that_panicked_is_not_cancelled_too() {
    log();
    let futures: [(_, BoxFuture<'static, ()>); 2] = [
        ("panics_later", Box::pin(panics_later())),
        ("panics_later_box", panics_later_box()),
    ];
    for (function, mut future) in futures {
        assert!(poll(future.as_mut()).is_pending());
        catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).expect_err("it panics");
        assert_counts(function, Counts::panics(1), "panicked");
        let again = catch_unwind(AssertUnwindSafe(|| poll(future.as_mut())));
        let again = again.expect_err("the plain future panics");
        let text = message(&*again);
        assert!(text.contains("resumed after panicking"), "{text}");
        drop(future);
        assert_counts(function, Counts::panics(1), "panicked once");
    }
}

#[monitored]
async fn sibling(ends: bool) {
    pause().await;
    if !ends {
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_sibling_that_ended_is_not_cancelled_with_the_other() {
    log();
    {
        let mut both = pin!(futures_util::future::join(sibling(true), sibling(false)));
        for _ in 0..3 {
            assert!(poll(both.as_mut()).is_pending());
        }
        let one_runs = Counts {
            concurrent: 1,
            ..Counts::oks(1)
        };
        assert_counts("sibling", one_runs, "of two has ended");
    }
    let one_each = Counts {
        cancelled: 1,
        timed_cancelled: 1,
        ..Counts::oks(1)
    };
    assert_counts("sibling", one_each, "and its sibling");
}

#[monitored]
async fn leaves_its_span() {
    pause().await;
    std::future::pending::<()>().await;
}

#[test]
fn between_polls_and_afterwards_no_span_is_entered() {
    log();
    let outside = |place: &str| {
        tracing::info!(place, "outside");
        let events = log().events(|event| event.text("place") == place);
        assert!(events[0].spans.is_empty(), "{place}: {:?}", events[0].spans);
    };
    let mut future = Box::pin(leaves_its_span());
    outside("before the first poll");
    assert!(poll(future.as_mut()).is_pending());
    outside("after the first poll");
    assert!(poll(future.as_mut()).is_pending());
    outside("after the second poll");
    drop(future);
    outside("after the drop");
    let mut future = Box::pin(holds_a_second_bomb());
    assert!(poll(future.as_mut()).is_pending());
    catch_unwind(AssertUnwindSafe(|| drop(future))).expect_err("it panics");
    outside("after a drop that panics");
    catch_unwind(panics_at_once).expect_err("it panics");
    outside("after a panic");
}

#[monitored]
async fn holds_a_second_bomb() {
    let _bomb = Bomb;
    std::future::pending::<()>().await;
}

#[monitored]
fn panics_at_once() {
    panic!("at once");
}

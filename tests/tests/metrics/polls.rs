//! Tests the number of a function's polls and the time inside them, against sums of the tests' own and
//! against `tokio-metrics` on the same futures.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use monitor_runtime::{monitored, task};
use monitor_tests::{Page, pause, poll, scrape};
use tokio_metrics::TaskMonitor;

const BUSY: &str = "function_calls_busy_seconds_total";
const POLLS: &str = "function_calls_polls_total";
const SLOW: &str = "function_calls_slow_polls_total";

/// The time that the body of a function occupies its thread, measured there.
#[derive(Clone, Default)]
struct Inside(Arc<AtomicU64>);

impl Inside {
    /// Occupies the thread.
    fn spin(&self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            std::hint::spin_loop();
        }
        let time = u64::try_from(began.elapsed().as_nanos()).expect("short");
        self.0.fetch_add(time, Ordering::Relaxed);
    }

    fn time(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn busy(page: &Page, function: &str) -> f64 {
    let busy = page.value(BUSY, &[("function", function)]);
    busy.unwrap_or_else(|| panic!("the busy time of {function} is on the page"))
}

fn polls(page: &Page, function: &str) -> u64 {
    let labels = [("function", function)];
    let mut found = page.find(POLLS, &labels);
    let polls = found.next().map(monitor_tests::Sample::count);
    assert!(found.next().is_none(), "{function} has one series");
    polls.unwrap_or_else(|| panic!("the polls of {function} are on the page"))
}

/// Measures the polls of a future from outside.
struct Watched<F> {
    future: F,
    polls: u64,
    busy: Duration,
}

impl<F: Future> Watched<F> {
    fn new(future: F) -> Pin<Box<Self>> {
        let (polls, busy) = (0, Duration::ZERO);
        Box::pin(Self {
            future,
            polls,
            busy,
        })
    }

    /// Polls it so often, or to its end.
    fn poll_times(mut self: Pin<&mut Self>, times: u32) -> Option<F::Output>
    where
        F: Unpin,
    {
        for _ in 0..times {
            let this = &mut *self;
            let began = Instant::now();
            let polled = poll(Pin::new(&mut this.future));
            this.busy += began.elapsed();
            this.polls += 1;
            if let Poll::Ready(output) = polled {
                return Some(output);
            }
            thread::sleep(ms(3));
        }
        None
    }
}

/// Asserts that a function's busy time is more than was measured in its body, and less than was measured
/// around its polls.
#[track_caller]
fn is_between(busy: f64, inside: &Inside, outside: Duration) {
    // The clocks are apart by a little.
    let least = inside.time().as_secs_f64() * 0.999;
    let most = outside.as_secs_f64() * 1.001;
    assert!(
        (least..=most).contains(&busy),
        "{least} <= {busy} <= {most}"
    );
    assert!(least > 0.001, "something was measured: {least}");
}

#[monitored]
async fn works_and_waits(rounds: u32, inside: Inside) {
    for _ in 0..rounds {
        inside.spin(ms(2));
        pause().await;
    }
    inside.spin(ms(2));
}

#[test]
fn polls_and_their_time_are_those_of_the_future() {
    let inside = Inside::default();
    let mut calls = Watched::new(Box::pin(works_and_waits(9, inside.clone())));
    calls.as_mut().poll_times(100).expect("it ends");
    let page = scrape();
    assert_eq!(polls(&page, "works_and_waits"), 10);
    assert_eq!(calls.polls, 10);
    is_between(busy(&page, "works_and_waits"), &inside, calls.busy);
    let whole = page.sum("works_and_waits", "ok");
    assert!(
        whole >= 0.020 + 9.0 * 0.003,
        "its duration is the whole: {whole}"
    );
    assert_eq!(page.count("works_and_waits", "ok"), 1);
}

#[monitored]
async fn ready_at_once() {
    Inside::default().spin(ms(3));
}

#[test]
fn a_call_that_is_ready_at_once_has_one_poll_of_its_duration() {
    for _ in 0..5 {
        assert!(poll(pin!(ready_at_once())).is_ready());
    }
    let page = scrape();
    assert_eq!(polls(&page, "ready_at_once"), 5);
    let (busy, whole) = (
        busy(&page, "ready_at_once"),
        page.sum("ready_at_once", "ok"),
    );
    assert!(
        (busy - whole).abs() < 1e-6 && busy >= 0.015,
        "{busy} of {whole}"
    );
}

#[monitored]
async fn fails_later(inside: Inside) -> Result<(), &'static str> {
    inside.spin(ms(2));
    pause().await;
    inside.spin(ms(2));
    Err("later")
}

#[monitored]
async fn panics_later() {
    Inside::default().spin(ms(2));
    pause().await;
    Inside::default().spin(ms(2));
    panic!("later");
}

#[test]
fn errors_and_panics_end_in_a_poll() {
    let inside = Inside::default();
    let mut call = Watched::new(Box::pin(fails_later(inside.clone())));
    call.as_mut()
        .poll_times(9)
        .expect("it ends")
        .expect_err("an error");
    let mut panics = Box::pin(panics_later());
    assert!(poll(panics.as_mut()).is_pending());
    thread::sleep(ms(500));
    catch_unwind(AssertUnwindSafe(|| poll(panics.as_mut()))).expect_err("it panics");
    let page = scrape();
    assert_eq!(polls(&page, "fails_later"), 2);
    is_between(busy(&page, "fails_later"), &inside, call.busy);
    assert_eq!(polls(&page, "panics_later"), 2);
    let busy = busy(&page, "panics_later");
    assert!(
        (0.004..0.5).contains(&busy),
        "without the wait of 500 ms: {busy}"
    );
    assert!(page.sum("panics_later", "error") >= 0.504);
}

#[monitored]
async fn waits_for_ever(inside: Inside) {
    struct Slow;
    impl Drop for Slow {
        fn drop(&mut self) {
            Inside::default().spin(ms(30));
        }
    }
    let _slow = Slow;
    inside.spin(ms(2));
    loop {
        pause().await;
    }
}

#[test]
fn the_drop_of_a_future_is_no_poll() {
    let inside = Inside::default();
    let mut call = Watched::new(Box::pin(waits_for_ever(inside.clone())));
    assert!(call.as_mut().poll_times(3).is_none());
    let waiting = scrape();
    assert_eq!(
        polls(&waiting, "waits_for_ever"),
        3,
        "they count before its end"
    );
    is_between(busy(&waiting, "waits_for_ever"), &inside, call.busy);
    let measured = call.busy;
    drop(call);
    let page = scrape();
    assert_eq!(polls(&page, "waits_for_ever"), 3);
    is_between(busy(&page, "waits_for_ever"), &inside, measured);
    assert!(page.sum("waits_for_ever", "cancelled") >= 0.04);
}

#[monitored]
async fn outer_of_two(own: Inside, inner: Inside) {
    inner_of_two(inner).await;
    own.spin(ms(2));
}

#[monitored]
async fn inner_of_two(inside: Inside) {
    inside.spin(ms(5));
    pause().await;
    inside.spin(ms(5));
}

#[test]
fn the_time_of_an_inner_function_is_in_the_outer_one() {
    let (own, inner) = (Inside::default(), Inside::default());
    let mut call = Watched::new(Box::pin(outer_of_two(own.clone(), inner.clone())));
    call.as_mut().poll_times(9).expect("it ends");
    let page = scrape();
    let (outer_busy, inner_busy) = (busy(&page, "outer_of_two"), busy(&page, "inner_of_two"));
    is_between(inner_busy, &inner, call.busy.saturating_sub(own.time()));
    is_between(
        outer_busy - inner_busy,
        &own,
        call.busy.saturating_sub(inner.time()),
    );
    is_between(outer_busy, &inner, call.busy);
    let polls = ["outer_of_two", "inner_of_two"].map(|function| polls(&page, function));
    assert_eq!(polls, [2, 2]);
}

#[monitored]
fn boxed_by_hand(rounds: u32) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        for _ in 0..rounds {
            pause().await;
        }
    })
}

#[monitored]
fn some_future(rounds: u32) -> impl Future<Output = ()> {
    async move {
        for _ in 0..rounds {
            pause().await;
        }
    }
}

#[monitored(latency = false)]
async fn untimed(rounds: u32) {
    for _ in 0..rounds {
        pause().await;
    }
}

#[monitored]
fn returns_at_once() {}

#[test]
fn functions_that_return_futures_have_them_and_no_others() {
    poll_to_end(boxed_by_hand(2));
    poll_to_end(some_future(3));
    poll_to_end(untimed(4));
    returns_at_once();
    let page = scrape();
    assert_eq!(polls(&page, "boxed_by_hand"), 3);
    assert_eq!(polls(&page, "some_future"), 4);
    assert!(busy(&page, "boxed_by_hand") > 0.0 && busy(&page, "some_future") > 0.0);
    assert_eq!(polls(&page, "untimed"), 5);
    for family in [BUSY, SLOW] {
        assert_eq!(page.find(family, &[("function", "untimed")]).count(), 0);
    }
    for family in [BUSY, POLLS, SLOW] {
        assert_eq!(page.types[family], "counter");
        assert_eq!(
            page.find(family, &[("function", "returns_at_once")])
                .count(),
            0
        );
    }
    assert_eq!(page.value(SLOW, &[("function", "some_future")]), Some(0.0));
}

fn poll_to_end(future: impl Future) {
    monitor_tests::run(future);
}

#[monitored(labels(kind))]
async fn labelled_polls(kind: bool, rounds: u32) {
    for _ in 0..rounds {
        pause().await;
    }
}

#[test]
fn each_label_has_its_own() {
    poll_to_end(labelled_polls(true, 1));
    poll_to_end(labelled_polls(false, 5));
    let page = scrape();
    let of = |kind| page.value(POLLS, &[("function", "labelled_polls"), ("kind", kind)]);
    assert_eq!((of("true"), of("false")), (Some(2.0), Some(6.0)));
}

#[monitored]
async fn wanders(inside: Inside) {
    for _ in 0..8 {
        inside.spin(ms(1));
        pause().await;
    }
}

#[test]
fn a_future_may_move_from_thread_to_thread() {
    let inside = Inside::default();
    let mut call = Watched::new(Box::pin(wanders(inside.clone())));
    for _ in 0..9 {
        thread::scope(|scope| {
            let call = call.as_mut();
            scope.spawn(move || call.poll_times(1));
        });
    }
    let page = scrape();
    assert_eq!(polls(&page, "wanders"), 9);
    assert_eq!(page.calls("wanders", "ok"), 1);
    is_between(busy(&page, "wanders"), &inside, call.busy);
}

#[monitored]
async fn inside_a_task(inside: Inside) -> Result<(), &'static str> {
    for _ in 0..5 {
        inside.spin(ms(2));
        pause().await;
    }
    Ok(())
}

#[test]
fn calls_in_a_local_trace_count_as_others() {
    let inside = Inside::default();
    let mut call = Watched::new(Box::pin(task::scoped(inside_a_task(inside.clone()))));
    call.as_mut().poll_times(9).expect("it ends").expect("ok");
    let page = scrape();
    assert_eq!(polls(&page, "inside_a_task"), 6);
    is_between(busy(&page, "inside_a_task"), &inside, call.busy);
    assert!(page.sum("inside_a_task", "ok") >= 0.010 + 5.0 * 0.003);
}

#[monitored]
async fn beside_an_oracle(rounds: u32) {
    let inside = Inside::default();
    for round in 0..rounds {
        inside.spin(Duration::from_micros(u64::from(400 + 200 * (round % 5))));
        if round % 3 == 0 {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(ms(1)).await;
        }
    }
}

/// Runs calls under `tokio-metrics` and returns its polls and their time.
async fn observed(tasks: u32) -> (u64, Duration) {
    let oracle = TaskMonitor::new();
    let tasks = (0..tasks).map(|_| tokio::spawn(oracle.instrument(beside_an_oracle(40))));
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("it ends");
    }
    let seen = oracle.cumulative();
    (seen.total_poll_count, seen.total_poll_duration)
}

#[test]
fn busy_time_and_polls_are_those_of_tokio_metrics() {
    poll_to_end(async { assert!(poll(pin!(beside_an_oracle(0))).is_ready()) });
    let (mut polled, mut apart) = (1, f64::INFINITY);
    // A thread may lose its core between a read of `tokio-metrics`' clock and one of the runtime's. Such a
    // round is repeated.
    for round in 0..6 {
        let mut builder = if round % 2 == 0 {
            tokio::runtime::Builder::new_current_thread()
        } else {
            tokio::runtime::Builder::new_multi_thread()
        };
        let runtime = builder.worker_threads(2).enable_time().build();
        let before = busy(&scrape(), "beside_an_oracle");
        let (polls_of_round, theirs) = runtime.expect("a runtime").block_on(observed(4));
        polled += polls_of_round;
        let page = scrape();
        assert_eq!(polls(&page, "beside_an_oracle"), polled);
        let (ours, theirs) = (
            busy(&page, "beside_an_oracle") - before,
            theirs.as_secs_f64(),
        );
        apart = apart.min((ours / theirs - 1.0).abs());
        if apart <= 0.02 && round > 0 {
            return;
        }
    }
    panic!("{apart} apart at best");
}

#[test]
fn a_future_that_is_polled_after_its_end_counts_nothing() {
    let mut ended = Box::pin(ends_once());
    assert!(poll(ended.as_mut()).is_ready());
    catch_unwind(AssertUnwindSafe(|| poll(ended.as_mut()))).expect_err("it was ready");
    assert_eq!(polls(&scrape(), "ends_once"), 1);
}

#[monitored]
async fn ends_once() {}

//! Tests that calls allocate nothing after a thread's first call of a function, while threads come
//! and go.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use monitor_runtime::monitored;
use monitor_tests::{alone, pause, poll, run};

/// Counts what the process holds, and what each thread asks for.
struct Counting;

static HELD: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

#[expect(
    clippy::cast_possible_wrap,
    reason = "no block is half of the address space"
)]
fn held(change: i64, layout: Layout) {
    HELD.fetch_add(change * layout.size() as i64, Ordering::Relaxed);
}

// SAFETY: everything is the system's own; the counts allocate nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        held(1, layout);
        ASKED.set(ASKED.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        held(-1, layout);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the number of allocations of this thread in the code.
fn allocations(code: impl FnOnce()) -> u64 {
    let before = ASKED.get();
    code();
    ASKED.get() - before
}

#[monitored]
fn plain(number: u64) -> Result<u64, u64> {
    if number == u64::MAX {
        Err(number)
    } else {
        Ok(number)
    }
}

#[monitored(latency = false)]
fn counted() {}

#[monitored(labels(odd = number % 2 == 1))]
fn labelled(number: u64) {
    let _ = number;
}

#[monitored]
async fn ready(number: u64) -> Result<u64, u64> {
    plain(number)
}

#[monitored]
async fn yields(number: u64) -> Result<u64, u64> {
    pause().await;
    plain(number)
}

#[monitored]
fn first() {}

#[monitored]
fn second() {}

/// The number of functions in `call_all`, including the two lanes of `labelled`.
const FUNCTIONS: u64 = 6;

fn call_all(number: u64) {
    plain(number).expect("ok");
    counted();
    labelled(number);
    on_the_stack(ready(number)).expect("ok");
    on_the_stack(yields(number)).expect("ok");
}

/// Polls a future to its end without a box around it.
fn on_the_stack<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = poll(future.as_mut()) {
            return value;
        }
    }
}

fn start() {
    // Sentry is on, and the log shows errors and one more target: a service in operation. Lines
    // that are filtered out cost nothing, even if others are shown.
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .log_filter("error,elsewhere=info")
        .sentry_dsn("http://key@127.0.0.1:9/1");
    std::mem::forget(run(monitor.start()).expect("a service"));
}

/// Alone: what other threads of the process do would be counted too.
#[test]
fn calls_and_threads_leave_nothing_behind() {
    alone!();
    // Before the start: what runs in a service's background holds memory of its own.
    let churn = |threads| {
        for _ in 0..threads {
            thread::spawn(|| call_all(1)).join().expect("no panic");
        }
    };
    churn(10);
    let before = HELD.load(Ordering::Relaxed);
    churn(10_000);
    let residue = HELD.load(Ordering::Relaxed) - before;
    assert!(residue < 16 * 1024, "10,000 threads left {residue} bytes");

    // The memory of a function's first call as documented in docs/metrics.md, all of it kept: its
    // cells on this thread, its name, and its call sites in `tracing`.
    thread::spawn(|| {
        first();
        let before = HELD.load(Ordering::Relaxed);
        second();
        let held = HELD.load(Ordering::Relaxed) - before;
        assert!(held < 2 * 1024, "a function's first call took {held} bytes");
    })
    .join()
    .expect("as little as it may be");

    start();
    (0..4).for_each(call_all);
    let calls = || (0..100_000).for_each(call_all);
    let allocated = allocations(calls);
    // A function's first call beyond its first bucket allocates the others, once, and a call that is
    // one of the five slowest so far is kept for the live page: some 50 of 100,000. On a busy machine
    // any call may be that long.
    assert!(
        allocated <= FUNCTIONS * 50,
        "{allocated} allocations in 500,000 calls"
    );
}

#[monitored]
async fn ready_alone(number: u64) {
    let _ = number;
}

#[monitored(fields(number, is_odd = number % 2 == 1, ratio = 0.5))]
fn with_fields(number: u64) {
    let _ = number;
}

#[test]
fn a_call_with_a_line_allocates_nothing() {
    const ROUNDS: usize = 200;
    alone!();
    let monitor = monitor_runtime::builder!().addr("off").log_filter("info");
    std::mem::forget(run(monitor.start()).expect("a service"));
    let calls = || {
        (0..100).for_each(|number| {
            plain(number).expect("ok");
            // A call inside another one would begin the record of a trace.
            on_the_stack(ready_alone(number));
            with_fields(number);
        });
    };
    let is_quiet = |_: &usize| {
        // The buffers of lines grow while the thread that writes them has no CPU.
        thread::sleep(Duration::from_millis(2));
        allocations(calls) == 0
    };
    // Slow calls are kept as above, and a busy machine makes some calls slow.
    let quiet = (0..ROUNDS).filter(is_quiet).count();
    assert!(quiet >= ROUNDS / 2, "{quiet} of {ROUNDS} rounds");
}

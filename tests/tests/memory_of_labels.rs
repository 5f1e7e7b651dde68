//! Tests the memory of labels: only for label sets that a thread uses, and none beyond the
//! process's limit.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Barrier;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use monitor_runtime::monitored;
use monitor_tests::process::get;
use monitor_tests::{Page, run};

/// Counts what the process holds.
struct Counting;

static HELD: AtomicI64 = AtomicI64::new(0);

#[expect(
    clippy::cast_possible_wrap,
    reason = "no block is half of the address space"
)]
fn held(change: i64, layout: Layout) {
    HELD.fetch_add(change * layout.size() as i64, Ordering::Relaxed);
}

// SAFETY: everything is the system's own; the count allocates nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        held(1, layout);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        held(-1, layout);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Combinations of two labels: as many as a function may have.
macro_rules! labelled {
    ($($name:ident)*) => {
        $(
            #[monitored(labels(a = bounded(a, max = 99), b = bounded(b, max = 99)))]
            fn $name(a: &str, b: &str) {
                let _ = (a, b);
            }
        )*
        fn all(a: &str, b: &str) {
            $($name(a, b);)*
        }
    };
}

labelled!(a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9);

#[monitored]
fn last() {}

#[monitored(labels(a = bounded(a, max = 99), b = bounded(b, max = 99)))]
async fn waits(a: &str, b: &str) {
    let _ = (a, b);
    monitor_tests::pause().await;
}

/// Returns the memory that so many threads hold while all of them live and have done the work.
fn held_by_threads(count: usize, work: impl Fn() + Sync) -> i64 {
    let (ready, done) = (Barrier::new(count + 1), Barrier::new(count + 1));
    thread::scope(|scope| {
        for _ in 0..count {
            let (ready, done, work) = (&ready, &done, &work);
            scope.spawn(move || {
                ready.wait();
                work();
                done.wait();
                ready.wait();
            });
        }
        let before = HELD.load(Ordering::Relaxed);
        ready.wait();
        done.wait();
        let after = HELD.load(Ordering::Relaxed);
        ready.wait();
        after - before
    })
}

/// One test: what other threads of the process hold would be counted too.
#[test]
fn labels_cost_what_is_used_of_them() {
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off")
        .label_series(60);
    let monitor = run(monitor.start()).expect("a service");
    let values: Vec<String> = (0..60).map(|value| format!("v{value}")).collect();

    // Function by function, a combination takes its cells and a page of places.
    all("x", "x");
    last();
    let a_thread = held_by_threads(50, last) / 50;
    assert!(
        a_thread < 1024,
        "{a_thread} bytes for a thread that calls one function, behind 20 of 10,000 combinations"
    );

    // 40 places are left, and 3,600 combinations to take them.
    let combinations = || {
        for a in &values {
            for b in &values {
                a0(a, b);
            }
        }
    };
    let first = held_by_threads(1, combinations);
    let a_thread = held_by_threads(8, combinations) / 8;
    // 41 cells and the table that finds them.
    assert!(
        a_thread < 41 * 512,
        "{a_thread} bytes for each thread that goes through all combinations"
    );
    // The places themselves are the process's, once, with the names of 60 values.
    assert!(first < 400 * 1024, "{first} bytes for the first");

    // A future that waits finds its cells again, though they are those of `other`.
    for a in &values {
        run(waits(a, "y"));
    }
    let addr = monitor.addr().expect("the management server is on");
    let page = Page::parse(&get(addr, "/metrics").1);
    let calls: Vec<_> = page
        .find(
            "function_calls_total",
            &[("function", "waits"), ("result", "ok")],
        )
        .map(|sample| (sample.labels["a"].clone(), sample.count()))
        .collect();
    assert_eq!(calls, [("other".to_owned(), 60)]);
    let running = page.find("function_calls_concurrent", &[("function", "waits")]);
    assert_eq!(running.map(monitor_tests::Sample::count).sum::<u64>(), 0);
}

//! Many threads and tasks under a scraper: nothing is lost, and nothing goes backwards.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use monitor_runtime::monitored;
use monitor_tests::{Counts, Page, get, poll, scrape};

/// Stops a scraper also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `load` while pages are scraped, and checks each page against the one before. Returns how
/// often it ran: again, until some pages were made meanwhile.
///
/// `workers` is how many calls of each of `functions` can run at once.
fn under_a_scraper(functions: &[&str], workers: u64, load: impl Fn()) -> u64 {
    let stopped = AtomicBool::new(false);
    let (first, pages) = (scrape(), AtomicU64::new(0));
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let mut before = first;
            while !stopped.load(Ordering::Relaxed) {
                let page = scrape();
                nothing_fell(&before, &page);
                for function in functions {
                    adds_up(function, workers, &before, &page);
                }
                before = page;
                pages.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut rounds = 0;
        {
            let _stop = Stop(&stopped);
            while pages.load(Ordering::Relaxed) < 2 && !scraper.is_finished() {
                load();
                rounds += 1;
            }
        }
        scraper.join().expect("every page is sane");
        rounds
    })
}

fn nothing_fell(before: &Page, after: &Page) {
    let is_counter = |name: &str| {
        ["_total", "_bucket", "_count", "_sum"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
    };
    let found = after.samples.iter();
    // The recorder behind `metrics` gives the series of a family in another order each time.
    let found: BTreeMap<_, _> = found
        .map(|new| ((&new.name, &new.labels), new.value))
        .collect();
    for old in before.samples.iter().filter(|old| is_counter(&old.name)) {
        let new = found.get(&(&old.name, &old.labels));
        let new = new.unwrap_or_else(|| panic!("{old:?} stays on the page"));
        assert!(*new >= old.value, "{old:?} became {new}");
    }
}

/// A page is not of one instant, so what calls did while it was made may be on it in part: the
/// next page says how many there were at most.
fn adds_up(function: &str, workers: u64, page: &Page, next: &Page) {
    // `Page::parse` has compared `_count` with the `+Inf` bucket.
    let (ok, timed) = (page.calls(function, "ok"), page.count(function, "ok"));
    assert_eq!(timed, ok, "{function}");
    let errors = page.calls(function, "error") + page.errors(function, "panic");
    for (result, calls) in [
        ("error", errors),
        ("cancelled", page.counts(function).cancelled),
    ] {
        let timed = page.count(function, result)..=next.count(function, result) + workers;
        assert!(
            timed.contains(&calls),
            "{function}: {calls} {result}, {timed:?} timed"
        );
    }

    let ended = finished(next, function) - finished(page, function);
    let running = page.concurrent(function);
    assert!(
        running <= workers + ended,
        "{function}: {running} in flight, of {workers} workers and {ended} calls since"
    );
}

fn finished(page: &Page, function: &str) -> u64 {
    let results = ["ok", "error", "cancelled"];
    results
        .iter()
        .map(|result| page.count(function, result))
        .sum()
}

#[monitored]
fn counted(number: u64) -> Result<u64, &'static str> {
    if number.is_multiple_of(10) {
        Err("one in ten")
    } else {
        Ok(number)
    }
}

#[monitored]
fn around(number: u64) -> Result<u64, &'static str> {
    counted(number)
}

#[test]
fn threads_lose_nothing_and_nothing_goes_backwards() {
    const THREADS: u64 = 6;
    const CALLS: u64 = 20_000;
    let rounds = under_a_scraper(&["counted", "around"], THREADS, || {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for number in 0..CALLS {
                        let _ = around(number);
                    }
                });
            }
        });
    });
    let errors = rounds * THREADS * CALLS / 10;
    let expected = Counts {
        error: errors,
        timed_error: errors,
        ..Counts::oks(9 * errors)
    };
    let page = scrape();
    assert_eq!(page.counts("counted"), expected, "after all threads ended");
    assert_eq!(page.counts("around"), expected, "after all threads ended");
}

#[monitored]
async fn moves_about(number: u64) -> Result<u64, &'static str> {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    counted_within(number)
}

#[monitored]
fn counted_within(number: u64) -> Result<u64, &'static str> {
    if number.is_multiple_of(4) {
        Err("one in four")
    } else {
        Ok(number)
    }
}

#[monitored]
async fn never_ends() {
    std::future::pending::<()>().await;
}

async fn give_up() {
    tokio::select! {
        biased;
        () = never_ends() => {}
        () = tokio::task::yield_now() => {}
    }
}

#[monitored]
async fn gives_up() {
    give_up().await;
}

#[test]
fn tasks_lose_nothing_and_nothing_goes_backwards() {
    const TASKS: u64 = 100;
    const CALLS: u64 = 60;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .expect("a runtime");
    let functions = ["moves_about", "counted_within", "never_ends"];
    let rounds = under_a_scraper(&functions, TASKS, || {
        runtime.block_on(async {
            let tasks = (0..TASKS).map(|_| {
                tokio::spawn(async {
                    for number in 0..CALLS {
                        let _ = moves_about(number).await;
                        // Half of them with a reason.
                        if number.is_multiple_of(2) {
                            gives_up().await;
                        } else {
                            give_up().await;
                        }
                    }
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.expect("no panic");
            }
        });
    });
    let calls = rounds * TASKS * CALLS;
    let errors = calls / 4;
    let expected = Counts {
        error: errors,
        timed_error: errors,
        ..Counts::oks(calls - errors)
    };
    let page = scrape();
    assert_eq!(page.counts("moves_about"), expected);
    assert_eq!(page.counts("counted_within"), expected);
    assert_eq!(page.counts("never_ends"), Counts::cancels(calls));
    let reasons = [(String::new(), calls / 2), ("caller".into(), calls / 2)];
    assert_eq!(page.cancelled(&[("function", "never_ends")]), reasons);
    // The threads of a runtime end with it; what they counted stays.
    drop(runtime);
    let page = scrape();
    assert_eq!(page.counts("moves_about"), expected, "threads ended");
    assert_eq!(page.counts("never_ends"), Counts::cancels(calls));
}

#[monitored]
fn on_a_short_thread() {}

#[monitored]
fn twice_on_a_short_thread() {}

#[test]
fn short_lived_threads_lose_nothing() {
    const ROUNDS: u64 = 250;
    const THREADS: u64 = 8;
    let functions = ["on_a_short_thread", "twice_on_a_short_thread"];
    let rounds = under_a_scraper(&functions, THREADS, || {
        for _ in 0..ROUNDS {
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        on_a_short_thread();
                        twice_on_a_short_thread();
                        twice_on_a_short_thread();
                    });
                }
            });
        }
    });
    let calls = rounds * ROUNDS * THREADS;
    // Joined by scope end, a thread may still be running its destructors; they count too.
    eventually(|| {
        let page = scrape();
        page.counts("on_a_short_thread") == Counts::oks(calls)
            && page.counts("twice_on_a_short_thread") == Counts::oks(2 * calls)
    });
}

/// Waits for what another thread is about to do.
fn eventually(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !done() {
        assert!(
            Instant::now() < deadline,
            "it never came true:\n{}",
            get("/metrics").body
        );
        thread::sleep(Duration::from_millis(5));
    }
}

struct AtThreadEnd;

impl Drop for AtThreadEnd {
    fn drop(&mut self) {
        at_thread_end();
    }
}

#[monitored]
fn at_thread_end() {}

#[monitored]
fn before_thread_end() {}

#[monitored]
async fn never_wakes() {
    std::future::pending::<()>().await;
}

thread_local! {
    static KEPT: RefCell<Option<BoxFuture<'static, ()>>> = const { RefCell::new(None) };
    static EARLIER: RefCell<Option<AtThreadEnd>> = const { RefCell::new(None) };
    static LATER: RefCell<Option<AtThreadEnd>> = const { RefCell::new(None) };
}

#[test]
fn a_call_at_the_end_of_a_thread_is_counted() {
    let thread = thread::spawn(|| {
        // Destructors run in an order of their own: one of these runs after the runtime's.
        EARLIER.set(Some(AtThreadEnd));
        before_thread_end();
        LATER.set(Some(AtThreadEnd));
        let mut future: BoxFuture<'static, ()> = Box::pin(never_wakes());
        assert!(poll(future.as_mut()).is_pending());
        KEPT.set(Some(future));
    });
    thread.join().expect("the thread ends");
    let page = scrape();
    assert_eq!(page.counts("before_thread_end"), Counts::oks(1));
    assert_eq!(
        page.counts("at_thread_end"),
        Counts::oks(2),
        "two destructors"
    );
    assert_eq!(
        page.counts("never_wakes"),
        Counts::cancels(1),
        "dropped with its thread"
    );
}

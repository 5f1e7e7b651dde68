//! Checks that calls, threads and requests leave nothing behind that grows with any of them.

use std::future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use monitor_runtime::task::scoped;

use crate::contenders;

const CALLS: u64 = 100_000_000;
const THREADS: usize = 10_000;
/// Threads at once.
const TOGETHER: usize = 8;
/// Memory that the allocator may keep for itself, in KiB.
const ALLOWED: u64 = 1024;

/// Prints the memory of the process before and after very many calls without a scrape, and after
/// very many threads that make a few of them. Fails if it grows.
pub fn print() {
    let call = contenders::monitored_calls();
    call(1_000);
    let before = resident();
    thread::scope(|scope| {
        scope.spawn(move || call(CALLS / 2));
        call(CALLS / 2);
    });
    let called = resident();
    println!(
        "{CALLS} calls by two threads, never scraped: {before} KiB before, {called} KiB after"
    );
    let come_and_go = |threads: usize| {
        for _ in 0..threads / TOGETHER {
            thread::scope(|scope| {
                (0..TOGETHER).for_each(|_| drop(scope.spawn(move || call(100))));
            });
        }
    };
    // The first of them allocate the stacks that the others take over.
    come_and_go(THREADS / 10);
    let before_threads = resident();
    come_and_go(THREADS);
    let after = resident();
    println!("{THREADS} threads of 100 calls: {before_threads} KiB before, {after} KiB after");
    if called > before + ALLOWED || after > before_threads + ALLOWED {
        eprintln!("memory grew by more than {ALLOWED} KiB");
        std::process::exit(1);
    }
}

/// Requests a second, calls in each, and how many of them a client leaves.
const REQUESTS: u32 = 10_000;
const CALLS_OF_A_REQUEST: u64 = 8;
const LEFT: u32 = 100;
/// Memory by which a service with requests may grow, in KiB.
const ALLOWED_FOR_REQUESTS: u64 = 16 * 1024;

/// Prints the memory of the process while requests come and go for so many seconds. Fails if it
/// grows.
pub fn requests(seconds: u64) {
    let mut context = Context::from_waker(Waker::noop());
    let mut request = |number: u32| {
        let is_left = number % LEFT == 0;
        let mut request = pin!(scoped(async move {
            contenders::monitored_calls()(CALLS_OF_A_REQUEST);
            if is_left {
                future::pending::<()>().await;
            }
        }));
        assert_eq!(request.as_mut().poll(&mut context).is_pending(), is_left);
    };
    let began = Instant::now();
    let (mut first, mut made) = (None, 0);
    while began.elapsed() < Duration::from_secs(seconds) {
        let due = (began.elapsed().as_secs_f64() * f64::from(REQUESTS)) as u32;
        for number in made..due {
            request(number);
        }
        // Printed each second of the first ten, and each minute.
        let (before, now) = (made / REQUESTS, due / REQUESTS);
        if now > before && (now <= 10 || now % 60 == 0) {
            println!("{now} s: {due} requests, {} KiB", resident());
        }
        if now >= 10 {
            first.get_or_insert_with(resident);
        }
        made = due;
        thread::sleep(Duration::from_millis(1));
    }
    let (first, last) = (first.unwrap_or_default(), resident());
    println!(
        "{made} requests of {CALLS_OF_A_REQUEST} calls: {first} KiB after 10 s, {last} KiB at the end"
    );
    if last > first + ALLOWED_FOR_REQUESTS {
        eprintln!("memory grew by more than {ALLOWED_FOR_REQUESTS} KiB");
        std::process::exit(1);
    }
}

/// Memory of the process that is not swapped out, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number of KiB")
}

//! Checks that calls and threads leave nothing behind that grows with either.

use std::thread;

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
    println!("{CALLS} calls by two threads, never scraped: {before} KiB before, {called} KiB after");
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

/// Memory of the process that is not swapped out, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number of KiB")
}

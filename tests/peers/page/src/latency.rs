//! Measures how much a page that is being made slows calls down.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monitor_runtime::__private::{Exposition, Format};

use crate::contenders::{call, sites};

const CALLS: usize = 200_000;
const ROUNDS: usize = 9;

/// Prints percentiles of a call's duration, alone and while pages are made in a loop.
pub fn print(functions: usize) {
    let sites = sites(functions, true);
    let exposition = Exposition::from_sites(sites);
    let mut alone = Vec::new();
    let mut scraped = Vec::new();
    for _ in 0..ROUNDS {
        alone.push(percentiles(sites));
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    exposition.functions(Format::OpenMetrics).for_each(drop);
                }
            });
            scraped.push(percentiles(sites));
            stop.store(true, Ordering::Relaxed);
        });
    }
    println!("\n| nanoseconds of a call, two clock reads included | p50 | p99 | p99.9 |");
    println!("|---|---|---|---|");
    for (name, rounds) in [("alone", alone), ("scraped in a loop", scraped)] {
        let median = |which: usize| {
            let mut values: Vec<u128> = rounds.iter().map(|round| round[which]).collect();
            values.sort_unstable();
            values[ROUNDS / 2]
        };
        println!("| {name} | {} | {} | {} |", median(0), median(1), median(2));
    }
}

/// The 50th, 99th and 99.9th percentile over calls of all functions in turn.
fn percentiles(sites: &'static [&'static monitor_runtime::__private::Site]) -> [u128; 3] {
    thread::sleep(Duration::from_millis(5));
    let mut nanoseconds: Vec<u128> = (0..CALLS)
        .map(|number| {
            let site = sites[number % sites.len()];
            let start = Instant::now();
            call(site);
            start.elapsed().as_nanos()
        })
        .collect();
    nanoseconds.sort_unstable();
    [500, 990, 999].map(|thousandths| nanoseconds[CALLS * thousandths / 1000])
}

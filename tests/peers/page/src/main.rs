//! Measures the cost of the page of `/metrics` with very many functions, beside
//! metrics-exporter-prometheus.
//!
//! `cargo run --release [functions]`, on an idle machine. Contenders take turns; medians are
//! printed. `cargo run --release <functions> <page> <times>` only makes one of the pages, for a
//! profiler. A page is read and printed as the server does it, chunk by chunk, each dropped once it
//! is made.

mod contenders;
mod latency;

use std::time::Instant;

use contenders::{Contender, Load};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ROUNDS: usize = 15;
const MB: f64 = 1e6;

/// One page.
#[derive(Clone, Copy)]
struct Cost {
    nanoseconds: f64,
    bytes: usize,
    /// The most that was allocated at once beyond what was before.
    extra: usize,
}

fn main() {
    let functions = std::env::args().nth(1).map_or(10_000, |count| {
        count.parse().expect("a number of functions, such as 10000")
    });
    let contenders = contenders::all(functions);
    if let Some(name) = std::env::args().nth(2) {
        let times = std::env::args().nth(3).and_then(|times| times.parse().ok());
        let contender = contenders.iter().find(|contender| contender.name == name);
        let page = &contender
            .expect("the name of a page, as the table has it")
            .page;
        let bytes: usize = (0..times.unwrap_or(1)).map(|_| page()).sum();
        println!("{bytes} bytes");
        return;
    }
    let mut costs: Vec<Vec<Cost>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (contender, costs) in contenders.iter().zip(&mut costs) {
            costs.push(measure(contender));
        }
    }
    println!("{functions} functions, medians of {ROUNDS} pages\n");
    println!("| page | ms | ns per line or histogram | fastest | MB | MB at most allocated |");
    println!("|---|---|---|---|---|---|");
    for (contender, costs) in contenders.iter().zip(&mut costs) {
        costs.sort_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds));
        let median = costs[ROUNDS / 2];
        let extra = costs.iter().map(|cost| cost.extra).max().unwrap_or(0);
        println!(
            "| {} | {:.2} | {:.1} | {:.1} | {:.2} | {:.2} |",
            contender.name,
            median.nanoseconds / MB,
            median.nanoseconds / as_f64(contender.series),
            costs[0].nanoseconds / as_f64(contender.series),
            as_f64(median.bytes) / MB,
            as_f64(extra) / MB,
        );
    }
    latency::print(functions);
}

fn measure(contender: &Contender) -> Cost {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let start = Instant::now();
    let bytes = (contender.page)();
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9;
    let extra = ALLOCATOR.peak_usage().saturating_sub(before);
    Cost {
        nanoseconds,
        bytes,
        extra,
    }
}

#[expect(clippy::cast_precision_loss, reason = "to be printed")]
fn as_f64(number: usize) -> f64 {
    number as f64
}

/// The number of calls of each function, and of the threads that make them.
const LOAD: Load = Load {
    calls: 20,
    threads: 2,
};

//! Measures the cost of a monitored call, beside its peers.
//!
//! `cargo run --release` prints one table. Contenders of one configuration run in one process and
//! take turns, so that a noisy machine is noisy for all of them; medians of the rounds are shown.
//! `cargo run --release -- logs` compares only the cost of a log line. `cargo run --release --bin
//! storm` measures the cost of an error, as an event and suppressed. `cargo run --release --
//! memory` measures the memory that 100 million calls and 10,000 threads leave behind, and `--
//! memory requests 600` that of ten minutes of requests. `cargo run
//! --release -- instructions` counts instructions per call under callgrind instead.

mod contenders;
mod memory;
mod table;

use std::process::Command;
use std::sync::Barrier;
use std::time::Instant;

use contenders::{CONFIGURATIONS, Configuration, Contender};

/// Rounds per contender, and calls in each of them.
const ROUNDS: usize = 41;
const CALLS: u64 = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => table::times(),
        ["logs"] => table::logs(),
        ["memory"] => memory::print(),
        ["memory", "requests", seconds] => {
            memory::requests(seconds.parse().expect("a number of seconds"));
        }
        ["instructions"] => table::instructions(),
        ["instructions", "monitored"] => table::budget(),
        // Called by the table itself, one process per configuration or count.
        ["measure", configuration] => measure(find(configuration)),
        ["count", configuration, contender, calls] => {
            let configuration = find(configuration);
            (configuration.set_up)();
            let contender = configuration
                .contenders()
                .into_iter()
                .find(|c| c.name == *contender);
            let calls = calls.parse().expect("a number of calls");
            let run = contender.expect("a contender").run;
            // First calls register, allocate and calibrate; they are not what is counted.
            run(100);
            region(run, calls);
        }
        other => {
            eprintln!(
                "unknown arguments {other:?}; allowed: none, `logs`, `memory`, `memory requests <seconds>`, `instructions`, or `instructions monitored`"
            );
            std::process::exit(2);
        }
    }
}

fn find(name: &str) -> &'static Configuration {
    CONFIGURATIONS
        .iter()
        .find(|configuration| configuration.name == name)
        .expect("a configuration")
}

/// Prints `contender<TAB>ns with one thread<TAB>ns with all cores` per line, on standard error: the log of a
/// configuration may be on standard output.
fn measure(configuration: &Configuration) {
    (configuration.set_up)();
    let contenders = configuration.contenders();
    let alone = rounds(&contenders, 1);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let crowded = rounds(&contenders, cores);
    for (index, contender) in contenders.iter().enumerate() {
        eprintln!("{}\t{}\t{}", contender.name, alone[index], crowded[index]);
    }
}

/// Median nanoseconds per call of each contender, all of them taking turns.
fn rounds(contenders: &[Contender], threads: usize) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, times) in contenders.iter().zip(&mut times) {
            times.push(once(contender, threads));
        }
    }
    times.into_iter().map(median).collect()
}

/// Nanoseconds per call, as each of the threads sees it.
fn once(contender: &Contender, threads: usize) -> f64 {
    let barrier = Barrier::new(threads);
    let run = || {
        (contender.run)(CALLS / 20);
        barrier.wait();
        let start = Instant::now();
        (contender.run)(CALLS);
        start.elapsed().as_secs_f64() * 1e9 / CALLS as f64
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mine = run();
        others
            .into_iter()
            .map(|other| other.join().expect("no contender panics"))
            .fold(mine, f64::max)
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs the code between whose start and end callgrind counts.
#[inline(never)]
fn region(run: fn(u64), calls: u64) {
    run(std::hint::black_box(calls));
}

/// Instructions per call, by callgrind.
fn per_call(configuration: &str, contender: &str) -> f64 {
    const CALLS: u64 = 2_000;
    let out = std::env::temp_dir().join(format!("calls-{}.callgrind", std::process::id()));
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--collect-atstart=no",
            "--toggle-collect=*calls*region*",
        ])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().expect("a path"))
        .args(["count", configuration, contender, &CALLS.to_string()])
        .output()
        .expect("valgrind, from the package of that name");
    let _ = std::fs::remove_file(out);
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    let total: Option<f64> = line.and_then(|count| count.trim().parse().ok());
    let total = total.filter(|total| *total > 0.0);
    total.unwrap_or_else(|| panic!("callgrind: {text}")) / CALLS as f64
}

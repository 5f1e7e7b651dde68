//! Measures the cost of an error: as an event, and once its function has used up its events.

use std::net::TcpListener;
use std::time::Instant;

use monitor_runtime::monitored;

/// Rounds per contender, and calls in each of them.
const ROUNDS: usize = 41;
const CALLS: u64 = 20_000;

type Contender = (&'static str, fn(u64) -> u64);

#[derive(Debug)]
struct Down(u64);

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "host {} is down", self.0)
    }
}

impl std::error::Error for Down {}

#[monitored]
fn fails(host: u64) -> Result<u64, Down> {
    Err(Down(host))
}

#[monitored]
fn passes_on(host: u64) -> Result<u64, Down> {
    fails(host)
}

#[monitored]
fn recovers(host: u64) -> u64 {
    fails(host).unwrap_or(0)
}

/// Prints nanoseconds per call, medians of the rounds, with Sentry on and the log off.
fn main() {
    // A port without a listener: events go nowhere, quickly.
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let dsn = format!("http://public@{}/1", gone.expect("a port"));
    let builder = monitor_runtime::builder!().addr("off").log_filter("off");
    let monitor = builder.sentry_dsn(dsn).start_blocking();
    let monitor = monitor.expect("the runtime starts");
    // Until the symbols of the program are loaded, which happens behind its back.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let mut sent: Vec<f64> = (0..10)
        .map(|host| {
            let start = Instant::now();
            let _ = std::hint::black_box(fails(std::hint::black_box(host)));
            start.elapsed().as_secs_f64() * 1e9
        })
        .collect();
    let first = sent.remove(0);
    let contenders: [Contender; 3] = [
        ("fails", |host| fails(host).unwrap_or_else(|down| down.0)),
        ("passes it on, through two functions", |host| {
            passes_on(host).unwrap_or_else(|down| down.0)
        }),
        ("recovers from it", recovers),
    ];
    let mut times = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        for ((_, call), times) in contenders.iter().zip(&mut times) {
            let start = Instant::now();
            for host in 0..CALLS {
                std::hint::black_box(call(std::hint::black_box(host)));
            }
            // The first has the events that are sent.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e9 / CALLS as f64);
            }
        }
    }
    println!("| an error | ns per call |\n|---|---|");
    println!("| the first event of the process | {first:.0} |");
    println!("| an event | {:.0} |", median(sent));
    for ((name, _), times) in contenders.iter().zip(times) {
        println!("| suppressed: {name} | {:.0} |", median(times));
    }
    monitor.shutdown_blocking();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

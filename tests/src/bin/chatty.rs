//! A service that writes a line per call, as many as it is told, and goes down when told to.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use monitor_runtime::monitored;

#[monitored]
fn call() {}

fn main() -> Result<(), Box<dyn Error>> {
    let calls: u32 = std::env::args().nth(1).ok_or("how many calls?")?.parse()?;
    let monitor = monitor_runtime::builder!().start_blocking()?;
    let addr = monitor.addr().ok_or("no management server")?;
    let mut longest = Duration::ZERO;
    for _ in 0..calls {
        let start = Instant::now();
        call();
        longest = longest.max(start.elapsed());
    }
    eprintln!("{addr} {}", longest.as_micros());
    // Runs until its parent closes standard input.
    io::stdin().read_line(&mut String::new())?;
    monitor.shutdown_blocking();
    Ok(())
}

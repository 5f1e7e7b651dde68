//! A service in which one place of the code writes far more lines than all others, and goes down when told
//! to.

use std::error::Error;
use std::io;

use monitor_runtime::monitored;
use tracing::{info, warn};

const STORM: u64 = 100_000;

#[monitored]
fn call(fails: bool) -> Result<(), String> {
    if fails {
        Err("always".to_owned())
    } else {
        Ok(())
    }
}

/// Records of the `log` crate share the call sites of `tracing`.
fn records() {
    for number in 0..STORM {
        log::info!("record {number}");
    }
    for number in 0..10 {
        log::info!("another record {number}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let monitor = monitor_runtime::builder!().start_blocking()?;
    let addr = monitor.addr().ok_or("no management server")?;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for number in 0..STORM / 2 {
                    warn!(number, "in a loop");
                }
            });
        }
        scope.spawn(records);
        scope.spawn(|| {
            for number in 0..10 {
                info!(number, "seldom");
            }
            for number in 0..2_000 {
                let _ = call(number % 4 == 0);
            }
        });
    });
    eprintln!("{addr}");
    // Runs until its parent closes standard input.
    io::stdin().read_line(&mut String::new())?;
    monitor.shutdown_blocking();
    Ok(())
}

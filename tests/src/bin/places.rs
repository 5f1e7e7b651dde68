//! A program whose log has many places that write more than they may, and that goes down at once.

use std::error::Error;

use log::{Level, Record};

/// The places, and the lines of each.
const PLACES: u32 = 200;
const LINES: u32 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let monitor = monitor_runtime::builder!().start_blocking()?;
    for place in 0..PLACES {
        for number in 0..LINES {
            let mut record = Record::builder();
            record.level(Level::Info).target("places");
            record.file(Some("generated.rs")).line(Some(place));
            log::logger().log(&record.args(format_args!("line {number}")).build());
        }
    }
    monitor.shutdown_blocking();
    Ok(())
}

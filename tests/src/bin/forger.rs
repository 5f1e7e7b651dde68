//! A service that is told hostile text, and says it wherever a service can say something.

use std::error::Error;
use std::{fmt, io};

use monitor_runtime::monitored;
use monitor_tests::HOSTILE;

#[derive(Debug)]
struct Hostile;

impl fmt::Display for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HOSTILE)
    }
}

impl Error for Hostile {}

#[monitored(args(text), fields(shown = %text), labels(region = bounded(text, max = 5)))]
fn fails(text: &str) -> Result<(), Hostile> {
    if text.is_empty() {
        Ok(())
    } else {
        Err(Hostile)
    }
}

#[monitored]
fn panics() {
    panic!("{HOSTILE}");
}

fn main() -> Result<(), Box<dyn Error>> {
    let monitor = monitor_runtime::builder!()
        .check("database", async || Err::<(), _>(Hostile))
        .start_blocking()?;
    let addr = monitor.addr().ok_or("no management server")?;
    // One that is fine, so that the label has a value.
    fails("")?;
    let _ = fails(HOSTILE);
    let _ = std::panic::catch_unwind(panics);
    let _span = tracing::info_span!("request", path = HOSTILE, shown = %HOSTILE).entered();
    tracing::info!(text = HOSTILE, shown = %HOSTILE, debug = ?HOSTILE, "{HOSTILE}");
    tracing::warn!(error = &Hostile as &dyn Error, "done");
    metrics::counter!("theirs_total", "label" => HOSTILE).increment(1);
    eprintln!("listening on {addr}");
    // Runs until its parent closes standard input.
    io::stdin().read_line(&mut String::new())?;
    monitor.shutdown_blocking();
    Ok(())
}

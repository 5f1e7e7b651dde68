//! A service with the feature `enable` alone: it fails in every way there is, prints its numbers, and ends.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::error::Error;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use monitor_runtime::monitored;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Fails; what it says about Sentry has no effect.
#[monitored(args(id), sentry(level = "warning", tags(id), throttle = "5/1m"))]
fn fail(id: u64) -> Result<(), String> {
    Err(format!("no order {id}"))
}

/// Panics.
#[monitored(sentry = false)]
fn panics() {
    panic!("a bad order")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let recorder = PrometheusBuilder::new().install_recorder()?;
    let asked = Arc::new(Notify::new());
    let asking = Arc::clone(&asked);
    let monitor = monitor_runtime::builder!()
        .publish_to_facade(Duration::from_millis(10))
        .check("database", move || {
            asking.notify_one();
            async { Ok::<(), std::io::Error>(()) }
        })
        .start()
        .await?;
    let _ = fail(7);
    let task = monitor_runtime::task::spawn(async { fail(8) });
    let _ = task.await?;
    let _ = catch_unwind(panics);
    let _ = catch_unwind(|| panic!("outside of all functions"));
    timeout(Duration::from_secs(60), asked.notified()).await?;
    // The verdict is kept a moment after the check has run.
    let mut page = monitor.render_metrics();
    while !page.contains("monitor_health_check_up{check=\"database\"} 1") {
        sleep(Duration::from_millis(10)).await;
        page = monitor.render_metrics();
    }
    monitor.shutdown().await;
    print!("{page}");
    // The last numbers are published while the upkeep ends.
    let published = |page: &str| page.contains("function=\"panics\"");
    while !published(&recorder.render()) {
        sleep(Duration::from_millis(10)).await;
    }
    let of_calls = |line: &&str| line.starts_with("function_calls_total");
    let text = recorder.render();
    text.lines()
        .filter(of_calls)
        .for_each(|line| println!("published {line}"));
    Ok(())
}

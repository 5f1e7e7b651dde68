//! A process that starts monitoring twice, after a subscriber with the filter of its first argument, if
//! there is one.

use tracing_subscriber::EnvFilter;

fn main() {
    if let Some(filter) = std::env::args().nth(1) {
        let filter = EnvFilter::new(filter);
        tracing_subscriber::fmt().with_env_filter(filter).init();
    }
    for _ in 0..2 {
        let monitor = monitor_runtime::builder!().start_blocking();
        monitor.expect("it starts").shutdown_blocking();
    }
}

//! A process that starts monitoring twice, after a subscriber with the filter of its first argument, if
//! there is one. The second argument says where the filter is: on a layer, or before all.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

fn main() {
    if let Some(filter) = std::env::args().nth(1) {
        let registry = registry().with(monitor_runtime::logs::event_counter());
        let targets = || filter.parse::<Targets>().expect("targets");
        match std::env::args().nth(2).as_deref() {
            Some("layer") => registry
                .with(fmt::layer().with_filter(EnvFilter::new(filter)))
                .init(),
            Some("boxed layer") => registry
                .with(fmt::layer().with_filter(EnvFilter::new(filter)).boxed())
                .init(),
            Some("targets") => registry.with(fmt::layer().with_filter(targets())).init(),
            _ => fmt().with_env_filter(EnvFilter::new(filter)).init(),
        }
    }
    for _ in 0..2 {
        let monitor = monitor_runtime::builder!().start_blocking();
        monitor.expect("it starts").shutdown_blocking();
    }
}

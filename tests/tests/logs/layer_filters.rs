//! Tests layers of the service that have filters of their own: what the runtime asks them loses no event.

use std::future::Future;
use std::pin::Pin;

use monitor_runtime::monitored;
use monitor_tests::alone;
use monitor_tests::pieces::Pieces;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

#[monitored(fields(a = 1))]
fn boxed() -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async {})
}

#[monitored(span = false, log = false, fields(a = 1))]
fn neither() {}

#[monitored(fields(a = 1))]
fn shown() {}

fn layer(written: &Pieces, filter: LevelFilter) -> impl Layer<Registry> + use<> {
    let layer = fmt::layer().json().with_writer(written.clone());
    layer.with_filter(filter)
}

#[test]
fn what_the_runtime_asks_loses_no_event_of_a_layer() {
    alone!();
    let (all, errors) = (Pieces::default(), Pieces::default());
    let layers = vec![
        layer(&all, LevelFilter::INFO),
        layer(&errors, LevelFilter::ERROR),
    ];
    tracing_subscriber::registry().with(layers).init();
    let builder = monitor_runtime::builder!().addr("off");
    let monitor = builder.start_blocking().expect("it starts");
    let kinds: [(&str, fn()); 4] = [
        ("the start", || ()),
        ("a future that is never polled", || drop(boxed())),
        ("a call without span and line", neither),
        ("a call", shown),
    ];
    for (before, (kind, run)) in kinds.into_iter().enumerate() {
        run();
        tracing::error!("mine");
        assert_eq!(errors.lines().len(), before + 1, "behind {kind}");
    }
    assert!(all.lines().len() > kinds.len());
    monitor.shutdown_blocking();
}

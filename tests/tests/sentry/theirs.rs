//! A service that has Sentry already, with its own layers: what it has keeps working, and a failure
//! is still one event.

use monitor_tests::{alone, pause, run};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use monitor_runtime::monitored;
use sentry::integrations::tracing::ErrorLayer;
use sentry::protocol::Event;
use sentry::{ClientOptions, Envelope, Transport};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;

#[derive(Default)]
struct Keep(Mutex<Vec<Event<'static>>>);

impl Transport for Keep {
    fn send_envelope(&self, envelope: Envelope) {
        let event = envelope.event().cloned();
        self.0.lock().unwrap().extend(event);
    }
    fn flush(&self, _: Duration) -> bool {
        true
    }
}

#[monitored]
fn fails() -> Result<(), std::io::Error> {
    tracing::info!("before it fails");
    Err(std::io::Error::other("it failed"))
}

#[monitored]
fn panics() {
    panic!("it panicked")
}

/// Its line is an ERROR though it succeeds.
#[monitored(level = "error")]
fn loud() {}

#[monitored(ret(level = "error"))]
fn shown() -> u8 {
    7
}

#[monitored(level = "error")]
async fn waits_loudly() {
    pause().await;
}

static HOOKS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn every_failure_is_one_event_and_their_own_keep_working() {
    alone!();
    let kept = Arc::new(Keep::default());
    let options = ClientOptions::new().transport(Arc::clone(&kept));
    let _guard = sentry::init(("http://public@127.0.0.1:9/7", options));
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        HOOKS.fetch_add(1, Ordering::Relaxed);
        before(info);
    }));
    let subscriber = tracing_subscriber::registry()
        .with(ErrorLayer::new().with_filter(LevelFilter::ERROR))
        .with(monitor_runtime::logs::event_counter());
    tracing::subscriber::set_global_default(subscriber).expect("the first");
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .start_blocking()
        .expect("the runtime starts");

    loud();
    shown();
    run(waits_loudly());
    fails().expect_err("it fails");
    tracing::error!("their own line");
    std::panic::catch_unwind(panics).expect_err("it panics");
    assert_eq!(HOOKS.load(Ordering::Relaxed), 1, "their hook ran");
    monitor.shutdown_blocking();

    let events = kept.0.lock().unwrap().clone();
    let said = |event: &Event<'_>| {
        let exception = event.exception.values.first();
        let text = exception.and_then(|exception| exception.value.clone());
        text.or_else(|| event.message.clone()).unwrap_or_default()
    };
    let mut said: Vec<String> = events.iter().map(said).collect();
    // The thread that logs it sends the service's own line; the runtime sends from a thread of its
    // own.
    said.sort();
    assert_eq!(said, ["it failed", "it panicked", "their own line"]);
}

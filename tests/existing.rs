//! A process that already has a subscriber and a recorder keeps both, and loses nothing.

use metrics_exporter_prometheus::PrometheusBuilder;
use monitor_runtime::monitored;
use monitor_tests::process::get;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[monitored]
fn answer() -> u8 {
    42
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One test, since subscriber and recorder are of the whole process.
#[test]
fn what_was_there_first_stays_and_is_used() {
    let log = Buffer::default();
    let writer = log.clone();
    tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(tracing_subscriber::fmt::layer().with_writer(move || writer.clone()))
        .with(monitor_runtime::event_counter())
        .init();
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).expect("the first recorder");
    metrics::counter!("mine_total").increment(3);

    let builder = || monitor_runtime::builder!().addr("127.0.0.1:0");
    let monitor = builder()
        .start_blocking()
        .expect("what is there is no error");
    answer();
    let (_, page) = get(monitor.addr().unwrap(), "/metrics");
    assert!(page.contains("function=\"answer\""), "{page}");
    assert!(
        !page.contains("mine_total"),
        "a recorder we were not told of: {page}"
    );
    let counted = |level: &str| {
        let series = format!("monitor_log_events_total{{level=\"{level}\"}} ");
        let mut counts = page.lines().filter_map(|line| line.strip_prefix(&series));
        counts
            .next()
            .map(|count| count.parse::<u64>().expect("a count"))
    };
    assert!(counted("info") >= Some(2), "start and call: {page}");
    assert_eq!(
        counted("debug"),
        Some(0),
        "what the filter stops is no event"
    );
    assert!(
        !page.contains("monitor_log_lines_dropped_total"),
        "standard output is not ours: {page}"
    );
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.contains("answer ok"),
        "the user's subscriber shows our spans and events: {text}"
    );
    assert!(
        text.contains("Builder::exporter_handle"),
        "and how to get the series on the page: {text}"
    );
    monitor.shutdown_blocking();

    let monitor = builder()
        .exporter_handle(handle)
        .start_blocking()
        .expect("a second start");
    let (_, page) = get(monitor.addr().unwrap(), "/metrics");
    assert!(page.contains("mine_total 3"), "{page}");
    monitor.shutdown_blocking();
}

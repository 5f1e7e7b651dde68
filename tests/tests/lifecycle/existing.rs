//! A process that already has a subscriber and a recorder keeps both, and loses nothing.

mod reentrant;

use metrics_exporter_prometheus::PrometheusBuilder;
use monitor_runtime::monitored;
use monitor_tests::alone;
use monitor_tests::process::{command, get};
use std::io::Write;
use std::path::Path;
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
fn a_subscriber_and_a_recorder_that_are_there_stay_and_are_used() {
    alone!();
    let log = Buffer::default();
    let writer = log.clone();
    tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(tracing_subscriber::fmt::layer().with_writer(move || writer.clone()))
        .with(monitor_runtime::logs::event_counter())
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

/// The lines on standard error that name the directive, of a process with this filter of its own.
fn hints(arguments: &[&str], env: &[(&str, &str)]) -> Vec<String> {
    let mut command = command(Path::new(env!("CARGO_BIN_EXE_subscribed")), env);
    let output = command.args(arguments).output().expect("it runs");
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{arguments:?}: {errors}");
    let hints = errors
        .lines()
        .filter(|line| line.contains("monitor_runtime=info"));
    hints.map(str::to_owned).collect()
}

#[test]
fn a_filter_that_hides_the_runtime_is_named_once() {
    for hiding in [
        "my_crate=debug,tower_http=debug",
        "warn",
        "info,monitor_runtime=warn",
    ] {
        let hints = hints(&[hiding], &[]);
        assert_eq!(hints.len(), 1, "{hiding}: {hints:?}");
        for missing in ["access lines", "trace ids"] {
            assert!(hints[0].contains(missing), "{hints:?}");
        }
    }
    for showing in ["info", "my_crate=debug,monitor_runtime=info", "trace"] {
        let hints = hints(&[showing], &[]);
        assert!(hints.is_empty(), "{showing}: {hints:?}");
    }
}

#[test]
fn a_filter_of_the_runtimes_own_subscriber_that_forgets_the_runtime_is_named_once() {
    let hints = |filter| hints(&[], &[("RUST_LOG", filter)]);
    for forgetful in ["my_crate=info", "my_crate", "[{user=7}]=debug"] {
        let hints = hints(forgetful);
        assert_eq!(hints.len(), 1, "{forgetful}: {hints:?}");
        for missing in ["RUST_LOG", "access lines", "suppressed or dropped"] {
            assert!(hints[0].contains(missing), "{hints:?}");
        }
    }
    // It shows the warnings, it names the target, it has a level for all, or it is for errors alone.
    for meant in [
        "warn",
        "error",
        "off",
        "monitor=warn",
        "my_crate=info,monitor_runtime=off",
        "error,my_crate=info",
        "my_crate=error",
    ] {
        let hints = hints(meant);
        assert!(hints.is_empty(), "{meant}: {hints:?}");
    }
}

#[test]
fn a_filter_for_the_runtime_is_not_read_beside_another_subscriber() {
    for refused in ["warning", "=nonsense=", "\"my_crate = info\""] {
        // `hints` sees to it that the process starts and ends well.
        hints(&["info"], &[("RUST_LOG", refused)]);
    }
}

#[test]
fn a_filter_on_a_layer_that_hides_the_runtime_is_named_once() {
    for place in ["layer", "boxed layer", "targets"] {
        let hints = |filter| hints(&[filter, place], &[]);
        for hiding in ["my_crate=info", "my_crate=debug,tower_http=debug"] {
            let hints = hints(hiding);
            assert_eq!(hints.len(), 1, "{place}, {hiding}: {hints:?}");
            assert!(hints[0].contains("one of the layers"), "{hints:?}");
        }
        // It shows the target, it names it, or it hides the level everywhere.
        for meant in [
            "info",
            "my_crate=debug,monitor_runtime=info",
            "my_crate=debug,monitor_runtime=off",
            "warn",
        ] {
            let hints = hints(meant);
            assert!(hints.is_empty(), "{place}, {meant}: {hints:?}");
        }
    }
}

//! Call sites through the `metrics` facade, for a process with a recorder of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use monitor_runtime::monitored;
use monitor_tests::alone;
use monitor_tests::{poll, run};

#[monitored]
fn answer(ok: bool) -> Result<u8, &'static str> {
    if ok { Ok(42) } else { Err("no answer") }
}

#[monitored(labels(cached))]
fn look_up(cached: bool) {
    let _ = cached;
}

#[monitored(name = "same")]
fn first() {}

#[monitored(name = "same", buckets = slow)]
fn second() {}

#[monitored(labels(region = bounded(region, max = 2)))]
fn ship(region: &str) {
    let _ = region;
}

#[expect(dead_code, reason = "it is published all the same")]
#[monitored]
fn never_called() {}

#[monitored]
async fn given_up() {
    std::future::pending::<()>().await;
}

#[monitored]
fn gives_up() {
    let mut future = std::pin::pin!(given_up());
    assert!(poll(future.as_mut()).is_pending());
}

/// Series of call sites by name and labels, histograms as their samples so far.
type Seen = BTreeMap<String, Vec<f64>>;

/// Adds what the recorder has now; it hands out each sample once.
fn look(recorder: &metrics_util::debugging::Snapshotter, seen: &mut Seen) {
    for (key, _, _, value) in recorder.snapshot().into_vec() {
        let key = key.key();
        let mut labels: Vec<_> = key
            .labels()
            .map(|l| format!("{}={}", l.key(), l.value()))
            .collect();
        labels.retain(|label| !label.starts_with("module=") && !label.starts_with("service_name="));
        let series = seen
            .entry(format!("{} {}", key.name(), labels.join(" ")))
            .or_default();
        match value {
            // It begins at 0 again, until it is published again.
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            DebugValue::Counter(count) => {
                let before = series.last().copied().unwrap_or_default();
                *series = vec![before.max(count as f64)];
            }
            DebugValue::Gauge(value) => *series = vec![value.0],
            DebugValue::Histogram(samples) => series.extend(samples.iter().map(|value| value.0)),
        }
    }
}

/// One test, since the recorder is of the whole process.
#[test]
fn another_recorder_gets_what_the_page_has() {
    alone!();
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    recorder.install().expect("the first recorder");
    let start = || {
        let monitor = monitor_runtime::builder!()
            .addr("off")
            .label_series(2)
            .publish_to_facade(Duration::from_millis(20));
        run(monitor.start()).expect("a service")
    };
    let monitor = start();
    (0..3).for_each(|_| first());
    (0..5).for_each(|_| second());
    // In two places that read the same: what the label has no room for, and what the process has none for.
    ship("other");
    (0..5).for_each(|_| assert!(answer(true).is_ok()));
    (0..2).for_each(|_| assert!(answer(false).is_err()));
    gives_up();
    look_up(true);
    ship("one too many");

    let mut seen = Seen::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    let value =
        |seen: &Seen, series: &str| seen.get(series).and_then(|values| values.last().copied());
    while value(
        &seen,
        "function_calls_total function=look_up cached=true result=ok",
    )
    .is_none()
        || value(&seen, "function_calls_total function=answer result=ok") != Some(5.0)
    {
        assert!(Instant::now() < deadline, "{seen:#?}");
        std::thread::sleep(Duration::from_millis(10));
        look(&snapshots, &mut seen);
    }
    let value = |series: &str| value(&seen, series);
    assert_eq!(
        value("function_calls_total function=answer result=error"),
        Some(2.0)
    );
    assert_eq!(
        value("function_calls_total function=never_called result=ok"),
        Some(0.0)
    );
    assert_eq!(
        value("function_calls_total function=look_up cached=true result=ok"),
        Some(1.0)
    );
    assert_eq!(
        value("function_calls_concurrent function=answer"),
        Some(0.0)
    );
    let cancelled = "function_calls_total function=given_up result=cancelled";
    let reasons = ["client", "caller", "aborted", "shutdown"];
    let reasons = reasons.map(|reason| value(&format!("{cancelled} error={reason}")));
    assert_eq!(reasons, [Some(0.0), Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(value(cancelled), Some(0.0));
    let samples = &seen["function_calls_duration_seconds function=answer result=ok"];
    assert_eq!(samples.len(), 5, "one per call: {samples:?}");
    assert!(
        samples.iter().all(|seconds| (0.0..1.0).contains(seconds)),
        "{samples:?}"
    );
    let failed = &seen["function_calls_duration_seconds function=answer result=error"];
    assert_eq!(failed.len(), 2, "one per call: {failed:?}");
    let sums = |seen: &Seen| {
        ["same", "ship region=other"].map(|function| {
            let series = |name| &seen[&format!("{name} function={function} result=ok")];
            let calls = series("function_calls_total").last().copied();
            let samples = series("function_calls_duration_seconds").len();
            (calls, samples)
        })
    };
    let expected = [(Some(8.0), 8), (Some(2.0), 2)];
    assert_eq!(sums(&seen), expected, "of one name, added up");

    // The recorder is the process's, and has had these.
    monitor.shutdown_blocking();
    let _monitor = start();
    first();
    let series = "function_calls_total function=same result=ok";
    while seen[series] != [9.0] {
        assert!(Instant::now() < deadline, "{seen:#?}");
        std::thread::sleep(Duration::from_millis(10));
        look(&snapshots, &mut seen);
    }
    look(&snapshots, &mut seen);
    let expected = [(Some(9.0), 9), (Some(2.0), 2)];
    assert_eq!(sums(&seen), expected, "once, over two starts");
    let samples = &seen["function_calls_duration_seconds function=answer result=ok"];
    assert_eq!(samples.len(), 5, "once, over two starts: {samples:?}");
}

#[test]
fn an_interval_that_no_recorder_has_use_for_is_refused() {
    alone!();
    let spins = Duration::ZERO;
    for interval in [spins, Duration::from_nanos(1), Duration::from_millis(9)] {
        let error = refused(interval);
        let said = error.starts_with("Builder::publish_to_facade=") && error.contains("too short");
        assert!(
            said && error.ends_with("allowed: from 10ms to 1h"),
            "{error}"
        );
    }
    for interval in [Duration::from_secs(3601), Duration::MAX] {
        assert!(refused(interval).contains("too long"));
    }
}

/// Returns the reason why a service does not start.
fn refused(interval: Duration) -> String {
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .publish_to_facade(interval);
    let started = run(monitor.start());
    started.err().expect("refused").to_string()
}

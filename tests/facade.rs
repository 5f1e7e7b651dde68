//! Call sites through the `metrics` facade, for a process with a recorder of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use monitor_runtime::monitored;
use monitor_tests::run;

#[monitored]
fn answer(ok: bool) -> Result<u8, &'static str> {
    if ok { Ok(42) } else { Err("no answer") }
}

#[monitored(labels(cached))]
fn look_up(cached: bool) {
    let _ = cached;
}

#[expect(dead_code, reason = "it is published all the same")]
#[monitored]
fn never_called() {}

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
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            DebugValue::Counter(count) => *series = vec![count as f64],
            DebugValue::Gauge(value) => *series = vec![value.0],
            DebugValue::Histogram(samples) => series.extend(samples.iter().map(|value| value.0)),
        }
    }
}

/// One test, since the recorder is of the whole process.
#[test]
fn another_recorder_gets_what_the_page_has() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    recorder.install().expect("the first recorder");
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .publish_to_facade(Duration::from_millis(20));
    let _monitor = run(monitor.start()).expect("a service");
    (0..5).for_each(|_| assert!(answer(true).is_ok()));
    (0..2).for_each(|_| assert!(answer(false).is_err()));
    look_up(true);

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
    let samples = &seen["function_calls_duration_seconds function=answer result=ok"];
    assert_eq!(samples.len(), 5, "one per call: {samples:?}");
    assert!(
        samples.iter().all(|seconds| (0.0..1.0).contains(seconds)),
        "{samples:?}"
    );
    let failed = &seen["function_calls_duration_seconds function=answer result=error"];
    assert_eq!(failed.len(), 2, "one per call: {failed:?}");
}

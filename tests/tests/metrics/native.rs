//! Native histograms in messages, beside the classic ones and against exact durations.

use std::collections::BTreeMap;

use monitor_runtime::__private::{Settings, Site, count_ok, site};
use monitor_runtime::{NativeHistograms, monitored};
use monitor_tests::alone;

use crate::messages::{self, Histogram};

/// Functions whose calls the tests make up.
fn made_up() -> &'static Site {
    site!(with_settings(&const { Settings::new().name("made_up") }))
}

fn wide() -> &'static Site {
    site!(with_settings(
        &const { Settings::new().name("wide").buckets(&[0.01, 0.1]) }
    ))
}

#[monitored]
fn before_the_start() {}

#[monitored]
fn briefly(fail: bool) -> Result<(), &'static str> {
    if fail { Err("as asked") } else { Ok(()) }
}

fn start(native: Option<NativeHistograms>) -> monitor_runtime::Monitor {
    let builder = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off");
    let builder = match native {
        Some(native) => builder.native_histograms(native),
        None => builder,
    };
    builder.start_blocking().expect("a free port")
}

/// Returns the histogram of a function's calls with a result.
fn histogram(monitor: &monitor_runtime::Monitor, function: &str, result: &str) -> Histogram {
    let families = messages::scrape_of(monitor.addr().expect("a server"));
    let mut metrics = families.into_iter().flat_map(|family| family.metric);
    let of = |metric: &messages::Metric| {
        metric.has("function", function) && metric.has("result", result)
    };
    let found = metrics.find(|metric| metric.histogram.is_some() && of(metric));
    found
        .and_then(|metric| metric.histogram)
        .expect("a histogram")
}

/// Returns the calls by the index of their native bucket.
fn buckets(histogram: &Histogram) -> BTreeMap<i32, i64> {
    let mut deltas = histogram.positive_delta.iter();
    let (mut index, mut calls, mut all) = (0, 0, BTreeMap::new());
    for span in &histogram.positive_span {
        index += span.offset.expect("an offset");
        for _ in 0..span.length.expect("a length") {
            calls += deltas.next().expect("a delta for each bucket");
            assert!(calls > 0, "{histogram:?}");
            all.insert(index, calls);
            index += 1;
        }
    }
    assert_eq!(deltas.next(), None, "a bucket for each delta");
    let zero = histogram.zero_count.expect("a zero bucket");
    let sum: i64 = all.values().sum();
    assert_eq!(
        sum.cast_unsigned() + zero,
        histogram.count.expect("a count")
    );
    all
}

#[test]
fn a_call_is_in_the_native_bucket_of_its_duration_and_in_the_classic_one() {
    alone!();
    before_the_start();
    let monitor = start(Some(NativeHistograms::On));
    // (2^-1, 2^0] and so on; 0.0005 and 10 are bounds of classic buckets.
    count_ok(made_up(), &[0.000_5, 0.51, 0.999, 1.0, 1.05, 10.0, 11.0]);
    count_ok(made_up(), &[0.0, 50e-9, 5e6]);
    let found = histogram(&monitor, "made_up", "ok");
    assert_eq!(found.schema, Some(3));
    assert_eq!(found.zero_threshold, Some(1.0 / f64::from(1 << 30)));
    assert_eq!(found.zero_count, Some(1));
    let expected = [
        (-176, 1), // below the lowest bound
        (-87, 1),  // 2^(-87/8) is 0.000533
        (-7, 1),   // 2^(-7/8) is 0.545
        (0, 2),
        (1, 1),
        (27, 1), // 2^(27/8) is 10.37
        (28, 1),
        (81, 1), // above the highest bound
    ];
    assert_eq!(buckets(&found), BTreeMap::from(expected), "{found:?}");
    let classic: Vec<_> = found
        .bucket
        .iter()
        .map(|bucket| bucket.cumulative)
        .collect();
    assert_eq!(classic.len(), 18);
    assert_eq!(
        (classic[0], classic[12], classic[16], classic[17]),
        (Some(3), Some(6), Some(8), Some(10))
    );
    // Every way to end a call counts in both, and so does a thread that called before the start.
    for round in 1..=3 {
        briefly(false).expect("ok");
        briefly(true).expect_err("an error");
        before_the_start();
        for (function, result, calls) in [
            ("briefly", "ok", round),
            ("briefly", "error", round),
            ("before_the_start", "ok", round + 1),
        ] {
            let found = histogram(&monitor, function, result);
            assert_eq!(found.count, Some(calls), "{function} {result}");
            let native: i64 = buckets(&found).values().sum();
            assert_eq!(native.cast_unsigned(), calls, "{function} {result}");
            let last = found.bucket.last().and_then(|bucket| bucket.cumulative);
            assert_eq!(last, Some(calls), "{function} {result}");
        }
    }
}

#[test]
fn a_histogram_of_many_buckets_has_a_coarser_schema() {
    alone!();
    let monitor = start(Some(NativeHistograms::Only));
    // One in each of 250 buckets.
    let durations: Vec<f64> = (-169..81)
        .map(|index| (f64::from(index) / 8.0).exp2() * 0.97)
        .collect();
    count_ok(wide(), &durations[..160]);
    assert_eq!(histogram(&monitor, "wide", "ok").schema, Some(3));
    count_ok(wide(), &durations[160..]);
    let found = histogram(&monitor, "wide", "ok");
    assert_eq!(found.schema, Some(2));
    assert!(found.bucket.is_empty(), "{found:?}");
    let buckets = buckets(&found);
    assert_eq!(buckets.len(), 125, "{buckets:?}");
    assert!(buckets.values().all(|calls| *calls == 2), "{buckets:?}");
}

#[test]
fn native_buckets_are_there_only_if_they_are_asked_for() {
    alone!();
    let monitor = start(None);
    briefly(false).expect("ok");
    let found = histogram(&monitor, "briefly", "ok");
    assert_eq!((found.schema, found.bucket.len()), (None, 18), "{found:?}");
    assert!(found.positive_span.is_empty(), "{found:?}");
    drop(monitor);
    // The next start decides again, for the threads that have called before, too.
    let monitor = start(Some(NativeHistograms::On));
    briefly(false).expect("ok");
    let found = histogram(&monitor, "briefly", "ok");
    assert_eq!((found.schema, found.count), (Some(3), Some(2)), "{found:?}");
    assert_eq!(buckets(&found).len(), 2, "{found:?}");
}

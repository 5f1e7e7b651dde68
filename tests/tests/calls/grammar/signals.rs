//! Arguments that leave a signal out or change it: metrics, spans, lines, slow calls, buckets.

use super::*;

#[monitored(metrics = false)]
fn uncounted() {}

#[monitored(latency = false)]
fn untimed(fail: bool) -> Result<(), String> {
    if fail { Err("no".into()) } else { Ok(()) }
}

#[monitored(span = false)]
fn without_span() {}

#[monitored(log = false)]
fn without_line() -> Result<(), String> {
    Err("unseen".into())
}

#[test]
fn a_signal_can_be_left_out() {
    log();
    uncounted();
    let page = scrape();
    assert!(
        page.samples
            .iter()
            .all(|sample| sample.labels.get("function") != Some(&"uncounted".into()))
    );
    assert_eq!(ends("uncounted").len(), 1);

    let _ = (untimed(false), untimed(true));
    assert_counted!("untimed", [("ok", 1), ("error", 1)]);
    let page = scrape();
    let timed = page.samples.iter().find(|sample| {
        sample.name.contains("duration") && sample.labels.get("function") == Some(&"untimed".into())
    });
    assert!(timed.is_none(), "{timed:?}");
    assert!(
        ends("untimed")
            .iter()
            .all(|event| event.fields.get("duration_ms").is_none())
    );

    without_span();
    assert!(log().spans("without_span").is_empty());
    assert_eq!(ends("without_span").len(), 1);

    let _ = without_line();
    assert!(ends("without_line").is_empty());
    assert_eq!(log().spans("without_line").len(), 1);
}

#[monitored(slow = "20ms", level = "debug")]
async fn maybe_slow(pause: Duration) {
    std::thread::sleep(pause);
}

#[test]
fn a_slow_call_is_a_warning_with_its_threshold() {
    log();
    run(maybe_slow(Duration::ZERO));
    run(maybe_slow(Duration::from_millis(25)));
    let ends = ends("maybe_slow");
    let told = |event: &Event| (event.level, event.fields.get("threshold_ms").cloned());
    assert_eq!(told(&ends[0]), (Level::DEBUG, None));
    assert_eq!(told(&ends[1]), (Level::WARN, Some(json!(20.0))));
    assert_eq!(ends[1].fields["message"], Value::from("maybe_slow slow"));
}

#[monitored(buckets = [0.01, 2, 3.5])]
fn own_buckets(pause: Duration) {
    std::thread::sleep(pause);
}

#[monitored(buckets = fast)]
fn fast_buckets() {}

#[monitored(buckets = slow)]
fn slow_buckets() {}

#[test]
fn a_function_can_have_buckets_of_its_own() {
    log();
    own_buckets(Duration::ZERO);
    own_buckets(Duration::from_millis(12));
    fast_buckets();
    slow_buckets();
    let page = scrape();
    let buckets = |function: &str| -> Vec<(String, f64)> {
        let labels = [("function", function)];
        let found = page.find("function_calls_duration_seconds_bucket", &labels);
        found
            .map(|sample| (sample.labels["le"].clone(), sample.value))
            .collect()
    };
    let expected = [("0.01", 1.0), ("2.0", 2.0), ("3.5", 2.0), ("+Inf", 2.0)];
    assert_eq!(
        buckets("own_buckets"),
        expected.map(|(le, count)| (le.to_owned(), count))
    );
    assert_eq!(
        (
            buckets("fast_buckets").len(),
            &*buckets("fast_buckets")[0].0
        ),
        (17, "1e-06")
    );
    assert_eq!(
        (
            buckets("slow_buckets").len(),
            &*buckets("slow_buckets")[12].0
        ),
        (14, "600.0")
    );
}

struct Block;

#[monitored(ret, level = "debug", buckets = slow, ok_if = |value| *value > 1)]
impl Block {
    #[monitored(ret = false, latency = false, error_if = |value| *value > 1)]
    fn overrides(value: u8) -> u8 {
        value
    }

    fn inherits(value: u8) -> u8 {
        value
    }
}

#[test]
fn a_method_overrides_its_block() {
    log();
    let _ = (Block::overrides(2), Block::inherits(2));
    assert_counted!("Block::overrides", [("ok", 0), ("error", 1)]);
    assert_counted!("Block::inherits", [("ok", 1), ("error", 0)]);
    assert_eq!(ends("Block::inherits")[0].fields["return"], json!("2"));
}

#[monitored(
    track_concurrency, latency = true, span = true, log = true, metrics = true, skip_all,
    sentry(level = "info"), buckets = default, slow = "1h", ret, fields(id), name = "all of them",
)]
fn all(id: u8) -> u8 {
    id
}

#[test]
fn arguments_stand_in_any_order() {
    log();
    all(3);
    assert_eq!(ends("all of them")[0].fields["id"], json!(3));
}

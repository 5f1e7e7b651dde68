//! The page as protobuf, beside the page as text.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue};
use monitor_runtime::trace::TraceContext;
use monitor_runtime::{Objective, monitored};
use monitor_tests::{Labels, Page, alone, get, get_with};

use crate::messages::{self, PROTOBUF, labels, series};

const PROMISED: Objective = Objective::new("promised")
    .success_rate(99.0)
    .latency(Duration::from_millis(3), 90.0);

#[monitored(objective = PROMISED)]
fn in_messages(fail: bool) -> Result<(), &'static str> {
    if fail { Err("as asked") } else { Ok(()) }
}

#[monitored(name = "odd \"name\" \\n \n", labels(kind = bounded(kind, max = 20)))]
fn odd_in_messages(kind: &str) {}

#[monitored]
async fn waits_in_messages() {
    std::future::pending::<()>().await;
}

#[monitored]
fn slow_in_messages() {
    std::thread::sleep(Duration::from_millis(2));
}

/// Returns the series of a text page in the same form.
fn of_text(page: &Page) -> BTreeMap<(String, Labels), f64> {
    let sample = |sample: &monitor_tests::Sample| {
        let mut labels = sample.labels.clone();
        let is_summary = page
            .types
            .get(&sample.name)
            .is_some_and(|kind| kind == "summary");
        let key = if is_summary { "quantile" } else { "le" };
        let point = labels
            .get_mut(key)
            .filter(|_| is_summary || sample.name.ends_with("_bucket"));
        if let Some(point) = point
            && let Ok(number) = point.parse::<f64>()
        {
            *point = number.to_string();
        }
        ((sample.name.clone(), labels), sample.value)
    };
    page.samples.iter().map(sample).collect()
}

/// Families whose values differ from scrape to scrape.
fn is_moving(name: &str) -> bool {
    ["process_", "tokio_", "monitor_health_check_duration"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn use_everything() {
    monitor_tests::addr();
    (0..5).for_each(|_| _ = in_messages(false));
    _ = in_messages(true);
    odd_in_messages("a \"b\" \\ \n c");
    odd_in_messages("");
    {
        let mut future = std::pin::pin!(waits_in_messages());
        let future: std::pin::Pin<&mut dyn Future<Output = ()>> = future.as_mut();
        assert!(monitor_tests::poll(future).is_pending());
    }
    metrics::describe_counter!("messages_total", "Of \"quotes\", \\ and\nlines.");
    metrics::counter!("messages_total", "kind" => "a \"b\" \\ \n", "le" => "mine").increment(3);
    metrics::counter!("messages_without_a_suffix").increment(4);
    metrics::gauge!("messages_gauge").set(f64::NEG_INFINITY);
    metrics::gauge!("messages_nan").set(f64::NAN);
    metrics::histogram!("messages_seconds", "le" => "mine").record(0.03);
    metrics::histogram!("messages_seconds", "le" => "yours").record(3.0);
    metrics::histogram!("messages_sizes", "quantile" => "mine").record(-17.0);
    metrics::histogram!("messages_count").record(7.0);
    metrics::counter!("function_calls_total", "mine" => "x").increment(7);
    metrics::histogram!("function_calls_duration_seconds", "mine" => "y").record(0.2);
    metrics::gauge!("build_info", "rustc" => "1.89").set(1.0);
    // More than a chunk of the page.
    for number in 0..1_000 {
        metrics::histogram!("messages_many_seconds", "number" => number.to_string()).record(0.5);
    }
}

#[test]
fn the_messages_have_every_series_of_the_text() {
    alone!();
    use_everything();
    let text = Page::parse(&get("/metrics").body);
    let families = messages::scrape();
    let (theirs, ours) = (of_text(&text), series(&families));
    let names =
        |all: &BTreeMap<(String, Labels), f64>| -> BTreeSet<_> { all.keys().cloned().collect() };
    let difference: Vec<_> = names(&theirs)
        .symmetric_difference(&names(&ours))
        .cloned()
        .collect();
    assert!(difference.is_empty(), "{difference:#?}");
    assert!(ours.len() > 20_000, "{}", ours.len());
    for (series, value) in ours.iter().filter(|((name, _), _)| !is_moving(name)) {
        let other = theirs[series];
        // Text has sums to the nanosecond.
        let same = (value - other).abs() < 1.1e-9 || value.total_cmp(&other).is_eq();
        assert!(
            same || value.is_nan() && other.is_nan(),
            "{series:?}: {value}, not {other}"
        );
    }
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for family in &families {
        let name = family.name.as_deref().expect("a name");
        *parts.entry(name).or_default() += 1;
        let kind = match family.kind {
            Some(0) => "counter",
            Some(1) => "gauge",
            Some(2) => "summary",
            Some(4) => "histogram",
            other => panic!("the type {other:?} of {name}"),
        };
        assert_eq!(kind, text.types[name], "{name}");
        let unescape = |help: &String| help.replace("\\n", "\n").replace("\\\\", "\\");
        assert_eq!(family.help, text.help.get(name).map(unescape), "{name}");
        if name == "function_calls_duration_seconds" {
            assert_eq!(family.unit.as_deref(), Some("seconds"));
        }
    }
    // A page is sent as it is made: a long family is in several messages, a short one in one.
    assert!(parts["messages_many_seconds"] > 1, "{parts:?}");
    assert_eq!(parts["messages_total"], 1, "{parts:?}");
}

#[test]
fn an_exemplar_of_a_message_has_its_trace_and_time() {
    let mut headers = HeaderMap::new();
    let sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    headers.insert("traceparent", HeaderValue::from_static(sampled));
    let context = TraceContext::extract(&headers).expect("a sound traceparent");
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("later")
            .as_secs_f64()
    };
    let before = now();
    context.scope(slow_in_messages);
    slow_in_messages();
    let families = messages::scrape();
    let mut metrics = families.iter().flat_map(|family| &family.metric);
    let histogram = metrics
        .find(|metric| metric.histogram.is_some() && metric.has("function", "slow_in_messages"))
        .and_then(|metric| metric.histogram.as_ref())
        .expect("a histogram");
    let exemplars = histogram.bucket.iter().filter_map(|bucket| {
        bucket
            .exemplar
            .as_ref()
            .map(|exemplar| (bucket.upper_bound, exemplar))
    });
    let exemplars: Vec<_> = exemplars.collect();
    let [(bound, exemplar)] = &*exemplars else {
        panic!("{exemplars:?}");
    };
    let labels = labels(&exemplar.label);
    assert_eq!(labels["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(labels["span_id"].len(), 16, "{labels:?}");
    let seconds = exemplar.value.expect("a value");
    assert!(seconds >= 0.002 && Some(seconds) <= *bound, "{exemplar:?}");
    let at = exemplar.timestamp.as_ref().expect("a time");
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let at = at.seconds as f64 + f64::from(at.nanos) / 1e9;
    assert!(
        (before - 1.0..=now() + 1.0).contains(&at),
        "{at}, not {before}"
    );
}

#[test]
fn only_delimited_messages_are_protobuf() {
    let of = |accept: &str| {
        let answer = get_with("/metrics", &[&format!("Accept: {accept}")]);
        answer.header("content-type").map(str::to_owned)
    };
    for accept in [
        PROTOBUF.replace("delimited", "text"),
        PROTOBUF.replace("delimited", "compact-text"),
        "application/vnd.google.protobuf".to_owned(),
    ] {
        let kind = of(&accept).expect("a type");
        assert!(kind.starts_with("text/plain"), "{accept}: {kind}");
    }
}

#[monitored(labels(kind = bounded(kind, max = 20)), classify = |_: &Result<(), &'static str>| match kind_of_error() {
    "" => monitor_runtime::Class::Ok,
    kind => monitor_runtime::Class::Error(kind),
})]
fn begins(kind: &str) -> Result<(), &'static str> {
    let _ = kind;
    Ok(())
}

thread_local! {
    static KIND: std::cell::Cell<&'static str> = const { std::cell::Cell::new("") };
}

fn kind_of_error() -> &'static str {
    KIND.get()
}

/// Returns when the counters of `begins` began to count, in milliseconds, by `kind` and `error`; of a
/// histogram, the error is its result.
fn beginnings() -> BTreeMap<(String, String), Option<i64>> {
    let families = messages::scrape();
    let metrics = families.iter().flat_map(|family| &family.metric);
    let of = metrics.filter(|metric| metric.has("function", "begins"));
    let found = of.filter_map(|metric| {
        let labels = metric.labels();
        let label = |key: &str| labels.get(key).cloned().unwrap_or_default();
        let created = match (&metric.counter, &metric.histogram) {
            (Some(counter), _) => &counter.created,
            (_, Some(histogram)) => &histogram.created,
            _ => return None,
        };
        let created = created.as_ref();
        let created = created.map(|at| at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000);
        let result = match metric.histogram {
            Some(_) => label("result"),
            None => label("error"),
        };
        Some(((label("kind"), result), created))
    });
    found.collect()
}

#[test]
fn a_series_says_when_it_began_to_count() {
    alone!();
    monitor_tests::addr();
    let now = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        i64::try_from(now.expect("later").as_millis()).expect("soon")
    };
    let wait = || std::thread::sleep(Duration::from_millis(20));
    let begins_now = |kind: &str, error: &'static str| {
        wait();
        let before = now();
        KIND.set(error);
        _ = begins(kind);
        let after = now();
        wait();
        before..=after
    };
    let first = begins_now("a", "");
    let second = begins_now("b", "");
    let failed = begins_now("a", "Late");
    let seen = beginnings();
    let at = |kind: &str, error: &str| {
        let found = seen.get(&(kind.to_owned(), error.to_owned()));
        found
            .unwrap_or_else(|| panic!("{kind} {error} in {seen:?}"))
            .expect("a time")
    };
    // All that was at 0 before the first call, and could be.
    for of_first in ["", "panic", "ok", "error"] {
        assert!(
            first.contains(&at("a", of_first)),
            "{of_first}: {seen:?}, not {first:?}"
        );
    }
    assert!(second.contains(&at("b", "ok")), "{seen:?}, not {second:?}");
    // A class that no type declares was not there before its first error.
    assert!(
        failed.contains(&at("a", "Late")),
        "{seen:?}, not {failed:?}"
    );
    // The errors of all labels together.
    assert!(first.contains(&at("", "")), "{seen:?}, not {first:?}");
    wait();
    _ = begins_now("a", "Late");
    assert_eq!(beginnings(), seen, "it stays");
}

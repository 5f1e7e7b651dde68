//! Tests the page as a scraper reads it: one text with the series of the runtime and of the
//! service, and no family twice.

use std::collections::BTreeMap;

use monitor_runtime::monitored;
use monitor_tests::{Page, get, get_with, scrape};
use prometheus_parse::{Scrape, Value};

#[monitored]
fn shown(fail: bool) -> Result<(), &'static str> {
    if fail { Err("not shown") } else { Ok(()) }
}

#[monitored(name = "quote\" back\\slash")]
fn quoted() {}

#[monitored(name = "two\nlines, {braces} = 1")]
fn on_two_lines() {}

/// Parses the page by an independent parser.
fn read(text: &str) -> Scrape {
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    Scrape::parse(lines).expect("the page can be read")
}

#[test]
fn an_independent_parser_reads_what_we_read() {
    for _ in 0..3 {
        shown(false).expect("ok");
    }
    shown(true).expect_err("an error");
    let text = get("/metrics").body;
    let (ours, theirs) = (Page::parse(&text), read(&text));
    assert_eq!(ours.calls("shown", "ok"), 3);
    assert_eq!(ours.calls("shown", "error"), 1);
    let of_shown = |metric: &'static str, result: &'static str| {
        let mut found = theirs.samples.iter().filter(move |sample| {
            sample.metric == metric
                && sample.labels.get("function") == Some("shown")
                && sample.labels.get("error").is_none()
                && sample.labels.get("result").unwrap_or_default() == result
        });
        let sample = found.next();
        let sample = sample.unwrap_or_else(|| panic!("{metric} {result} is on\n{text}"));
        assert_eq!(found.next(), None, "{metric} {result} once");
        assert_eq!(sample.labels.get("module"), Some("metrics::exposition"));
        assert_eq!(sample.labels.get("service_name"), Some("monitor-tests"));
        sample.value.clone()
    };
    let calls = "function_calls_total";
    assert_eq!(of_shown(calls, "ok"), Value::Counter(3.0));
    assert_eq!(of_shown(calls, "error"), Value::Counter(1.0));
    assert_eq!(of_shown("function_calls_concurrent", ""), Value::Gauge(0.0));
    let Value::Histogram(buckets) = of_shown("function_calls_duration_seconds", "ok") else {
        panic!("durations are a histogram");
    };
    let bounds: Vec<f64> = buckets.iter().map(|bucket| bucket.less_than).collect();
    let documented = [
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.075,
        0.1,
        0.25,
        0.5,
        0.75,
        1.0,
        2.5,
        5.0,
        7.5,
        10.0,
        f64::INFINITY,
    ];
    assert_eq!(bounds, documented, "the buckets the design names");
    let rise = buckets
        .windows(2)
        .all(|pair| pair[0].count <= pair[1].count);
    assert!(rise, "buckets are cumulative: {buckets:?}");
    assert_eq!(buckets.last().map(|bucket| bucket.count), Some(3.0));
}

#[test]
fn families_are_what_they_say() {
    let page = scrape();
    let expected = [
        ("build_info", "gauge"),
        ("function_calls_concurrent", "gauge"),
        ("function_calls_duration_seconds", "histogram"),
        ("function_calls_total", "counter"),
    ];
    for (family, kind) in expected {
        assert_eq!(page.types.get(family).map(String::as_str), Some(kind));
        assert!(page.help.contains_key(family), "{family} has a HELP");
    }
    let build: Vec<_> = page.find("build_info", &[]).collect();
    assert_eq!(build.len(), 1, "one build: {build:?}");
    assert_eq!(build[0].labels["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(build[0].labels["service_name"], "monitor-tests");
    assert!((build[0].value - 1.0).abs() < f64::EPSILON, "always 1");
}

#[test]
fn the_answer_says_what_it_is() {
    let response = get("/metrics");
    assert_eq!(response.status, 200);
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(response.header("content-type"), Some(content_type));
    assert_eq!(response.header("cache-control"), Some("no-store"));
}

/// The `Accept` header of Prometheus 2.53.
const ACCEPT: &str = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,\
    application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

#[test]
fn a_scraper_that_asks_gets_the_same_series_as_open_metrics() {
    scrape();
    shown_in_both(false).expect("ok");
    shown_in_both(true).expect_err("an error");
    metrics::counter!("in_both_total", "kind" => "a").increment(3);
    metrics::counter!("in_both_without_a_suffix").increment(4);
    metrics::histogram!("in_both_seconds").record(0.03);
    metrics::histogram!("in_both").record(3.0);
    let response = get_with("/metrics", &[ACCEPT]);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(response.header("content-type"), Some(content_type));
    assert_eq!(response.header("vary"), Some("Accept, Accept-Encoding"));
    let lines: Vec<&str> = response.body.lines().collect();
    assert_eq!(lines.last(), Some(&"# EOF"));
    for line in [
        "# TYPE function_calls counter",
        "# TYPE build info",
        "# UNIT function_calls_duration_seconds seconds",
        "# TYPE in_both summary",
        // A counter is a family `in_both` too, and the summary was there first.
        "# TYPE in_both_total unknown",
        "# TYPE in_both_without_a_suffix unknown",
    ] {
        assert!(lines.contains(&line), "{line} is on\n{}", response.body);
    }
    let series = |body: &str| {
        let of_ours = |line: &&str| line.contains("in_both") && !line.starts_with('#');
        let lines = body
            .lines()
            .filter(of_ours)
            .filter(|line| !line.contains("_sum"));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let text = get("/metrics").body;
    assert_eq!(
        series(&response.body),
        series(&text),
        "the same in both formats"
    );
    assert!(series(&text).len() > 40, "{text}");
}

#[monitored]
fn shown_in_both(fail: bool) -> Result<(), &'static str> {
    if fail { Err("not shown") } else { Ok(()) }
}

#[test]
fn labels_are_escaped() {
    quoted();
    on_two_lines();
    let text = get("/metrics").body;
    let line = r#"function="quote\" back\\slash",module="metrics::exposition""#;
    assert!(text.contains(line), "{line} is on\n{text}");
    let page = Page::parse(&text);
    assert_eq!(page.calls("quote\" back\\slash", "ok"), 1);
    assert_eq!(page.calls("two\nlines, {braces} = 1", "ok"), 1);
}

#[test]
fn the_users_own_series_are_on_the_same_page() {
    scrape();
    metrics::describe_counter!("orders_total", "Orders, by kind.");
    metrics::counter!("orders_total", "kind" => "a \"b\"").increment(3);
    metrics::counter!("orders_total", "kind" => "c").increment(1);
    metrics::gauge!("queue_length").set(2.5);
    metrics::histogram!("work_seconds").record(0.03);
    metrics::histogram!("work_seconds").record(3.0);
    metrics::histogram!("sizes").record(17.0);
    let page = scrape();
    let value = |name, labels: &[(&str, &str)]| page.value(name, labels);
    assert_eq!(value("orders_total", &[("kind", "a \"b\"")]), Some(3.0));
    assert_eq!(value("orders_total", &[("kind", "c")]), Some(1.0));
    assert_eq!(page.help["orders_total"], "Orders, by kind.");
    assert_eq!(value("queue_length", &[]), Some(2.5));
    let types = ["orders_total", "queue_length", "work_seconds", "sizes"];
    let types = types.map(|name| page.types[name].as_str());
    assert_eq!(types, ["counter", "gauge", "histogram", "summary"]);
    assert_eq!(value("work_seconds_count", &[]), Some(2.0));
    assert_eq!(value("work_seconds_bucket", &[("le", "0.025")]), Some(0.0));
    assert_eq!(value("work_seconds_bucket", &[("le", "0.05")]), Some(1.0));
    assert_eq!(value("work_seconds_bucket", &[("le", "+Inf")]), Some(2.0));
    assert_eq!(value("sizes_count", &[]), Some(1.0));
    let ours = ["function_calls_concurrent", "function_calls_total"];
    let place = |name: &str| page.samples.iter().position(|sample| sample.name == name);
    for family in ours {
        assert!(place(family) < place("orders_total"), "{family} first");
    }
}

#[test]
fn a_series_of_the_users_with_a_name_of_ours_changes_nothing() {
    shown_beside_a_clash();
    scrape();
    let clash = "shown_beside_a_clash";
    let labels = [
        ("function", clash),
        ("module", "metrics::exposition"),
        ("service_name", "monitor-tests"),
        ("result", "ok"),
    ];
    metrics::counter!("function_calls_total", &labels).increment(89);
    metrics::counter!("function_calls_total", "mine" => clash).increment(90);
    metrics::counter!("function_calls_total").increment(91);
    metrics::histogram!("function_calls_duration_seconds", "mine" => clash).record(92.0);
    metrics::gauge!("function_calls_duration_seconds_sum").set(93.0);
    metrics::gauge!("function_calls_concurrent", "mine" => clash).set(94.0);
    metrics::counter!("build_info", "version" => "mine").increment(95);
    metrics::counter!("beside_it_total").increment(5);
    // `Page::parse` panics on a family that is split or exists twice.
    let page = scrape();
    assert_eq!(page.calls(clash, "ok"), 1, "ours is kept");
    assert_eq!(page.count(clash, "ok"), 1, "ours is kept");
    assert_eq!(page.concurrent(clash), 0, "ours is kept");
    assert_eq!(page.find("build_info", &[]).count(), 1, "ours is kept");
    assert_eq!(
        page.value("beside_it_total", &[]),
        Some(5.0),
        "and so is another"
    );
    let values = page.samples.iter().map(|sample| sample.value);
    let mut theirs: Vec<f64> = values
        .filter(|value| (89.0..=95.0).contains(value))
        .collect();
    theirs.sort_by(f64::total_cmp);
    // Left out are those with the labels of a runtime series, and those of another type.
    assert_eq!(theirs, [90.0, 91.0, 92.0, 94.0]);
}

#[monitored]
fn shown_beside_a_clash() {}

#[test]
fn no_series_is_on_the_page_twice() {
    let text = get("/metrics").body;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').expect("a series and its value");
        *seen.entry(series).or_default() += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

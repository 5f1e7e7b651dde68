//! Pages of synthetic functions, and of families from other exporters beside the runtime's.

mod messages;
mod others;

use std::sync::LazyLock;
use std::time::Duration;

use super::exposition::Exposition;
use super::family::Format;
use super::text_format::{InlineStr, canonical, escape, push_seconds};
use super::*;
use crate::base::verdict::Verdict;
use crate::call::run::run;
use crate::callsite::exemplars;
use crate::callsite::{Bounds, Settings, Site};
use crate::settings::buckets::{BUCKETS, FAST_BUCKETS, HTTP_BUCKETS, SLOW_BUCKETS};
use crate::settings::objective::Objective;

fn service() -> Service {
    Service {
        name: "shop".into(),
        version: "1.2".into(),
        commit: String::new(),
        branch: "a \"b\"".into(),
    }
}

fn call(site: &'static Site) {
    run(site.begin(), || (), |()| Verdict::Ok);
}

fn text(exposition: &Exposition, format: Format, others: &str) -> String {
    let own = log(None, Some(7), None);
    let chunks = exposition.scrape(format, own, others.to_owned());
    String::from_utf8(chunks.flatten().collect()).expect("UTF-8")
}

#[test]
fn bounds_rise() {
    for bounds in [&BUCKETS[..], FAST_BUCKETS, SLOW_BUCKETS, &HTTP_BUCKETS] {
        assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn labels_cannot_break_out_of_their_quotes() {
    assert_eq!(escape("a\"b\\c\nd"), r#"a\"b\\c\nd"#);
}

#[test]
fn bounds_are_spelled_as_the_specification_does() {
    for (number, expected) in [
        (0.0, "0.0"),
        (0.001, "0.001"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (1.7, "1.7"),
        (10.0, "10.0"),
        (600.0, "600.0"),
        (100_000.0, "100000.0"),
        (0.0001, "0.0001"),
        (1e-5, "1e-05"),
        (2.5e-6, "2.5e-06"),
        (1e-10, "1e-10"),
        (1e6, "1e+06"),
        (1_234_567.0, "1.234567e+06"),
        (1e10, "1e+10"),
        (1e300, "1e+300"),
        (-2.5, "-2.5"),
        (f64::INFINITY, "+Inf"),
    ] {
        assert_eq!(canonical(number), expected);
    }
}

#[test]
fn there_is_room_for_the_longest_bound() {
    for (number, expected) in [
        (f64::MIN, "-1.7976931348623157e+308"),
        (-0.000_123_456_789_012_345_67, "-0.00012345678901234567"),
    ] {
        let mut out = b"le=".to_vec();
        InlineStr::join([&canonical(number), "\"} "]).push_to(&mut out);
        assert_eq!(out, format!("le={expected}\"}} ").as_bytes());
    }
}

#[test]
fn seconds_are_printed_to_the_nanosecond() {
    for (seconds, expected) in [
        (0.0, "0.000000000"),
        (1e-9, "0.000000001"),
        (0.25, "0.250000000"),
        (1.5, "1.500000000"),
        (86_400.000_000_001, "86400.000000001"),
    ] {
        let mut out = Vec::new();
        push_seconds(&mut out, seconds);
        assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
    }
}

#[test]
fn one_page_in_both_formats() {
    static FUNCTION: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("f\n").buckets(&[1.0]) });
    static UNTIMED: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("g").latency(false) });
    static UNCOUNTED: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("h").metrics(false) });
    call(&FUNCTION);
    let sites = || [&UNTIMED, &FUNCTION, &UNCOUNTED].into_iter();
    let exposition = Exposition::new(&service(), sites);
    let sum = |page: &str| {
        let line = page
            .lines()
            .find(|line| line.contains("_sum{"))
            .expect("a sum");
        line.rsplit_once(' ').expect("a value").1.to_owned()
    };
    for (format, expected) in [
        (Format::Text, include_str!("page.txt")),
        (Format::OpenMetrics, include_str!("page.openmetrics.txt")),
    ] {
        let page = text(&exposition, format, "# TYPE mine counter\nmine 1\n");
        assert_eq!(page, expected.replace("{sum}", &sum(&page)), "{format:?}");
    }
}

#[test]
fn a_promise_is_in_the_labels_and_in_the_buckets() {
    const API: Objective = Objective::new("api")
        .success_rate(99.9)
        .latency(Duration::from_secs(1), 99.0);
    static FUNCTION: Site = Site::new(|| "", "m").with(
        &const {
            let bounds = &const { Bounds::of(&[0.5], &API) };
            Settings::new()
                .name("f")
                .buckets(&[0.5])
                .objective(&API, bounds)
        },
    );
    call(&FUNCTION);
    let exposition = Exposition::new(&service(), || [&FUNCTION].into_iter());
    let page = text(&exposition, Format::Text, "");
    let lines: Vec<_> = page.lines().filter(|line| line.contains("\"f\"")).collect();
    let function = r#"function="f",module="m",service_name="shop""#;
    let calls = r#"objective_name="api",objective_percentile="99.9""#;
    let timed =
        r#"objective_name="api",objective_percentile="99",objective_latency_threshold="1.0""#;
    let bucket = "function_calls_duration_seconds_bucket";
    for expected in [
        format!(r#"function_calls_total{{{function},result="ok",{calls}}} 1"#),
        format!(r#"function_calls_total{{{function},result="error",{calls}}} 0"#),
        format!(r#"{bucket}{{{function},result="ok",{timed},le="0.5"}} 1"#),
        format!(r#"{bucket}{{{function},result="ok",{timed},le="1.0"}} 1"#),
        format!(r#"{bucket}{{{function},result="ok",{timed},le="+Inf"}} 1"#),
        format!(r#"function_calls_duration_seconds_count{{{function},result="ok",{timed}}} 1"#),
        format!("function_calls_concurrent{{{function}}} 0"),
    ] {
        assert!(lines.contains(&expected.as_str()), "{expected}\n{page}");
    }
    // For each result a histogram of five lines and a count; besides, a count of panics, that of all
    // errors, and the calls in flight.
    assert_eq!(lines.len(), 3 * 6 + 3, "{page}");
}

#[test]
fn functions_that_come_later_join_the_page() {
    static EARLY: Site = Site::new(|| "", "m").with(&const { Settings::new().name("early") });
    static LATE: Site = Site::new(|| "", "m").with(&const { Settings::new().name("late") });
    static LOADED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    let sites = || {
        let late = LOADED
            .load(std::sync::atomic::Ordering::SeqCst)
            .then_some(&LATE);
        [&EARLY].into_iter().chain(late)
    };
    let exposition = Exposition::new(&service(), sites);
    let has_late = || text(&exposition, Format::Text, "").contains("late");
    assert!(!has_late());
    LOADED.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(has_late());
}

#[test]
fn functions_of_one_name_share_their_series() {
    static FIRST: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("same").buckets(&[1.0, 2.0]) });
    static SECOND: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("same").buckets(&[1.5]) });
    call(&FIRST);
    call(&SECOND);
    exemplars::offer_ok(&FIRST, 0.5, [1; 16]);
    exemplars::offer_ok(&SECOND, 0.6, [2; 16]);
    let exposition = Exposition::new(&service(), || [&FIRST, &SECOND].into_iter());
    let page = text(&exposition, Format::OpenMetrics, "");
    let buckets: Vec<_> = page
        .lines()
        .filter(|line| line.contains("_bucket{"))
        .collect();
    // A call below 1.5 may have been above 1.0; the exemplar says how long it was.
    assert!(
        buckets[0].contains(r#"le="1.0"} 1 # {trace_id="02020202"#),
        "{page}"
    );
    assert!(buckets[1].ends_with(r#"le="2.0"} 2"#), "{page}");
    assert!(buckets[2].ends_with(r#"le="+Inf"} 2"#), "{page}");
}

#[test]
fn a_long_page_comes_in_chunks_and_whole() {
    static SITES: LazyLock<Vec<Site>> = LazyLock::new(|| {
        let name = |number| &*format!("f{number:04}").leak();
        (0..2000)
            .map(|number| {
                Site::new(|| "", "m").with(Box::leak(Box::new(Settings::new().name(name(number)))))
            })
            .collect()
    });
    SITES.iter().for_each(call);
    let exposition = Exposition::new(&service(), || SITES.iter());
    let chunks: Vec<_> = exposition.functions(Format::OpenMetrics).collect();
    let (last, full) = chunks.split_last().expect("chunks");
    assert!(full.len() > 10, "{} chunks", full.len());
    assert!(
        full.iter()
            .all(|chunk| (65_536..73_728).contains(&chunk.len()))
    );
    assert!(last.ends_with(b"# EOF\n"));
    let page = String::from_utf8(chunks.concat()).expect("UTF-8");
    for family in ["calls_total{", "duration_seconds_count{", "concurrent{"] {
        let of_family: Vec<_> = page.lines().filter(|line| line.contains(family)).collect();
        let names: std::collections::BTreeSet<_> = of_family
            .iter()
            .filter_map(|line| line.split('"').nth(1))
            .collect();
        assert_eq!(names.len(), 2000, "{family}");
    }
}

#[test]
fn health_checks_are_two_gauges() {
    let reading = |check: &str, up, took| CheckReading {
        check: check.to_owned(),
        up,
        took,
    };
    let millis = std::time::Duration::from_millis;
    let readings = [
        reading("db", true, Some(millis(1500))),
        reading("runtime:main", false, None),
    ];
    for format in [Format::Text, Format::OpenMetrics] {
        let scrape = Exposition::from_sites(&[]).scrape(format, checks(&readings), String::new());
        let page = String::from_utf8(scrape.flatten().collect()).expect("UTF-8");
        for line in [
            "# TYPE monitor_health_check_up gauge\n",
            "monitor_health_check_up{check=\"db\"} 1\n",
            "monitor_health_check_up{check=\"runtime:main\"} 0\n",
            "monitor_health_check_duration_seconds{check=\"db\"} 1.5\n",
        ] {
            assert!(page.contains(line), "{line}{page}");
        }
        let unit = "# UNIT monitor_health_check_duration_seconds seconds\n";
        assert_eq!(page.contains(unit), format == Format::OpenMetrics);
    }
    assert!(checks(&[]).is_empty());
}

#[test]
fn series_of_the_service_in_a_family_of_ours_stand_beside_ours() {
    static SITE: Site = Site::new(|| "", "m").with(&const { Settings::new().name("f") });
    call(&SITE);
    let exposition = Exposition::new(&service(), || [&SITE].into_iter());
    let build = service().build();
    let own = r#"function="f",module="m",service_name="shop""#;
    let theirs = format!(
        "# TYPE build_info gauge\nbuild_info{{rustc=\"1.95\"}} 1\nbuild_info{{{build}}} 1\n\
         build_info{{seven=\"\"}} 7\n\
         # TYPE function_calls_total counter\nfunction_calls_total{{mine=\"x\"}} 5\n\
         function_calls_total{{{own},result=\"ok\"}} 5\n\
         # TYPE function_calls_concurrent gauge\nfunction_calls_concurrent 4\n\
         # TYPE function_calls_duration_seconds histogram\n\
         function_calls_duration_seconds_bucket{{a=\"b\",le=\"1\"}} 1\n\
         function_calls_duration_seconds_sum{{a=\"b\"}} 1\n\
         function_calls_duration_seconds_count{{a=\"b\"}} 1\n\
         # TYPE monitor_log_lines_dropped_total counter\n\
         monitor_log_lines_dropped_total{{mine=\"\"}} 2\nmonitor_log_lines_dropped_total 3\n\
         # TYPE monitor_health_check_up gauge\nmonitor_health_check_up 9\n"
    );
    for format in [Format::Text, Format::OpenMetrics] {
        let page = text(&exposition, format, &theirs);
        for (before, line) in [
            ("build_info{version", "build_info{rustc=\"1.95\"} 1\n"),
            (
                "function_calls_total{function",
                "function_calls_total{mine=\"x\"} 5\n",
            ),
            (
                "function_calls_concurrent{function",
                "function_calls_concurrent 4\n",
            ),
            (
                "function_calls_duration_seconds_count{function",
                "function_calls_duration_seconds_bucket{a=\"b\",le=\"1.0\"} 1\n",
            ),
            (
                "monitor_log_lines_dropped_total 7",
                "monitor_log_lines_dropped_total{mine=\"\"} 2\n",
            ),
        ] {
            let (before, line) = (page.find(before), page.find(line));
            assert!(before.is_some() && before < line, "{page}");
        }
        // A series once, a type once, and of an info nothing but 1.
        for once in [
            format!("build_info{{{build}}}"),
            format!("function_calls_total{{{own},result=\"ok\"}}"),
            "monitor_log_lines_dropped_total 7".to_owned(),
        ] {
            assert_eq!(page.matches(&once).count(), 1, "{once}\n{page}");
        }
        assert_eq!(page.matches("# TYPE function_calls").count(), 3, "{page}");
        for absent in ["seven", "lines_dropped_total 3", "monitor_health_check_up"] {
            assert!(!page.contains(absent), "{absent}\n{page}");
        }
    }
    // A runtime family without a series of its own still shows the service's.
    let empty = Exposition::new(&service(), std::iter::empty);
    let page = text(&empty, Format::Text, &theirs);
    let expected = "# TYPE function_calls_total counter\nfunction_calls_total{mine=\"x\"} 5\n";
    assert!(page.contains(expected), "{page}");
}

#[test]
fn functions_of_one_name_are_in_the_buckets_that_are_asked_for() {
    static FIRST: Site = Site::new(|| "", "m").with(
        &const {
            Settings::new()
                .name("same")
                .buckets(&[1.0, 2.0])
                .labels(&["a"])
        },
    );
    static SECOND: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("same").buckets(&[1.5]) });
    call(&SECOND);
    let mut tally = crate::callsite::snapshot::Snapshot::default();
    let sources = [crate::callsite::snapshot::Source::new(&SECOND, 0)];
    for (sources, calls) in [(&sources[..], 1), (&[], 0)] {
        tally.read_in(FIRST.bounds(), sources);
        let buckets = tally.buckets(crate::base::outcome::Outcome::Ok);
        assert_eq!(buckets, [0, calls, 0], "a call below 1.5 is below 2");
    }
}

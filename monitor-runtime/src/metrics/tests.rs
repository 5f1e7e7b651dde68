//! Pages of synthetic functions, and other people's families beside ours.

use std::sync::LazyLock;

use super::exposition::Exposition;
use super::family::Format;
use super::line::{canonical, escape};
use super::others::{Others, Place};
use super::*;
use crate::exemplar;
use crate::run::run;
use crate::site::Site;
use crate::verdict::Verdict;

fn service() -> Service {
    Service {
        name: "shop".into(),
        version: "1.2".into(),
        commit: String::new(),
        branch: "a \"b\"".into(),
    }
}

fn call(site: &'static Site) {
    run(site.start(), || (), |()| Verdict::Ok);
}

fn text(exposition: &Exposition, format: Format, others: &str) -> String {
    let own = dropped_lines(Some(7)).into_iter().collect();
    let chunks = exposition.scrape(format, own, others.to_owned());
    String::from_utf8(chunks.flatten().collect()).expect("UTF-8")
}

/// What stands on the page of a format.
fn others(format: Format, rendered: &str) -> String {
    let (others, mut place) = (Others::new(rendered.to_owned()), Place::default());
    let mut out = Vec::new();
    while others.next(&mut place, format, &mut out) {}
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn bounds_rise() {
    for bounds in [&BUCKETS[..], FAST_BUCKETS, SLOW_BUCKETS] {
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
fn one_page_in_both_formats() {
    static FUNCTION: Site = Site::new(|| "", "m", "", 1).name("f\n").buckets(&[1.0]);
    static UNTIMED: Site = Site::new(|| "", "m", "", 1).name("g").latency(false);
    static UNCOUNTED: Site = Site::new(|| "", "m", "", 1).name("h").metrics(false);
    call(&FUNCTION);
    let sites = || [&UNTIMED, &FUNCTION, &UNCOUNTED].into_iter();
    let exposition = Exposition::new(&service(), sites);
    let sum = |page: &str| {
        let line = page.lines().find(|line| line.contains("_sum{")).expect("a sum");
        line.rsplit_once(' ').expect("a value").1.to_owned()
    };
    for (format, expected) in [
        (Format::Text, include_str!("tests/page.txt")),
        (Format::OpenMetrics, include_str!("tests/page.openmetrics.txt")),
    ] {
        let page = text(&exposition, format, "# TYPE mine counter\nmine 1\n");
        assert_eq!(page, expected.replace("{sum}", &sum(&page)), "{format:?}");
    }
}

#[test]
fn functions_that_come_later_join_the_page() {
    static EARLY: Site = Site::new(|| "", "m", "", 1).name("early");
    static LATE: Site = Site::new(|| "", "m", "", 1).name("late");
    static LOADED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    let sites = || {
        let late = LOADED.load(std::sync::atomic::Ordering::SeqCst).then_some(&LATE);
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
    static FIRST: Site = Site::new(|| "", "m", "", 1).name("same").buckets(&[1.0, 2.0]);
    static SECOND: Site = Site::new(|| "", "m", "", 2).name("same").buckets(&[1.5]);
    call(&FIRST);
    call(&SECOND);
    exemplar::offer_ok(&FIRST, 0.5, [1; 16]);
    exemplar::offer_ok(&SECOND, 0.6, [2; 16]);
    let exposition = Exposition::new(&service(), || [&FIRST, &SECOND].into_iter());
    let page = text(&exposition, Format::OpenMetrics, "");
    let buckets: Vec<_> = page.lines().filter(|line| line.contains("_bucket{")).collect();
    // A call below 1.5 may have been above 1.0; the exemplar says how long it was.
    assert!(buckets[0].contains(r#"le="1.0"} 1 # {trace_id="02020202"#), "{page}");
    assert!(buckets[1].ends_with(r#"le="2.0"} 2"#), "{page}");
    assert!(buckets[2].ends_with(r#"le="+Inf"} 2"#), "{page}");
}

#[test]
fn a_long_page_comes_in_chunks_and_whole() {
    static SITES: LazyLock<Vec<Site>> = LazyLock::new(|| {
        let name = |number| &*format!("f{number:04}").leak();
        (0..2000).map(|number| Site::new(|| "", "m", "", 1).name(name(number))).collect()
    });
    SITES.iter().for_each(call);
    let exposition = Exposition::new(&service(), || SITES.iter());
    let chunks: Vec<_> = exposition.functions(Format::OpenMetrics).collect();
    let (last, full) = chunks.split_last().expect("chunks");
    assert!(full.len() > 10, "{} chunks", full.len());
    assert!(full.iter().all(|chunk| (65_536..73_728).contains(&chunk.len())));
    assert!(last.ends_with(b"# EOF\n"));
    let page = String::from_utf8(chunks.concat()).expect("UTF-8");
    for family in ["calls_total{", "duration_seconds_count{", "concurrent{"] {
        let of_family: Vec<_> = page.lines().filter(|line| line.contains(family)).collect();
        let names: std::collections::BTreeSet<_> =
            of_family.iter().filter_map(|line| line.split('"').nth(1)).collect();
        assert_eq!(names.len(), 2000, "{family}");
    }
}

#[test]
fn a_family_of_ours_is_kept_whole() {
    let names = [
        "function_calls_total",
        "function_calls",
        "function_calls_created",
        "function_calls_duration_seconds",
        "function_calls_duration_seconds_sum",
        "build_info",
        "build",
        "monitor_log_lines_dropped_total",
    ];
    for name in names {
        for kind in ["counter", "gauge", "histogram", "summary"] {
            let rendered = format!(
                "# HELP {name} mine\n# TYPE {name} {kind}\n{name} 7\n\n# TYPE mine gauge\nmine 1\n\n"
            );
            for format in [Format::Text, Format::OpenMetrics] {
                let expected = "# TYPE mine gauge\nmine 1\n";
                assert_eq!(others(format, &rendered), expected, "{name} {kind}");
            }
        }
    }
}

#[test]
fn counters_of_others_keep_their_names() {
    let rendered = "# HELP a_total Its \"help\".\n# TYPE a_total counter\na_total{x=\"y\"} 1\n\n\
                    # TYPE b counter\nb 2\n\n";
    assert_eq!(
        others(Format::Text, rendered),
        "# HELP a_total Its \"help\".\n# TYPE a_total counter\na_total{x=\"y\"} 1\n\
         # TYPE b counter\nb 2\n"
    );
    assert_eq!(
        others(Format::OpenMetrics, rendered),
        "# HELP a Its \\\"help\\\".\n# TYPE a counter\na_total{x=\"y\"} 1\n\
         # TYPE b unknown\nb 2\n"
    );
}

#[test]
fn where_two_families_want_a_name_the_same_one_always_gets_it() {
    let families = [
        "# TYPE x summary\nx{quantile=\"1\"} 1\nx_sum 1\nx_count 1\n",
        "# TYPE x_count gauge\nx_count 2\n",
        "# TYPE x_total counter\nx_total 3\n",
        "# TYPE y gauge\ny 4\n",
        "# TYPE y_total counter\ny_total 5\n",
    ];
    let expected = "# TYPE x summary\nx{quantile=\"1.0\"} 1\nx_sum 1\nx_count 1\n\
                    # TYPE x_total unknown\nx_total 3\n# TYPE y gauge\ny 4\n\
                    # TYPE y_total unknown\ny_total 5\n";
    let mut order = families;
    for _ in 0..families.len() {
        order.rotate_left(1);
        assert_eq!(others(Format::OpenMetrics, &order.concat()), expected);
        order.reverse();
        assert_eq!(others(Format::OpenMetrics, &order.concat()), expected);
        order.reverse();
    }
    let twice = "# TYPE z counter\nz 1\n\n# TYPE z gauge\nz 2\n\n";
    assert_eq!(others(Format::Text, twice), "# TYPE z counter\nz 1\n");
}

#[test]
fn a_line_a_scraper_would_refuse_the_page_for_is_left_out() {
    for (rendered, expected) in [
        ("# TYPE  counter\n 5\n", ""),
        ("# TYPE 9a gauge\n9a 5\n", ""),
        ("# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\na{b=\"3\"} 2\n", "# TYPE a gauge\na{b=\"3\"} 2\n"),
        ("# TYPE a gauge\na{=\"1\"} 1\na 2\n", "# TYPE a gauge\na 2\n"),
        ("# TYPE a gauge\na{b=\"1} 1\n", "# TYPE a gauge\n"),
        ("# TYPE a gauge\na{b=\"\\\\\"} 1\n", "# TYPE a gauge\na{b=\"\\\\\"} 1\n"),
        ("# TYPE a gauge\na{b=\",}\\\" \"} 1\n", "# TYPE a gauge\na{b=\",}\\\" \"} 1\n"),
        ("# TYPE a gauge\nother 1\na x\na\n", "# TYPE a gauge\n"),
        ("# HELP a b\r\n# TYPE a gauge\na{b=\"c\rd\"} inf\n", "# HELP a b\r\n# TYPE a gauge\na{b=\"c\rd\"} inf\n"),
        (
            "# TYPE a histogram\na_bucket{le=\"0.000001\"} 1\na_sum{le=\"x\"} 1\na_sum 1\n",
            "# TYPE a histogram\na_bucket{le=\"1e-06\"} 1\na_sum 1\n",
        ),
    ] {
        assert_eq!(others(Format::Text, rendered), expected, "{rendered}");
    }
}

#[test]
fn a_summary_below_zero_is_not_for_open_metrics() {
    let rendered = "# TYPE a summary\na{quantile=\"0.5\"} -1\na_sum -1\na_count 1\n\
                    a{b=\"\",quantile=\"0.5\"} 1\na_sum{b=\"\"} 1\na_count{b=\"\"} 1\n";
    let expected = "# TYPE a summary\n\
                    a{b=\"\",quantile=\"0.5\"} 1\na_sum{b=\"\"} 1\na_count{b=\"\"} 1\n";
    assert_eq!(others(Format::Text, rendered), rendered);
    assert_eq!(others(Format::OpenMetrics, rendered), expected);
}

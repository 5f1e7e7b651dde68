//! Families of other exporters beside the runtime's.

use crate::metrics::family::Format;
use crate::metrics::foreign::{ForeignFamilies, Place};

/// Returns the page of a format.
fn others(format: Format, rendered: &str) -> String {
    let (others, mut place) = (
        ForeignFamilies::new(rendered.to_owned(), std::iter::empty()),
        Place::default(),
    );
    let mut out = Vec::new();
    while others.next(&mut place, format, &mut out) {}
    String::from_utf8(out).expect("UTF-8")
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
        (
            "# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\na{b=\"3\"} 2\n",
            "# TYPE a gauge\na{b=\"3\"} 2\n",
        ),
        (
            "# TYPE a gauge\na{=\"1\"} 1\na 2\n",
            "# TYPE a gauge\na 2\n",
        ),
        ("# TYPE a gauge\na{b=\"1} 1\n", "# TYPE a gauge\n"),
        (
            "# TYPE a gauge\na{b=\"\\\\\"} 1\n",
            "# TYPE a gauge\na{b=\"\\\\\"} 1\n",
        ),
        (
            "# TYPE a gauge\na{b=\",}\\\" \"} 1\n",
            "# TYPE a gauge\na{b=\",}\\\" \"} 1\n",
        ),
        ("# TYPE a gauge\nother 1\na x\na\n", "# TYPE a gauge\n"),
        (
            "# HELP a b\r\n# TYPE a gauge\na{b=\"c\rd\"} inf\n",
            "# HELP a b\r\n# TYPE a gauge\na{b=\"c\rd\"} inf\n",
        ),
        (
            "# TYPE a histogram\na_bucket{le=\"0.000001\"} 1\na_sum 1\n",
            "# TYPE a histogram\na_bucket{le=\"1e-06\"} 1\na_sum 1\n",
        ),
    ] {
        assert_eq!(others(Format::Text, rendered), expected, "{rendered}");
    }
}

#[test]
fn a_suffix_that_the_exporter_left_out_is_there() {
    // It leaves one out of a name that ends like it, with or without an underscore.
    for (rendered, expected) in [
        (
            "# TYPE discount summary\ndiscount{quantile=\"0\"} 1\ndiscount_sum 1\ndiscount 1\n",
            "# TYPE discount summary\ndiscount{quantile=\"0.0\"} 1\ndiscount_sum 1\n\
             discount_count 1\n",
        ),
        (
            "# TYPE row_count summary\nrow_count{a=\"b\",quantile=\"1\"} 1\n\
             row_count_sum{a=\"b\"} 1\nrow_count{a=\"b\"} 1\n",
            "# TYPE row_count summary\nrow_count{a=\"b\",quantile=\"1.0\"} 1\n\
             row_count_sum{a=\"b\"} 1\nrow_count_count{a=\"b\"} 1\n",
        ),
        (
            "# TYPE checksum summary\nchecksum{quantile=\"x\",quantile=\"1\"} 1\n\
             checksum{quantile=\"x\"} 1\nchecksum_count{quantile=\"x\"} 1\n",
            "# TYPE checksum summary\nchecksum{exported_quantile=\"x\",quantile=\"1.0\"} 1\n\
             checksum_sum{exported_quantile=\"x\"} 1\nchecksum_count{exported_quantile=\"x\"} 1\n",
        ),
        (
            "# TYPE s3_bucket histogram\ns3_bucket{le=\"+Inf\"} 1\ns3_bucket_sum 1\n\
             s3_bucket_count 1\n",
            "# TYPE s3_bucket histogram\ns3_bucket_bucket{le=\"+Inf\"} 1\ns3_bucket_sum 1\n\
             s3_bucket_count 1\n",
        ),
        (
            "# TYPE sum histogram\nsum_bucket{le=\"mine\",le=\"1\"} 1\nsum{le=\"mine\"} 1\n\
             sum_count{le=\"mine\"} 1\n",
            "# TYPE sum histogram\nsum_bucket{exported_le=\"mine\",le=\"1.0\"} 1\n\
             sum_sum{exported_le=\"mine\"} 1\nsum_count{exported_le=\"mine\"} 1\n",
        ),
        // The name of a gauge or counter is whole.
        (
            "# TYPE a_count gauge\na_count{quantile=\"x\"} 1\n",
            "# TYPE a_count gauge\na_count{quantile=\"x\"} 1\n",
        ),
    ] {
        assert_eq!(others(Format::Text, rendered), expected, "{rendered}");
        assert_eq!(
            others(Format::OpenMetrics, rendered),
            expected,
            "{rendered}"
        );
    }
    // OpenMetrics forbids a sum below zero, and the count behind it.
    let rendered = "# TYPE sum summary\nsum{quantile=\"1\"} 0\nsum -1\nsum_count 1\n";
    let expected = "# TYPE sum summary\nsum{quantile=\"1.0\"} 0\n";
    assert_eq!(others(Format::OpenMetrics, rendered), expected);
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

#[test]
fn a_label_that_the_format_keeps_for_itself_has_another_name() {
    for (rendered, expected) in [
        (
            "# TYPE a counter\na{__name__=\"z\"} 1\n",
            "# TYPE a counter\na{exported___name__=\"z\"} 1\n",
        ),
        (
            "# TYPE a counter\na{__x=\"1\",___=\"2\",_y=\"3\"} 1\n",
            "# TYPE a counter\na{exported___x=\"1\",exported____=\"2\",_y=\"3\"} 1\n",
        ),
        (
            "# TYPE a histogram\na_bucket{le=\"mine\",le=\"1\"} 1\na_sum{le=\"mine\"} 1\n\
             a_count{le=\"mine\"} 1\n",
            "# TYPE a histogram\na_bucket{exported_le=\"mine\",le=\"1.0\"} 1\n\
             a_sum{exported_le=\"mine\"} 1\na_count{exported_le=\"mine\"} 1\n",
        ),
        (
            "# TYPE a summary\na{quantile=\"q\",quantile=\"0.5\"} 1\na_sum{quantile=\"q\"} 1\n",
            "# TYPE a summary\na{exported_quantile=\"q\",quantile=\"0.5\"} 1\n\
             a_sum{exported_quantile=\"q\"} 1\n",
        ),
        // A bound and a quantile are labels like others where the format has no use for them.
        (
            "# TYPE a gauge\na{le=\"x\",quantile=\"y\"} 1\n",
            "# TYPE a gauge\na{le=\"x\",quantile=\"y\"} 1\n",
        ),
        // Renaming `__name__` would collide with the other label, so the sample is left out.
        (
            "# TYPE a gauge\na{exported___name__=\"x\",__name__=\"y\"} 1\n",
            "# TYPE a gauge\n",
        ),
    ] {
        assert_eq!(others(Format::Text, rendered), expected, "{rendered}");
    }
}

//! Headers of real clients, and of odd ones.

use super::*;

fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
    let value = |value: &&str| (name.clone(), value.parse().expect("a header"));
    values.iter().map(value).collect()
}

/// Headers that Prometheus was seen to send, with native histograms on and off.
const PROMETHEUS: [(&str, &str); 6] = [
    (
        "2.42, native histograms",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    ),
    (
        "2.42",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    ),
    (
        "2.53, native histograms",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    ),
    (
        "2.53",
        "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ),
    (
        "3.5",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ),
    (
        "3.5, native histograms",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    ),
];

#[test]
fn a_prometheus_gets_protobuf_if_it_reads_native_histograms() {
    for (who, accept) in PROMETHEUS {
        let format = format(&headers(&ACCEPT, &[accept]));
        let expected = if who.ends_with("native histograms") {
            Format::Protobuf
        } else {
            Format::OpenMetrics
        };
        assert_eq!(format, expected, "{who}");
    }
}

#[test]
fn protobuf_is_for_those_who_name_its_message_and_encoding() {
    use Format::{OpenMetrics, Protobuf, Text};
    let media = "application/vnd.google.protobuf";
    let whole = format!("{media};proto=io.prometheus.client.MetricFamily;encoding=delimited");
    for (accept, expected) in [
        (whole.clone(), Protobuf),
        (format!("{whole};q=0.7, text/plain;q=0.3"), Protobuf),
        (format!("{whole};q=0.7,*/*"), Text),
        (format!("{whole},*/*"), Protobuf),
        (format!("{whole};q=0"), Text),
        (format!("{whole},text/plain"), Text),
        (
            format!("{whole},application/openmetrics-text;version=1.0.0"),
            OpenMetrics,
        ),
        (
            whole
                .to_uppercase()
                .replace("IO.PROMETHEUS.CLIENT.METRICFAMILY", DELIMITED.0),
            Protobuf,
        ),
        (
            format!("{media}; encoding=\"delimited\"; proto=\"io.prometheus.client.MetricFamily\""),
            Protobuf,
        ),
        (media.to_owned(), Text),
        (format!("{media};encoding=delimited"), Text),
        (
            format!("{media};proto=io.prometheus.client.MetricFamily"),
            Text,
        ),
        (whole.replace("delimited", "text"), Text),
        (whole.replace("delimited", "compact-text"), Text),
        (whole.replace("MetricFamily", "Metric"), Text),
        (whole.replace("application", "text"), Text),
        ("application/*".to_owned(), OpenMetrics),
    ] {
        assert_eq!(format(&headers(&ACCEPT, &[&accept])), expected, "{accept}");
    }
}

#[test]
fn the_format_is_the_one_liked_best() {
    use Format::{OpenMetrics, Text};
    let open = "application/openmetrics-text";
    for (accept, expected) in [
        ("", Text),
        ("*/*", Text),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            Text,
        ),
        ("application/*", OpenMetrics),
        (&format!("{open};q=0.5, text/plain"), Text),
        (&format!("{open}, text/plain;q=0.5"), OpenMetrics),
        (
            &format!("{open}; Q = 0.5 , text/plain;q=0.499"),
            OpenMetrics,
        ),
        (&format!("{open}, text/plain"), Text),
        (&format!("{open}, */*"), OpenMetrics),
        (&format!("{open};version=\"1.0.0\",*/*"), OpenMetrics),
        (&format!("{open};version=0.0.1,text/plain;q=0.1"), Text),
        (&format!("{open};version=0.0.1"), Text),
        (&format!("{open};q=0"), Text),
        (&format!("{open};q=0, */*"), Text),
        (&format!("*/*;q=0.1, {open};q=0.05"), Text),
        (
            &format!("{open};q=0.2, {open};version=1.0.0;q=0.9, text/plain;q=0.5"),
            OpenMetrics,
        ),
        ("application/vnd.google.protobuf", Text),
        ("APPLICATION/OpenMetrics-Text;VERSION=1.0.0", OpenMetrics),
        (&format!("{open};q=nonsense,text/plain;q=0.3"), OpenMetrics),
        (",,;;q=,/", Text),
    ] {
        assert_eq!(format(&headers(&ACCEPT, &[accept])), expected, "{accept}");
    }
    let two = headers(&ACCEPT, &["text/plain;q=0.1", open]);
    assert_eq!(format(&two), OpenMetrics);
}

#[test]
fn gzip_is_sent_to_those_who_ask_for_it() {
    for (accepted, expected) in [
        ("gzip", true),
        ("GZip", true),
        ("x-gzip", true),
        ("deflate, gzip;q=1.0, *;q=0.5", true),
        ("br;q=1.0, gzip;q=0.001", true),
        ("gzip, identity", true),
        ("gzip;q=0.5, identity;q=0.5", true),
        ("gzip;q=0.5, identity", false),
        ("gzip;q=0.5, *;q=0.7", false),
        ("gzip;q=0", false),
        ("gzip;q=0.000, *", false),
        ("*", false),
        ("*, identity;q=0", true),
        ("*;q=0", false),
        ("br", false),
        ("", false),
    ] {
        let asked = gzip(&headers(&ACCEPT_ENCODING, &[accepted]));
        assert_eq!(asked, expected, "{accepted:?}");
    }
    assert!(!gzip(&HeaderMap::new()));
}

//! Messages of the page as protobuf, declared here by hand from the published definition.
//!
//! <https://github.com/prometheus/prometheus/blob/main/prompb/io/prometheus/client/metrics.proto>

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use monitor_tests::{Labels, addr};
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) help: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) kind: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) metric: Vec<Metric>,
    #[prost(string, optional, tag = "5")]
    pub(crate) unit: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metric {
    #[prost(message, repeated, tag = "1")]
    pub(crate) label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub(crate) gauge: Option<Number>,
    #[prost(message, optional, tag = "3")]
    pub(crate) counter: Option<Number>,
    #[prost(message, optional, tag = "4")]
    pub(crate) summary: Option<Summary>,
    #[prost(message, optional, tag = "5")]
    pub(crate) untyped: Option<Number>,
    #[prost(message, optional, tag = "7")]
    pub(crate) histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LabelPair {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) value: Option<String>,
}

/// `Gauge`, `Counter` and `Untyped`: they differ in fields that a gauge has not.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Number {
    #[prost(double, optional, tag = "1")]
    pub(crate) value: Option<f64>,
    #[prost(message, optional, tag = "2")]
    pub(crate) exemplar: Option<Exemplar>,
    #[prost(message, optional, tag = "3")]
    pub(crate) created: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Summary {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) quantile: Vec<Quantile>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Quantile {
    #[prost(double, optional, tag = "1")]
    pub(crate) quantile: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Histogram {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    pub(crate) schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    pub(crate) zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    pub(crate) zero_count: Option<u64>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    pub(crate) positive_delta: Vec<i64>,
    #[prost(message, optional, tag = "15")]
    pub(crate) created: Option<Timestamp>,
    #[prost(message, repeated, tag = "16")]
    pub(crate) exemplars: Vec<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Bucket {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) cumulative: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) upper_bound: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) exemplar: Option<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BucketSpan {
    #[prost(sint32, optional, tag = "1")]
    pub(crate) offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    pub(crate) length: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    pub(crate) label: Vec<LabelPair>,
    #[prost(double, optional, tag = "2")]
    pub(crate) value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

/// The media type by which a scraper asks for protobuf.
pub(crate) const PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

/// Reads the page as protobuf.
pub(crate) fn scrape() -> Vec<MetricFamily> {
    scrape_of(addr())
}

/// Reads the page of a management server as protobuf.
pub(crate) fn scrape_of(addr: SocketAddr) -> Vec<MetricFamily> {
    let mut stream = TcpStream::connect(addr).expect("the management server accepts");
    // HTTP/1.0 has no chunks.
    let request = format!("GET /metrics HTTP/1.0\r\nHost: test\r\nAccept: {PROTOBUF}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the whole page");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.expect("a head");
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let expected = "content-type: application/vnd.google.protobuf; proto=io.prometheus.client.metricfamily; encoding=delimited";
    assert!(head.contains(expected), "{head}");
    let mut rest = &answer[end + 4..];
    let mut families = Vec::new();
    while !rest.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut rest).expect("a message"));
    }
    families
}

impl Metric {
    pub(crate) fn labels(&self) -> Labels {
        labels(&self.label)
    }

    pub(crate) fn has(&self, key: &str, value: &str) -> bool {
        self.labels().get(key).is_some_and(|has| has == value)
    }
}

pub(crate) fn labels(pairs: &[LabelPair]) -> Labels {
    let pair = |pair: &LabelPair| {
        (
            pair.name.clone().expect("a name"),
            pair.value.clone().expect("a value"),
        )
    };
    let labels: Labels = pairs.iter().map(pair).collect();
    assert_eq!(labels.len(), pairs.len(), "a label twice: {pairs:?}");
    labels
}

/// Returns the series of messages as text has them: each name with its labels, and the value.
pub(crate) fn series(families: &[MetricFamily]) -> BTreeMap<(String, Labels), f64> {
    let mut all = BTreeMap::new();
    for family in families {
        let name = family.name.clone().expect("a name");
        assert!(!family.metric.is_empty(), "{name} has no series");
        for metric in &family.metric {
            let mut put = |end: &str, more: Option<(&str, f64)>, value: f64| {
                let mut labels = metric.labels();
                let more = more.map(|(key, at)| labels.insert(key.to_owned(), at.to_string()));
                assert_eq!(more.flatten(), None, "{metric:?}");
                let again = all.insert((format!("{name}{end}"), labels), value);
                assert_eq!(again, None, "a series twice: {name}{end} {metric:?}");
            };
            match (family.kind, metric) {
                (
                    Some(0),
                    Metric {
                        counter: Some(number),
                        ..
                    },
                )
                | (
                    Some(1),
                    Metric {
                        gauge: Some(number),
                        ..
                    },
                ) => {
                    put("", None, number.value.expect("a value"));
                }
                (
                    Some(2),
                    Metric {
                        summary: Some(summary),
                        ..
                    },
                ) => {
                    put("_count", None, float(summary.count.expect("a count")));
                    put("_sum", None, summary.sum.expect("a sum"));
                    for point in &summary.quantile {
                        let at = point.quantile.expect("a quantile");
                        put("", Some(("quantile", at)), point.value.expect("a value"));
                    }
                }
                (
                    Some(4),
                    Metric {
                        histogram: Some(histogram),
                        ..
                    },
                ) => {
                    put("_count", None, float(histogram.count.expect("a count")));
                    put("_sum", None, histogram.sum.expect("a sum"));
                    for bucket in &histogram.bucket {
                        let below = float(bucket.cumulative.expect("a count"));
                        let bound = bucket.upper_bound.expect("a bound");
                        put("_bucket", Some(("le", bound)), below);
                    }
                }
                other => panic!("a series of another type: {other:?}"),
            }
        }
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn float(count: u64) -> f64 {
    count as f64
}

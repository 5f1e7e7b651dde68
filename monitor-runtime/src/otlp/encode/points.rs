//! Points of the page of metrics, under OpenTelemetry's names.
//!
//! Prometheus' translation of OTLP gives back the names of the page:
//! <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>.

use super::attributes::text;
use crate::metrics::NAMESPACES;
use crate::metrics::points::{Described, Number, Point, PointExemplar, PointKind};
use crate::otlp::messages::common::KeyValue;
use crate::otlp::messages::metrics::{
    self, CUMULATIVE, Data, Exemplar, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, Sum, Summary, SummaryDataPoint, ValueAtQuantile,
};

/// Units at the end of a name, and their codes in UCUM.
const UNITS: [(&str, &str); 8] = [
    ("_seconds", "s"),
    ("_milliseconds", "ms"),
    ("_microseconds", "us"),
    ("_nanoseconds", "ns"),
    ("_bytes", "By"),
    ("_percent", "%"),
    ("_celsius", "Cel"),
    ("_meters", "m"),
];
/// The end of the name of a gauge without a dimension.
const RATIO: &str = "_ratio";
/// The times of a point, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy)]
pub(in crate::otlp) struct Times {
    pub(in crate::otlp) start: u64,
    pub(in crate::otlp) now: u64,
}

/// Returns a metric without points.
pub(in crate::otlp) fn metric(family: &Described) -> Metric {
    let (name, unit) = name_and_unit(family);
    Metric {
        name,
        description: family.help.clone(),
        unit: unit.to_owned(),
        data: Some(match family.kind {
            PointKind::Counter => Data::Sum(Sum {
                data_points: Vec::new(),
                aggregation_temporality: CUMULATIVE,
                is_monotonic: true,
            }),
            PointKind::Gauge => Data::Gauge(Gauge::default()),
            PointKind::Histogram => Data::Histogram(Histogram {
                data_points: Vec::new(),
                aggregation_temporality: CUMULATIVE,
            }),
            PointKind::Summary => Data::Summary(Summary::default()),
        }),
    }
}

/// Returns the name of a family, with its unit.
fn name_and_unit(family: &Described) -> (String, &'static str) {
    let mut name = family.name.as_str();
    let mut unit = "";
    let is_gauge = family.kind == PointKind::Gauge;
    let ratio = (RATIO, "1");
    let known = UNITS.iter().chain(is_gauge.then_some(&ratio));
    for (end, code) in known {
        let short = name.strip_suffix(end);
        // Prometheus appends the unit unless it is one of the words before.
        let is_appended = |short: &&str| {
            let mut words = short.split('_');
            !short.is_empty() && words.all(|word| word != &end[1..])
        };
        if let Some(short) = short.filter(is_appended) {
            (name, unit) = (short, code);
            break;
        }
    }
    let spaced = NAMESPACES.iter().find_map(|(begin, namespace)| {
        let rest = name.strip_prefix(begin)?;
        Some([namespace, rest].concat())
    });
    (spaced.unwrap_or_else(|| name.to_owned()), unit)
}

/// Adds a point to a metric of its family.
pub(in crate::otlp) fn add(metric: &mut Metric, point: &Point, times: Times) {
    match &mut metric.data {
        Some(Data::Sum(sum)) => sum.data_points.extend(number(point, times)),
        Some(Data::Gauge(gauge)) => {
            // The start of a gauge says nothing.
            let times = Times { start: 0, ..times };
            gauge.data_points.extend(number(point, times));
        }
        Some(Data::Histogram(histogram)) => histogram.data_points.push(of_histogram(point, times)),
        Some(Data::Summary(summary)) => summary.data_points.push(of_summary(point, times)),
        None => {}
    }
}

fn number(point: &Point, times: Times) -> Option<NumberDataPoint> {
    let value = match point.value? {
        Number::Int(value) => metrics::Number::Int(value),
        Number::Float(value) => metrics::Number::Double(value),
    };
    Some(NumberDataPoint {
        attributes: attributes(&point.labels),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        exemplars: point.exemplars.iter().map(exemplar).collect(),
        value: Some(value),
    })
}

fn of_histogram(point: &Point, times: Times) -> HistogramDataPoint {
    let mut before = 0;
    let counts = point.parts.iter().map(|(_, cumulative)| {
        let up_to = whole(*cumulative);
        let own = up_to.saturating_sub(before);
        before = up_to;
        own
    });
    let bounds = point.parts.iter().map(|(bound, _)| *bound);
    HistogramDataPoint {
        bucket_counts: counts.collect(),
        // The last bucket has no bound.
        explicit_bounds: bounds.filter(|bound| bound.is_finite()).collect(),
        attributes: attributes(&point.labels),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        count: point.count,
        sum: point.sum,
        exemplars: point.exemplars.iter().map(exemplar).collect(),
    }
}

fn of_summary(point: &Point, times: Times) -> SummaryDataPoint {
    let value = |(quantile, value): &(f64, f64)| ValueAtQuantile {
        quantile: *quantile,
        value: *value,
    };
    SummaryDataPoint {
        attributes: attributes(&point.labels),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        count: point.count,
        sum: point.sum.unwrap_or_default(),
        quantile_values: point.parts.iter().map(value).collect(),
    }
}

fn attributes(labels: &[(String, String)]) -> Vec<KeyValue> {
    let labels = labels.iter();
    labels.map(|(key, value)| text(key, value)).collect()
}

fn exemplar(of: &PointExemplar) -> Exemplar {
    let id = |key: &str| {
        let label = of.labels.iter().find(|(other, _)| other == key);
        label.map(|(_, digits)| bytes(digits)).unwrap_or_default()
    };
    Exemplar {
        time_unix_nano: nanoseconds(of.at),
        as_double: Some(of.value),
        span_id: id("span_id"),
        trace_id: id("trace_id"),
    }
}

/// Returns the bytes of hexadecimal digits; none if they are something else.
fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(pair).collect();
    bytes.unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and counts are positive"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and the time is after 1970"
)]
fn nanoseconds(seconds: f64) -> u64 {
    // In two parts: all of it has more digits than a `f64`.
    let whole = seconds.trunc();
    (whole as u64).saturating_mul(1_000_000_000) + ((seconds - whole) * 1e9) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_namespace_and_no_unit() {
        let named = |name: &str, kind| {
            let family = Described {
                name: name.to_owned(),
                kind,
                ..Described::default()
            };
            let (name, unit) = name_and_unit(&family);
            format!("{name} {unit}")
        };
        assert_eq!(
            named("function_calls", PointKind::Counter),
            "function.calls "
        );
        assert_eq!(
            named("function_calls_duration_seconds", PointKind::Histogram),
            "function.calls.duration s"
        );
        assert_eq!(
            named("function_calls_concurrent", PointKind::Gauge),
            "function.calls.concurrent "
        );
        assert_eq!(
            named("http_server_request_duration_seconds", PointKind::Histogram),
            "http.server.request.duration s"
        );
        assert_eq!(
            named("http_server_active_requests", PointKind::Gauge),
            "http.server.active_requests "
        );
        assert_eq!(
            named("monitor_objective_target_ratio", PointKind::Gauge),
            "monitor.objective_target 1"
        );
        assert_eq!(named("hit_ratio", PointKind::Counter), "hit_ratio ");
        assert_eq!(named("basket_bytes", PointKind::Summary), "basket By");
        assert_eq!(named("_seconds", PointKind::Gauge), "_seconds ");
        assert_eq!(
            named("seconds_of_work_seconds", PointKind::Gauge),
            "seconds_of_work_seconds "
        );
        assert_eq!(named("build_info", PointKind::Gauge), "build.info ");
    }
}

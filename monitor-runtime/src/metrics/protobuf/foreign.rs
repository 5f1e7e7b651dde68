//! Families that another exporter rendered, as messages.
//!
//! It writes a line for each bucket and quantile; a message has all of a series.

use super::labels::label;
use super::wire::{double, message, unsigned};
use super::{as_count, bucket, field};
use crate::metrics::family::{Family, Kind};
use crate::metrics::sample::Sample;
use crate::metrics::text_format::unescape;

/// A histogram or summary whose lines are being read.
#[derive(Default)]
pub(in crate::metrics) struct Gathered(Option<Series>);

struct Series {
    kind: Kind,
    /// Its labels but `le` and `quantile`, as fields.
    labels: Vec<u8>,
    count: u64,
    sum: f64,
    /// Bounds with the calls up to them, or quantiles with their values.
    points: Vec<(f64, f64)>,
}

impl Gathered {
    /// Takes a sample of a family. Writes the series that is complete by it.
    pub(in crate::metrics) fn add(
        &mut self,
        family: &Family<'_>,
        sample: &Sample<'_>,
        out: &mut Vec<u8>,
    ) {
        let end = sample.end(family).unwrap_or_default();
        let point = match (family.kind, end) {
            (Kind::Histogram, "_bucket") => Some("le"),
            (Kind::Summary, "") => Some("quantile"),
            (Kind::Histogram | Kind::Summary, _) => None,
            _ => {
                family.write_metric(sample.value, None, out, |out| {
                    write_labels(sample, None, out);
                });
                return;
            }
        };
        let mut labels = Vec::new();
        write_labels(sample, point, &mut labels);
        if self.0.as_ref().is_none_or(|open| open.labels != labels) {
            self.finish(out);
        }
        let series = self.0.get_or_insert_with(|| Series {
            kind: family.kind,
            labels,
            count: 0,
            sum: 0.0,
            points: Vec::new(),
        });
        match (point, end) {
            (Some(key), _) => {
                let at = sample.label(key).and_then(|at| at.parse().ok());
                series.points.extend(at.map(|at: f64| (at, sample.value)));
            }
            (None, "_sum") => series.sum = sample.value,
            (None, _) => series.count = as_count(sample.value),
        }
    }

    /// Writes the series that was being read, if there is one.
    pub(in crate::metrics) fn finish(&mut self, out: &mut Vec<u8>) {
        let Some(series) = self.0.take() else { return };
        message(out, field::family::METRIC, |out| {
            out.extend_from_slice(&series.labels);
            if series.kind == Kind::Histogram {
                message(out, field::metric::HISTOGRAM, |out| {
                    unsigned(out, field::histogram::COUNT, series.count);
                    double(out, field::histogram::SUM, series.sum);
                    for (bound, below) in series.points {
                        bucket(out, as_count(below), bound, |_| {});
                    }
                });
            } else {
                message(out, field::metric::SUMMARY, |out| {
                    unsigned(out, field::summary::COUNT, series.count);
                    double(out, field::summary::SUM, series.sum);
                    for (quantile, value) in series.points {
                        message(out, field::summary::QUANTILE, |out| {
                            double(out, field::quantile::QUANTILE, quantile);
                            double(out, field::quantile::VALUE, value);
                        });
                    }
                });
            }
        });
    }
}

/// Writes the labels of a sample but one.
pub(super) fn write_labels(sample: &Sample<'_>, but: Option<&str>, out: &mut Vec<u8>) {
    for (key, value) in sample.labels() {
        if Some(key) != but {
            label(out, field::metric::LABEL, key, &unescape(value));
        }
    }
}

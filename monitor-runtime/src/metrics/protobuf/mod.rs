//! The page as protobuf: messages `io.prometheus.client.MetricFamily`, each behind its length.
//!
//! A family may have several messages of its name, so a chunk of the page ends the message of its
//! last family, and the next chunk begins another one. The source of the messages and their field
//! numbers:
//! <https://github.com/prometheus/prometheus/blob/main/prompb/io/prometheus/client/metrics.proto>

pub(super) mod foreign;
mod functions;
pub(super) mod labels;
mod native;
pub(super) mod open;
mod page;
mod wire;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(any(test, feature = "fuzzing"))]
pub(super) use wire::split;

use super::Number;
use super::family::{Family, Kind};
use super::text_format::unescape;
use wire::{double, message, text, unsigned};

/// Field numbers of the messages.
mod field {
    pub(super) mod family {
        pub(in super::super) const NAME: u32 = 1;
        pub(in super::super) const HELP: u32 = 2;
        pub(in super::super) const TYPE: u32 = 3;
        pub(in super::super) const METRIC: u32 = 4;
        pub(in super::super) const UNIT: u32 = 5;
    }
    pub(super) mod metric {
        pub(in super::super) const LABEL: u32 = 1;
        pub(in super::super) const GAUGE: u32 = 2;
        pub(in super::super) const COUNTER: u32 = 3;
        pub(in super::super) const SUMMARY: u32 = 4;
        pub(in super::super) const HISTOGRAM: u32 = 7;
    }
    pub(super) mod label {
        pub(in super::super) const NAME: u32 = 1;
        pub(in super::super) const VALUE: u32 = 2;
    }
    /// A counter and a gauge.
    pub(super) mod number {
        pub(in super::super) const VALUE: u32 = 1;
        /// A counter has it, a gauge does not.
        pub(in super::super) const CREATED: u32 = 3;
    }
    pub(super) mod summary {
        pub(in super::super) const COUNT: u32 = 1;
        pub(in super::super) const SUM: u32 = 2;
        pub(in super::super) const QUANTILE: u32 = 3;
    }
    pub(super) mod quantile {
        pub(in super::super) const QUANTILE: u32 = 1;
        pub(in super::super) const VALUE: u32 = 2;
    }
    pub(super) mod histogram {
        pub(in super::super) const COUNT: u32 = 1;
        pub(in super::super) const SUM: u32 = 2;
        pub(in super::super) const BUCKET: u32 = 3;
        pub(in super::super) const SCHEMA: u32 = 5;
        pub(in super::super) const ZERO_THRESHOLD: u32 = 6;
        pub(in super::super) const ZERO_COUNT: u32 = 7;
        pub(in super::super) const POSITIVE_SPAN: u32 = 12;
        pub(in super::super) const POSITIVE_DELTA: u32 = 13;
        pub(in super::super) const CREATED: u32 = 15;
        pub(in super::super) const EXEMPLARS: u32 = 16;
    }
    pub(super) mod span {
        pub(in super::super) const OFFSET: u32 = 1;
        pub(in super::super) const LENGTH: u32 = 2;
    }
    pub(super) mod bucket {
        pub(in super::super) const CUMULATIVE: u32 = 1;
        pub(in super::super) const UPPER_BOUND: u32 = 2;
        pub(in super::super) const EXEMPLAR: u32 = 3;
    }
    pub(super) mod exemplar {
        pub(in super::super) const LABEL: u32 = 1;
        pub(in super::super) const VALUE: u32 = 2;
        pub(in super::super) const TIMESTAMP: u32 = 3;
    }
    pub(super) mod timestamp {
        pub(in super::super) const SECONDS: u32 = 1;
        pub(in super::super) const NANOS: u32 = 2;
    }
}

impl Kind {
    /// Returns the value of the enumeration `MetricType`.
    fn metric_type(self) -> u64 {
        match self {
            Self::Counter | Self::Unnamed => 0,
            Self::Gauge | Self::Info => 1,
            Self::Summary => 2,
            Self::Histogram => 4,
        }
    }
}

impl Family<'_> {
    /// Writes the fields of its message that describe it.
    fn describe_in_message(&self, out: &mut Vec<u8>) {
        text(out, field::family::NAME, self.name);
        if !self.help.is_empty() {
            text(out, field::family::HELP, &unescape(self.help));
        }
        unsigned(out, field::family::TYPE, self.kind.metric_type());
        if let Some(unit) = self.unit {
            text(out, field::family::UNIT, unit);
        }
    }

    /// Writes a series of a counter or gauge, and when it began to count, in milliseconds since the
    /// Unix epoch.
    fn write_metric(
        &self,
        value: f64,
        created: Option<u64>,
        out: &mut Vec<u8>,
        labels: impl FnOnce(&mut Vec<u8>),
    ) {
        let number = match self.kind.metric_type() {
            0 => field::metric::COUNTER,
            _ => field::metric::GAUGE,
        };
        message(out, field::family::METRIC, |out| {
            labels(out);
            message(out, number, |out| {
                double(out, field::number::VALUE, value);
                if let Some(created) = created.filter(|_| number == field::metric::COUNTER) {
                    write_millis(out, field::number::CREATED, created);
                }
            });
        });
    }
}

impl Number {
    fn as_f64(self) -> f64 {
        match self {
            Self::Count(count) => as_f64(count),
            Self::Measure(measure) => measure,
        }
    }
}

/// Writes a time in milliseconds since the Unix epoch.
fn write_millis(out: &mut Vec<u8>, field: u32, millis: u64) {
    timestamp(out, field, UNIX_EPOCH + Duration::from_millis(millis));
}

/// Writes a field of the type `google.protobuf.Timestamp`.
fn timestamp(out: &mut Vec<u8>, field: u32, at: SystemTime) {
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    message(out, field, |out| {
        unsigned(out, field::timestamp::SECONDS, at.as_secs());
        unsigned(out, field::timestamp::NANOS, at.subsec_nanos().into());
    });
}

/// Writes a bucket of a histogram.
fn bucket(out: &mut Vec<u8>, below: u64, upper_bound: f64, exemplar: impl FnOnce(&mut Vec<u8>)) {
    message(out, field::histogram::BUCKET, |out| {
        unsigned(out, field::bucket::CUMULATIVE, below);
        double(out, field::bucket::UPPER_BOUND, upper_bound);
        exemplar(out);
    });
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 calls are more than a process makes"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

/// Returns a count that was written as a decimal; 0 if it is not a number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates"
)]
fn as_count(written: f64) -> u64 {
    written as u64
}

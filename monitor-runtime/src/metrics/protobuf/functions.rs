//! The families of functions as messages. Each method writes the series of one place.

use super::labels::label;
use super::wire::{double, message, unsigned};
use super::{as_f64, bucket, field, native, timestamp, write_millis};
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::callsite::exemplars::Exemplar;
use crate::metrics::function_families::Functions;
use crate::metrics::readings::Histogram;
use crate::metrics::readings::Polls;
use crate::metrics::{BUSY, CALLS, CONCURRENT, ERRORS, Family, POLLS, SLOW_POLLS};
use crate::settings::native_histograms::NativeHistograms;

impl Functions {
    pub(super) fn call_metrics(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.at(at) else {
            return false;
        };
        let encoded = self.layout.encoded();
        let labels = encoded.series(at);
        let promise = encoded.promised_calls(series.promise());
        let created = self.layout.created(series);
        self.each_call(series, reading, |outcome, class, calls| {
            let created = match class {
                Some(class) if outcome == Outcome::Error => {
                    self.layout.class_created(series, class)
                }
                _ => created,
            };
            CALLS.write_metric(as_f64(calls), created, out, |out| {
                out.extend_from_slice(labels);
                result(out, outcome);
                out.extend_from_slice(promise);
                if let Some(class) = class {
                    label(out, field::metric::LABEL, "error", class);
                }
            });
        });
        true
    }

    pub(super) fn error_metrics(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some(errors) = self.errors_at(at) else {
            return false;
        };
        let labels = self.layout.encoded().function(at);
        let series = self.layout.functions[at].series.clone();
        let series = self.layout.series[series].iter();
        let created = series
            .filter_map(|series| self.layout.created(series))
            .min();
        ERRORS.write_metric(as_f64(errors), created, out, |out| {
            out.extend_from_slice(labels);
        });
        true
    }

    pub(super) fn duration_metrics(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.at(at) else {
            return false;
        };
        let encoded = self.layout.encoded();
        let bounds = self.layout.bounds(series).seconds;
        for histogram in self.readings.histograms(reading) {
            message(out, field::family::METRIC, |out| {
                out.extend_from_slice(encoded.series(at));
                result(out, histogram.outcome);
                out.extend_from_slice(encoded.promised_durations(series.promise()));
                message(out, field::metric::HISTOGRAM, |out| {
                    self.write_histogram(histogram, bounds, out);
                    if let Some(created) = self.layout.created(series) {
                        write_millis(out, field::histogram::CREATED, created);
                    }
                });
            });
        }
        true
    }

    fn write_histogram(&self, histogram: &Histogram, bounds: &[f64], out: &mut Vec<u8>) {
        let sum = clock::sum_in_seconds(histogram.ticks);
        double(out, field::histogram::SUM, sum);
        if self.native == NativeHistograms::Only {
            return self.write_native_alone(histogram, out);
        }
        if self.native == NativeHistograms::On {
            native::write(self.readings.native(histogram), out);
        }
        let mut used = self.readings.buckets(histogram);
        let mut below = 0;
        for bound in bounds.iter().copied().chain([f64::INFINITY]) {
            let (calls, exemplar) = used.next().unwrap_or_default();
            below += calls;
            bucket(out, below, bound, |out| {
                if let Some(exemplar) = exemplar {
                    write_exemplar(out, field::bucket::EXEMPLAR, exemplar);
                }
            });
        }
        unsigned(out, field::histogram::COUNT, below);
    }

    /// Writes a histogram that has no classic buckets, which its exemplars would stand on.
    fn write_native_alone(&self, histogram: &Histogram, out: &mut Vec<u8>) {
        native::write(self.readings.native(histogram), out);
        let mut count = 0;
        for (calls, exemplar) in self.readings.buckets(histogram) {
            count += calls;
            if let Some(exemplar) = exemplar {
                write_exemplar(out, field::histogram::EXEMPLARS, exemplar);
            }
        }
        unsigned(out, field::histogram::COUNT, count);
    }

    pub(super) fn concurrent_metrics(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((_, reading)) = self.at(at) else {
            return false;
        };
        let labels = self.layout.encoded().series(at);
        CONCURRENT.write_metric(as_f64(reading.concurrent), None, out, |out| {
            out.extend_from_slice(labels);
        });
        true
    }
}

/// Families of futures' polls.
impl Functions {
    pub(super) fn busy_metrics(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let busy = |polls: Polls| Some(clock::sum_in_seconds(polls.timed?.0));
        self.of_polls(&BUSY, at, busy, out)
    }

    pub(super) fn poll_metrics(&self, at: usize, out: &mut Vec<u8>) -> bool {
        self.of_polls(&POLLS, at, |polls| Some(as_f64(polls.polls)), out)
    }

    pub(super) fn slow_poll_metrics(&self, at: usize, out: &mut Vec<u8>) -> bool {
        self.of_polls(&SLOW_POLLS, at, |polls| Some(as_f64(polls.timed?.1)), out)
    }

    fn of_polls(
        &self,
        family: &Family<'_>,
        at: usize,
        value: fn(Polls) -> Option<f64>,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some((index, series, polls)) = self.polls_at(at) else {
            return false;
        };
        if let Some(value) = value(polls) {
            let labels = self.layout.encoded().series(index);
            family.write_metric(value, self.layout.created(series), out, |out| {
                out.extend_from_slice(labels);
            });
        }
        true
    }
}

fn result(out: &mut Vec<u8>, outcome: Outcome) {
    label(out, field::metric::LABEL, "result", outcome.as_str());
}

fn write_exemplar(out: &mut Vec<u8>, field: u32, exemplar: &Exemplar) {
    let label = |out: &mut Vec<u8>, key, value: &str| {
        label(out, field::exemplar::LABEL, key, value);
    };
    message(out, field, |out| {
        let trace_id = u128::from_be_bytes(exemplar.trace_id);
        label(out, "trace_id", &format!("{trace_id:032x}"));
        let span_id = u64::from_be_bytes(exemplar.span_id);
        if span_id != 0 {
            label(out, "span_id", &format!("{span_id:016x}"));
        }
        double(out, field::exemplar::VALUE, exemplar.seconds);
        timestamp(out, field::exemplar::TIMESTAMP, exemplar.at);
    });
}

//! Prints the families of functions as text, from numbers that were read before.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::family::{Family, Format};
use super::layout::{Layout, Series};
use super::readings::{Histogram, RESULTS, Reading, Readings};
use super::text_format::{InlineStr, escape, push, push_number, push_seconds};
use super::{CALLS, CONCURRENT, DURATION, ERRORS};
use crate::base::clock;
use crate::base::outcome::{CancelReason, Outcome};
use crate::callsite::exemplars::Exemplar;
use crate::settings::native_histograms::NativeHistograms;

/// The families of functions. Each method prints one series of a family.
pub(super) struct Functions {
    pub(super) layout: Arc<Layout>,
    pub(super) readings: Readings,
    pub(super) format: Format,
    /// The histograms of a page as protobuf.
    pub(super) native: NativeHistograms,
}

impl Functions {
    /// Reads the numbers of a page.
    pub(super) fn read(layout: Arc<Layout>, format: Format, native: NativeHistograms) -> Self {
        let is_native = format == Format::Protobuf && native != NativeHistograms::Off;
        Self {
            // Text 0.0.4 has no exemplars.
            readings: Readings::take(&layout, format != Format::Text, is_native),
            layout,
            format,
            native,
        }
    }

    /// Returns a series and its counts; `None` behind the last one.
    pub(super) fn at(&self, at: usize) -> Option<(&Series, &Reading)> {
        Some((self.layout.series.get(at)?, self.readings.series.get(at)?))
    }

    /// Returns the errors of all series of a function; `None` behind the last one.
    pub(super) fn errors_at(&self, at: usize) -> Option<u64> {
        let function = self.layout.functions.get(at)?;
        let readings = self.readings.series.get(function.series.clone());
        let errors = readings.into_iter().flatten();
        Some(errors.map(|reading| reading.errors).sum())
    }

    /// Passes on the counters of a series' calls: result, class of the error or reason of the
    /// cancellation, and calls.
    ///
    /// Every result, known class and reason exists from the start, so that a rate includes the very
    /// first call.
    #[inline]
    pub(super) fn each_call(
        &self,
        series: &Series,
        reading: &Reading,
        mut take: impl FnMut(Outcome, Option<&str>, u64),
    ) {
        for (outcome, calls) in RESULTS.into_iter().zip(reading.calls) {
            take(outcome, None, calls);
            if outcome == Outcome::Error {
                let classes = self.readings.classes(reading);
                let new = series.classes().iter();
                let new = new.filter(|class| !classes.iter().any(|(seen, _)| seen == *class));
                let new = new.map(|class| (*class, 0));
                for (class, calls) in classes.iter().copied().chain(new) {
                    take(outcome, Some(class), calls);
                }
            }
            if outcome == Outcome::Cancelled {
                let reasons = CancelReason::ALL.into_iter().zip(reading.cancelled);
                for (reason, calls) in reasons.filter(|(_, calls)| series.is_future || *calls > 0) {
                    take(outcome, Some(reason.as_str()), calls);
                }
            }
        }
    }

    /// Returns a series and its counts; `None` behind the last one. Describes the family before the
    /// first.
    fn series(
        &self,
        family: &Family<'_>,
        at: usize,
        out: &mut Vec<u8>,
    ) -> Option<(&Series, &Reading)> {
        let found = self.at(at)?;
        if at == 0 {
            family.describe(self.format, out);
        }
        Some(found)
    }

    pub(super) fn calls(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.series(&CALLS, at, out) else {
            return false;
        };
        let labels = self.layout.labels(series);
        let promise = &self.layout.promise(series).calls;
        self.each_call(series, reading, |outcome, class, calls| {
            push(out, CALLS.name);
            begin(out, labels, outcome, promise);
            if let Some(class) = class {
                push(out, ",error=\"");
                push(out, &escape(class));
                push(out, "\"");
            }
            end(out, calls);
        });
        true
    }

    pub(super) fn errors(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some(errors) = self.errors_at(at) else {
            return false;
        };
        if at == 0 {
            ERRORS.describe(self.format, out);
        }
        line(out, ERRORS.name, &self.layout.functions[at].labels, errors);
        true
    }

    pub(super) fn durations(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.series(&DURATION, at, out) else {
            return false;
        };
        for histogram in self.readings.histograms(reading) {
            self.histogram(series, histogram, out);
        }
        true
    }

    /// Writes a histogram. Its lines differ in little, so their common part is copied from the
    /// first.
    fn histogram(&self, series: &Series, histogram: &Histogram, out: &mut Vec<u8>) {
        let promise = &self.layout.promise(series).durations;
        let start = out.len();
        push(out, DURATION.name);
        push(out, "_bucket");
        let labels = out.len();
        begin(out, self.layout.labels(series), histogram.outcome, promise);
        let labels = labels..out.len();
        push(out, ",le=\"");
        let next = start..out.len();
        let mut below = 0;
        let mut ends = self.layout.bounds(series).ends.iter();
        let buckets = self.readings.buckets(histogram);
        for ((calls, exemplar), end) in buckets.zip(ends.by_ref()) {
            below += calls;
            end.push_to(out);
            push_number(out, below);
            if let Some(exemplar) = exemplar {
                push_exemplar(out, exemplar);
            }
            out.push(b'\n');
            out.extend_from_within(next.clone());
        }
        // No call was slower, so only the bound differs.
        if let Some(end) = ends.next() {
            end.push_to(out);
            let value = out.len();
            push_number(out, below);
            out.push(b'\n');
            out.extend_from_within(next.clone());
            let same = value..out.len();
            for end in ends {
                end.push_to(out);
                out.extend_from_within(same.clone());
            }
        }
        out.truncate(out.len() - next.len());
        push(out, DURATION.name);
        push(out, "_sum");
        out.extend_from_within(labels.clone());
        push(out, "} ");
        push_seconds(out, clock::sum_in_seconds(histogram.ticks));
        push(out, "\n");
        push(out, DURATION.name);
        push(out, "_count");
        out.extend_from_within(labels);
        end(out, below);
    }

    pub(super) fn concurrent(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.series(&CONCURRENT, at, out) else {
            return false;
        };
        let labels = self.layout.labels(series);
        line(out, CONCURRENT.name, labels, reading.concurrent);
        true
    }
}

/// Writes a whole line.
#[inline]
pub(super) fn line(out: &mut Vec<u8>, name: &str, labels: &str, value: u64) {
    push(out, name);
    if labels.is_empty() {
        out.push(b' ');
        push_number(out, value);
        out.push(b'\n');
    } else {
        out.push(b'{');
        push(out, labels);
        end(out, value);
    }
}

/// Writes a line from behind its name up to its `result` and objective, to which more labels may be
/// added.
#[inline]
fn begin(out: &mut Vec<u8>, labels: &str, outcome: Outcome, promise: &str) {
    const fn result(outcome: Outcome) -> InlineStr {
        InlineStr::join([",result=\"", outcome.as_str(), "\""])
    }
    const RESULT: [InlineStr; Outcome::RESULTS] = [
        result(Outcome::Ok),
        result(Outcome::Error),
        result(Outcome::Cancelled),
    ];
    out.push(b'{');
    push(out, labels);
    RESULT[outcome.result()].push_to(out);
    if !promise.is_empty() {
        push(out, promise);
    }
}

/// Writes the rest of a line behind its labels.
#[inline]
fn end(out: &mut Vec<u8>, value: u64) {
    push(out, "} ");
    push_number(out, value);
    out.push(b'\n');
}

/// Appends an exemplar to a bucket's line, with the time its call ended in Unix seconds.
fn push_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let Exemplar {
        trace_id,
        span_id,
        seconds,
        at,
    } = exemplar;
    let trace_id = u128::from_be_bytes(*trace_id);
    let span_id = match u64::from_be_bytes(*span_id) {
        0 => String::new(),
        id => format!(",span_id=\"{id:016x}\""),
    };
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (at, millis) = (at.as_secs(), at.subsec_millis());
    push(
        out,
        &format!(" # {{trace_id=\"{trace_id:032x}\"{span_id}}} {seconds} {at}.{millis:03}"),
    );
}

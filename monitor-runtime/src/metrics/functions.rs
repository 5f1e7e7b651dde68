//! The families of functions, printed from numbers that were read before.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::family::{Family, Format};
use super::layout::{Layout, Series};
use super::line::{escape, push, push_number, push_seconds};
use super::readings::{Histogram, RESULTS, Reading, Readings};
use super::{CALLS, CONCURRENT, DURATION};
use crate::clock;
use crate::exemplar::Exemplar;
use crate::outcome::Outcome;

/// The families of functions, of which each method prints one series.
pub(super) struct Functions {
    layout: Arc<Layout>,
    readings: Readings,
    pub(super) format: Format,
    /// What the lines of one histogram begin with.
    prefix: Vec<u8>,
}

impl Functions {
    /// Reads the numbers of a page.
    pub(super) fn read(layout: Arc<Layout>, format: Format) -> Self {
        Self {
            readings: Readings::take(&layout, format == Format::OpenMetrics),
            layout,
            format,
            prefix: Vec::new(),
        }
    }

    /// `None` behind the last series; describes the family before the first.
    fn series(
        &self,
        family: &Family<'_>,
        at: usize,
        out: &mut Vec<u8>,
    ) -> Option<(&Series, &Reading)> {
        let series = self.layout.series.get(at)?;
        if at == 0 {
            family.describe(self.format, out);
        }
        Some((series, self.readings.series.get(at)?))
    }

    pub(super) fn calls(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.series(&CALLS, at, out) else {
            return false;
        };
        let labels = self.layout.labels(series);
        let promise = &self.layout.promise(series).calls;
        for (outcome, calls) in RESULTS.into_iter().zip(reading.calls) {
            // `ok` and `error` exist from the start, so that a rate sees the very first call.
            if calls > 0 || outcome != Outcome::Cancelled {
                begin(out, CALLS.name, labels, outcome);
                push(out, promise);
                end(out, calls);
            }
            if outcome == Outcome::Error {
                for (class, calls) in self.readings.classes(reading) {
                    begin(out, CALLS.name, labels, outcome);
                    push(out, promise);
                    push(out, ",error=\"");
                    push(out, &escape(class));
                    push(out, "\"");
                    end(out, *calls);
                }
            }
        }
        true
    }

    pub(super) fn durations(&mut self, at: usize, out: &mut Vec<u8>) -> bool {
        let mut prefix = std::mem::take(&mut self.prefix);
        let printed = self.series(&DURATION, at, out).map(|(series, reading)| {
            for histogram in self.readings.histograms(reading) {
                let outcome = histogram.outcome;
                prefix.clear();
                push(&mut prefix, DURATION.name);
                begin(&mut prefix, "_bucket", self.layout.labels(series), outcome);
                push(&mut prefix, &self.layout.promise(series).durations);
                push(&mut prefix, ",le=\"");
                self.histogram(series, histogram, &prefix, out);
            }
        });
        self.prefix = prefix;
        printed.is_some()
    }

    fn histogram(
        &self,
        series: &Series,
        histogram: &Histogram,
        prefix: &[u8],
        out: &mut Vec<u8>,
    ) {
        let labels = self.layout.labels(series);
        let ends = &self.layout.bounds(series).ends;
        let promise = &self.layout.promise(series).durations;
        let (mut below, mut value) = (0, Vec::with_capacity(24));
        push_number(&mut value, below);
        let buckets = self.readings.buckets(histogram);
        let buckets = buckets.chain(std::iter::repeat((0, None)));
        for (end, (calls, exemplar)) in ends.iter().zip(buckets) {
            // Most buckets have no calls of their own: their value is that of the one before.
            if calls > 0 {
                below += calls;
                value.clear();
                push_number(&mut value, below);
            }
            out.extend_from_slice(prefix);
            push(out, end);
            out.extend_from_slice(&value);
            if let Some(exemplar) = exemplar {
                push_exemplar(out, exemplar);
            }
            out.push(b'\n');
        }
        push(out, DURATION.name);
        begin(out, "_sum", labels, histogram.outcome);
        push(out, promise);
        push(out, "} ");
        push_seconds(out, clock::seconds(histogram.ticks));
        push(out, "\n");
        push(out, DURATION.name);
        begin(out, "_count", labels, histogram.outcome);
        push(out, promise);
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

/// A whole line.
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

/// A line up to its `result`, to which more labels may be added.
#[inline]
fn begin(out: &mut Vec<u8>, name: &str, labels: &str, outcome: Outcome) {
    // One by one: what is a literal is then copied without a call.
    push(out, name);
    push(out, "{");
    push(out, labels);
    push(out, ",result=\"");
    push(out, outcome.as_str());
    push(out, "\"");
}

/// The rest of a line behind its labels.
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
        seconds,
        at,
    } = exemplar;
    let trace_id = u128::from_be_bytes(*trace_id);
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (at, millis) = (at.as_secs(), at.subsec_millis());
    push(
        out,
        &format!(" # {{trace_id=\"{trace_id:032x}\"}} {seconds} {at}.{millis:03}"),
    );
}

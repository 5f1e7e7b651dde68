//! Labels as fields of a message, made once from the layout's text.

use std::ops::Range;

use super::field;
use super::wire::{message, text};
use crate::metrics::text_format::{index, labels_of, unescape};

/// Labels as fields of a `Metric`, one after the other.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn add(&mut self, text: &str) -> Range<u32> {
        let start = index(self.0.len());
        labels(text, &mut self.0);
        start..index(self.0.len())
    }
}

/// The labels of a layout as fields of a `Metric`, in the order of what has them.
#[derive(Default)]
pub(in crate::metrics) struct EncodedLabels {
    bytes: Bytes,
    series: Vec<Range<u32>>,
    functions: Vec<Range<u32>>,
    /// Labels by promise: those of the counter, and those of the histogram.
    promises: Vec<[Range<u32>; 2]>,
}

impl EncodedLabels {
    /// Encodes the labels of series, of functions, and of the counter and the histogram of each promise.
    pub(in crate::metrics) fn new<'a>(
        series: impl Iterator<Item = &'a str>,
        functions: impl Iterator<Item = &'a str>,
        promises: impl Iterator<Item = [&'a str; 2]>,
    ) -> Self {
        let mut all = Self::default();
        all.series = series.map(|labels| all.bytes.add(labels)).collect();
        all.functions = functions.map(|labels| all.bytes.add(labels)).collect();
        let promises = promises.map(|labels| labels.map(|labels| all.bytes.add(labels)));
        all.promises = promises.collect();
        all
    }

    fn get(&self, range: &Range<u32>) -> &[u8] {
        &self.bytes.0[range.start as usize..range.end as usize]
    }

    pub(super) fn series(&self, at: usize) -> &[u8] {
        self.get(&self.series[at])
    }

    pub(super) fn function(&self, at: usize) -> &[u8] {
        self.get(&self.functions[at])
    }

    /// Returns the labels that an objective adds to the counter of calls.
    pub(super) fn promised_calls(&self, promise: usize) -> &[u8] {
        self.get(&self.promises[promise][0])
    }

    /// Returns the labels that an objective adds to the histogram.
    pub(super) fn promised_durations(&self, promise: usize) -> &[u8] {
        self.get(&self.promises[promise][1])
    }
}

/// Writes labels that are text, without braces.
pub(super) fn labels(text: &str, out: &mut Vec<u8>) {
    for (key, value) in labels_of(text) {
        label(out, field::metric::LABEL, key, &unescape(value));
    }
}

/// Writes a label as a field.
pub(super) fn label(out: &mut Vec<u8>, field: u32, key: &str, value: &str) {
    message(out, field, |out| {
        text(out, field::label::NAME, key);
        text(out, field::label::VALUE, value);
    });
}

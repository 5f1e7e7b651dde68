//! Labels as fields of a message, made once from the layout's text.

use std::ops::Range;

use super::field;
use super::wire::{message, text};
use crate::metrics::layout::{Layout, index};
use crate::metrics::text_format::{labels_of, unescape};

/// The labels of a [`Layout`] as fields of a `Metric`, in the order of what has them.
#[derive(Default)]
pub(in crate::metrics) struct EncodedLabels {
    bytes: Vec<u8>,
    series: Vec<Range<u32>>,
    functions: Vec<Range<u32>>,
    /// Labels by promise: those of the counter, and those of the histogram.
    promises: Vec<[Range<u32>; 2]>,
}

impl EncodedLabels {
    pub(in crate::metrics) fn new(layout: &Layout) -> Self {
        let mut all = Self::default();
        for series in &layout.series {
            let labels = all.add(layout.labels(series));
            all.series.push(labels);
        }
        for function in &layout.functions {
            let labels = all.add(&function.labels);
            all.functions.push(labels);
        }
        for promise in layout.promises() {
            let labels = [&promise.calls, &promise.durations].map(|labels| all.add(labels));
            all.promises.push(labels);
        }
        all
    }

    fn add(&mut self, text: &str) -> Range<u32> {
        let start = index(self.bytes.len());
        labels(text, &mut self.bytes);
        start..index(self.bytes.len())
    }

    fn get(&self, range: &Range<u32>) -> &[u8] {
        &self.bytes[range.start as usize..range.end as usize]
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

//! The native part of a histogram.

use super::field;
use super::wire::{double, message, signed, unsigned};
use crate::callsite::counters::fine::bounds::{SCHEMA, ZERO_THRESHOLD};
use crate::callsite::counters::fine::index;

/// Buckets of a histogram, at most. A histogram with more is shown by a coarser schema.
const MAX_BUCKETS: usize = 160;

/// Neighbouring buckets with calls.
struct Span {
    first: i32,
    calls: Vec<u64>,
}

/// Writes the native buckets that have calls.
pub(super) fn write(slots: &[(usize, u64)], out: &mut Vec<u8>) {
    let mut zero = 0;
    let mut buckets: Vec<(i32, u64)> = Vec::with_capacity(slots.len());
    for (slot, calls) in slots {
        match index(*slot) {
            Some(index) => buckets.push((index, *calls)),
            None => zero += calls,
        }
    }
    let mut schema = SCHEMA;
    while buckets.len() > MAX_BUCKETS {
        buckets = halved(&buckets);
        schema -= 1;
    }
    signed(out, field::histogram::SCHEMA, schema.into());
    double(out, field::histogram::ZERO_THRESHOLD, ZERO_THRESHOLD);
    unsigned(out, field::histogram::ZERO_COUNT, zero);
    let spans = spans(&buckets);
    if spans.is_empty() {
        // Without a span it would be taken for a classic histogram.
        write_span(out, 0, 0);
    }
    let (mut end, mut before) = (0, 0);
    for span in spans {
        write_span(out, span.first - end, span.calls.len());
        end = span.first + i32::try_from(span.calls.len()).expect("some hundreds");
        for calls in span.calls {
            let calls = calls.cast_signed();
            signed(out, field::histogram::POSITIVE_DELTA, calls - before);
            before = calls;
        }
    }
}

/// Joins each two buckets that are one of the next coarser schema.
fn halved(buckets: &[(i32, u64)]) -> Vec<(i32, u64)> {
    let mut halved: Vec<(i32, u64)> = Vec::with_capacity(buckets.len());
    for (index, calls) in buckets {
        // Bounds at odd multiples are left out, so a bucket below one grows up to the next.
        let index = (index + 1).div_euclid(2);
        match halved.last_mut() {
            Some((last, sum)) if *last == index => *sum += calls,
            _ => halved.push((index, *calls)),
        }
    }
    halved
}

fn spans(buckets: &[(i32, u64)]) -> Vec<Span> {
    let mut next = None;
    let mut spans: Vec<Span> = Vec::new();
    for (index, calls) in buckets {
        match spans.last_mut() {
            Some(span) if next == Some(*index) => span.calls.push(*calls),
            _ => spans.push(Span {
                first: *index,
                calls: vec![*calls],
            }),
        }
        next = Some(index + 1);
    }
    spans
}

fn write_span(out: &mut Vec<u8>, offset: i32, length: usize) {
    message(out, field::histogram::POSITIVE_SPAN, |out| {
        signed(out, field::span::OFFSET, offset.into());
        unsigned(out, field::span::LENGTH, length as u64);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halved_buckets_hold_what_they_are_made_of() {
        // (2^-3/8, 2^-2/8] and (2^-2/8, 2^-1/8] of schema 3, and so on.
        let buckets = [(-2, 1), (-1, 2), (0, 4), (1, 8), (2, 16), (3, 32)];
        assert_eq!(halved(&buckets), [(-1, 1), (0, 6), (1, 24), (2, 32)]);
    }

    #[test]
    fn spans_end_at_gaps() {
        let found = spans(&[(-5, 1), (-4, 2), (0, 3), (2, 4)]);
        let found: Vec<_> = found
            .iter()
            .map(|span| (span.first, &*span.calls))
            .collect();
        assert_eq!(found, [(-5, &[1, 2][..]), (0, &[3]), (2, &[4])]);
        assert!(spans(&[]).is_empty());
    }

    #[test]
    fn an_empty_histogram_has_a_span_without_buckets() {
        let mut out = Vec::new();
        write(&[], &mut out);
        assert!(
            out.ends_with(&[12 << 3 | 2, 4, 1 << 3, 0, 2 << 3, 0]),
            "{out:?}"
        );
    }
}

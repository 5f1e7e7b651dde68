//! The polls of futures that have a span.

use super::LocalTrace;
use super::slots::SpanKey;

impl LocalTrace {
    /// Notes that the future of a span waits.
    #[inline]
    pub(crate) fn begin_wait(&self, key: SpanKey, at: u64) {
        self.slots.begin_wait(key, at);
    }

    /// Notes that the future of a span is polled again, and when it was woken, if that is not 0.
    #[inline]
    pub(crate) fn end_wait(&self, key: SpanKey, at: u64, woken: u64) {
        self.slots.end_wait(key, at, woken);
    }
}

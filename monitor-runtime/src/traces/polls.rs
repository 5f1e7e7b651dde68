//! The polls of futures that have a span, and their wakes.

use std::sync::{Arc, Weak};

use super::LocalTrace;
use super::slots::SpanKey;
use crate::base::wakes::ShowsWakes;

/// Shows in a span that its future was woken. A waker that is kept somewhere keeps no trace.
pub(crate) struct WokenSpan {
    trace: Weak<LocalTrace>,
    key: SpanKey,
}

impl ShowsWakes for WokenSpan {
    fn show(&self, woken: u64) {
        if let Some(trace) = self.trace.upgrade() {
            trace.slots.wake(self.key, woken);
        }
    }
}

impl LocalTrace {
    /// Returns what shows the wakes of a span's future in it.
    pub(crate) fn shows_wakes(self: &Arc<Self>, key: SpanKey) -> WokenSpan {
        WokenSpan {
            trace: Arc::downgrade(self),
            key,
        }
    }

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

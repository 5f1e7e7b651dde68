//! The span of a call between two polls of its future.

use std::sync::Arc;

use super::OpenSpan;
use super::entered::with_begun_on;
use super::innermost::Innermost;
use crate::callsite::Site;
use crate::context::thread::Thread;
use crate::traces::{LocalTrace, SpanKey};

/// The span of a call that waits, which is not entered.
pub(crate) struct SuspendedSpan {
    pub(crate) trace: Arc<LocalTrace>,
    pub(crate) key: SpanKey,
}

impl SuspendedSpan {
    /// Leaves the innermost span, which [`begin_call`](super::begin_call) or
    /// [`resume`](Self::resume) entered. It waits from `at` on. Returns `None` for another span, and for
    /// one whose key is too large for a future.
    pub(crate) fn of_call(thread: &Thread, site: &Site, at: u64) -> Option<Self> {
        with_begun_on(thread, |trace, innermost| {
            let key = innermost.key;
            let around = trace.around_call(key, site)?;
            if !Self::fits(key) {
                return None;
            }
            thread.innermost.set(Innermost::new(trace, around));
            trace.begin_wait(key, at);
            let trace = Arc::clone(trace);
            Some(Self { trace, key })
        })?
    }

    /// Returns `true` if a future has room for a key: 16 and 32 bits.
    fn fits(key: SpanKey) -> bool {
        u16::try_from(key.slot).is_ok() && u32::try_from(key.number).is_ok()
    }

    /// Enters the span again. Returns `false` if the code around it is not the span that it was left to:
    /// another task or call polls the future.
    pub(crate) fn resume(&self, thread: &Thread, site: &Site) -> bool {
        let resumed = with_begun_on(thread, |trace, innermost| {
            let is_here = innermost.is_recorded
                && Arc::ptr_eq(trace, &self.trace)
                && trace.around_call(self.key, site) == Some(innermost.key);
            if is_here {
                thread.innermost.set(Innermost::new(trace, self.key));
            }
            is_here
        });
        resumed == Some(true)
    }

    /// Notes that it no longer waits, once it is entered again.
    pub(crate) fn end_wait(&self, at: u64) {
        self.trace.end_wait(self.key, at, 0);
    }

    /// Returns the span for a call on the full path.
    pub(crate) fn into_open(self) -> OpenSpan {
        OpenSpan::suspended(self.trace, self.key)
    }
}

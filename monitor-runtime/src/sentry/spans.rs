//! The spans of a request that is sent to Sentry as a transaction: one per monitored call.
//!
//! Only calls that have a span in the log have one here. The others are too short to matter, and
//! pay nothing.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sentry::protocol::SpanStatus;
use sentry::{Transaction, TransactionOrSpan};

use crate::base::outcome::Outcome;
use crate::callsite::Site;

/// Spans of one transaction. Further calls are only counted.
const MAX_SPANS: usize = 100;

/// A call, or the request it is made for, as Sentry's transaction shows it.
#[derive(Clone)]
pub(crate) struct Step {
    span: TransactionOrSpan,
    begun: Arc<AtomicUsize>,
}

thread_local! {
    /// The spans this thread is in, the innermost last; empty outside sampled requests.
    static INSIDE: RefCell<Vec<Step>> = const { RefCell::new(Vec::new()) };
}

impl Step {
    /// Creates the step of the request itself.
    pub(crate) fn request(transaction: &Transaction) -> Self {
        Self {
            span: transaction.clone().into(),
            begun: Arc::default(),
        }
    }

    /// Begins the step of a call inside the thread's current step; `None` without one, or if there
    /// were too many.
    #[inline]
    pub(crate) fn begin(site: &Site) -> Option<Self> {
        INSIDE
            .try_with(|inside| {
                let inside = inside.borrow();
                inside.last().and_then(|around| around.call(site))
            })
            .ok()
            .flatten()
    }

    #[cold]
    fn call(&self, site: &Site) -> Option<Self> {
        if self.begun.fetch_add(1, Ordering::Relaxed) >= MAX_SPANS {
            return None;
        }
        let span = self.span.start_child("function", site.function());
        span.set_data("code.namespace", site.module().into());
        Some(Self {
            span: span.into(),
            begun: Arc::clone(&self.begun),
        })
    }

    /// Makes it the current step of this thread, until [`leave`](Self::leave).
    pub(crate) fn enter(&self) {
        let _ = INSIDE.try_with(|inside| inside.borrow_mut().push(self.clone()));
    }

    /// Leaves the step that was entered last.
    pub(crate) fn leave() {
        // Dropped when the list is free again.
        let _left = INSIDE.try_with(|inside| inside.borrow_mut().pop());
    }

    /// Ends the step of a call.
    pub(crate) fn end(self, outcome: Outcome) {
        self.span.set_status(match outcome {
            Outcome::Ok => SpanStatus::Ok,
            Outcome::Error => SpanStatus::UnknownError,
            Outcome::Panic => SpanStatus::InternalError,
            Outcome::Cancelled => SpanStatus::Cancelled,
        });
        self.span.finish();
    }

    /// Returns the number of calls of its transaction that have no span.
    pub(crate) fn left_out(&self) -> usize {
        self.begun.load(Ordering::Relaxed).saturating_sub(MAX_SPANS)
    }
}

//! The runtime's own subscriber, as the threads see it.

use std::sync::OnceLock;

use tracing::dispatcher::WeakDispatch;
use tracing::{Dispatch, Subscriber, dispatcher};
use tracing_subscriber::Registry;

/// A subscriber before which the spans of calls are opened, see [`pending`](super::pending).
pub(crate) struct OpensSpans {
    pub(super) inner: Box<dyn Subscriber + Send + Sync>,
    /// Itself, as `tracing` knows it.
    pub(super) this: OnceLock<WeakDispatch>,
}

impl OpensSpans {
    pub(crate) fn new(inner: impl Subscriber + Send + Sync) -> Self {
        Self {
            inner: Box::new(inner),
            this: OnceLock::new(),
        }
    }

    /// Returns the registry of the spans that are open.
    pub(crate) fn registry(&self) -> Option<&Registry> {
        self.inner.downcast_ref()
    }
}

/// Returns `true` if the subscriber of this thread is the runtime's own.
pub(super) fn is_own() -> bool {
    dispatcher::get_default(Dispatch::is::<OpensSpans>)
}

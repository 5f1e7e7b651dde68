//! Copies the Sentry scope of the code that an event comes from, as it is at that moment.
//!
//! Sentry holds the lock of a hub while it runs the closure of the service that makes a breadcrumb.
//! If that closure fails or logs, its thread already holds the lock and would wait for itself.

use std::fmt::{self, Write};
use std::sync::Arc;

use sentry::protocol::{Context, Event, TraceContext};
use sentry::{Breadcrumb, Client, Hub, TransactionOrSpan};

use super::quietly;

/// The scope of an event.
pub(super) enum Snapshot {
    /// A copy that no other code refers to.
    Taken(Arc<Hub>),
    /// The hub was locked. Its scope has to be copied when it is free.
    Locked(Arc<Hub>),
    /// A thread that is ending has no hub.
    None,
}

impl Snapshot {
    /// Copies the scope of the current hub.
    pub(super) fn take() -> Self {
        // Sentry panics on a thread that is ending.
        let Some(hub) = quietly(Hub::current) else {
            return Self::None;
        };
        if !is_free(&hub) {
            return Self::Locked(hub);
        }
        copy(&hub).map_or(Self::None, Self::Taken)
    }

    /// Returns a hub with the scope that sends through a client: its own, or `client` if its own is
    /// closed.
    ///
    /// May wait for a lock.
    pub(super) fn into_hub(self, client: &Arc<Client>) -> Arc<Hub> {
        let hub = match self {
            Self::Taken(hub) => Some(hub),
            Self::Locked(hub) => copy(&hub),
            Self::None => None,
        };
        hub.map_or_else(
            || Arc::new(Hub::new(Some(Arc::clone(client)), Arc::default())),
            |hub| with_client(hub, client),
        )
    }
}

fn copy(hub: &Arc<Hub>) -> Option<Arc<Hub>> {
    quietly(|| Arc::new(Hub::new_from_top(hub)))
}

/// Gives a copy a client if it has none, as on a thread that was started before `start()`, or one
/// of an earlier start.
pub(super) fn with_client(copy: Arc<Hub>, client: &Arc<Client>) -> Arc<Hub> {
    if !copy.client().is_some_and(|client| client.is_enabled()) {
        copy.bind_client(Some(Arc::clone(client)));
    }
    copy
}

/// Returns the trace of the Sentry span that the service itself has opened, if any.
///
/// A transaction of the event's own trace is that of the request. The event already names a span in
/// it: that of the innermost call.
pub(super) fn own_trace(copy: &Hub, event: &Event<'_>) -> Option<TraceContext> {
    let span = copy.configure_scope(|scope| scope.get_span())?;
    let trace = span.get_trace_context();
    let same = match event.contexts.get("trace") {
        Some(Context::Trace(of_event)) => of_event.trace_id == trace.trace_id,
        _ => false,
    };
    let is_root = matches!(span, TransactionOrSpan::Transaction(_));
    (!(is_root && same)).then_some(trace)
}

/// Leaves a breadcrumb on the current hub, unless that is locked.
pub(super) fn leave_breadcrumb(breadcrumb: Breadcrumb) {
    let hub = quietly(Hub::current);
    if let Some(hub) = hub.filter(|hub| is_free(hub)) {
        quietly(|| hub.add_breadcrumb(breadcrumb));
    }
}

/// Returns `true` if the scope can be read without waiting.
///
/// Sentry has no method for that. The `Debug` of the standard library's locks does not wait, and
/// prints `<locked>`.
fn is_free(hub: &Hub) -> bool {
    let mut probe = Probe(false);
    let _ = write!(probe, "{hub:?}");
    probe.0
}

/// Reads a `Debug` text up to the name of the type behind the lock.
struct Probe(bool);

impl fmt::Write for Probe {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = text == "Stack";
        if self.0 { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_free_unless_it_is_being_written() {
        let hub = Arc::new(Hub::new(None, Arc::default()));
        assert!(is_free(&hub));
        let client = Arc::new(Client::from(sentry::ClientOptions::new()));
        hub.bind_client(Some(client));
        let (mut asked, mut free) = (0, true);
        hub.add_breadcrumb(|| {
            asked += 1;
            free = is_free(&hub);
            Breadcrumb::default()
        });
        assert_eq!((asked, free), (1, false));
        assert!(is_free(&hub));
    }
}

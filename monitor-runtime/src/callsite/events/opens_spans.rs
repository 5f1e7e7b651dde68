//! Opens the spans of calls before the runtime's own subscriber needs them.

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_core::LevelFilter;
use tracing_core::span::Current;

use super::own_subscriber::OpensSpans;
use super::pending::open_all;

impl Subscriber for OpensSpans {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let _ = self.this.set(subscriber.downgrade());
        self.inner.on_register_dispatch(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.inner.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.inner.max_level_hint()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        if span.is_contextual() {
            open_all(self.this.get());
        }
        self.inner.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.inner.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.inner.record_follows_from(span, follows);
    }

    fn event_enabled(&self, event: &Event<'_>) -> bool {
        self.inner.event_enabled(event)
    }

    fn event(&self, event: &Event<'_>) {
        open_all(self.this.get());
        self.inner.event(event);
    }

    fn enter(&self, span: &Id) {
        open_all(self.this.get());
        self.inner.enter(span);
    }

    // A span that was entered outside of a call may be left inside it.
    fn exit(&self, span: &Id) {
        open_all(self.this.get());
        self.inner.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.inner.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.inner.try_close(id)
    }

    fn current_span(&self) -> Current {
        open_all(self.this.get());
        self.inner.current_span()
    }
}

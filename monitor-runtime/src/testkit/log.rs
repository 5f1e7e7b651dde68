//! The log of a capture.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::lock;
use super::log_event::LogEvent;
use super::seen::Seen;
use crate::base::redact::{HIDDEN, is_secret_field, without_secrets};
use crate::base::verdict::text;

/// Keeps every event, at every level.
pub(super) struct Keep {
    pub(super) seen: Arc<Mutex<Seen>>,
}

/// Fields as text; kept with a span between its creation and its events.
#[derive(Clone, Default)]
struct Fields(Vec<(String, String)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.push(field, text(format_args!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, value.to_owned());
    }
}

impl Fields {
    /// Adds a field as the log shows it.
    fn push(&mut self, field: &Field, value: String) {
        let value = if is_secret_field(field.name()) {
            HIDDEN.to_owned()
        } else {
            without_secrets(value)
        };
        self.0.push((field.name().to_owned(), value));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keep {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        // Formatted before the span's lock is taken, since formatting a value may log.
        let mut later = Fields::default();
        values.record(&mut later);
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            fields.0.extend(later.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut message = String::new();
        fields.0.retain_mut(|(name, value)| {
            let is_message = name == "message";
            if is_message {
                message = std::mem::take(value);
            }
            !is_message
        });
        let mut spans = Vec::new();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            let fields = span
                .extensions()
                .get::<Fields>()
                .cloned()
                .unwrap_or_default();
            spans.push((span.name(), fields.0));
        }
        let metadata = event.metadata();
        let (level, target) = (*metadata.level(), metadata.target().to_owned());
        lock(&self.seen).log.push(LogEvent {
            level,
            target,
            message,
            fields: fields.0,
            spans,
        });
    }
}

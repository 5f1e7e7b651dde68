//! The layer that adds the spans of other crates to the record of their request.

use std::error::Error;
use std::fmt::Debug;

use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::base::fields::{FieldValue, Slot};
use crate::base::redact::{HIDDEN, is_secret_field};
use crate::callsite::events::is_telling;
use crate::context;
use crate::context::trace::ForeignSpan;
use crate::traces::span::Detail;

/// Adds the spans of other crates to the record of their request; made by [`request_layer`].
#[derive(Debug)]
pub struct RequestLayer(());

/// Returns a layer that adds spans of other crates to the record of their request, for a subscriber
/// of your own.
///
/// `/requests` then shows the query of a database driver or a function with
/// `#[tracing::instrument]` between the monitored calls. Spans that the subscriber's filter hides
/// are not added. `start()` installs one with its own subscriber.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(monitor_runtime::logs::request_layer());
/// # drop(subscriber);
/// ```
pub fn request_layer() -> RequestLayer {
    RequestLayer(())
}

impl<S> Layer<S> for RequestLayer
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        // A monitored call has a span of its own in the record.
        if !context::is_in_local_trace()
            || is_telling()
            || metadata.target().starts_with("monitor_runtime")
        {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let detail = Detail::of_values(fields.0);
        let span = ForeignSpan::begin(metadata, detail);
        if let (Some(span), Some(opened)) = (span, context.span(id)) {
            opened.extensions_mut().insert(span);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        with(id, &context, ForeignSpan::enter);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        with(id, &context, ForeignSpan::leave);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        with(&id, &context, ForeignSpan::end);
    }
}

fn with<S>(id: &Id, context: &Context<'_, S>, code: impl FnOnce(&ForeignSpan))
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    if let Some(span) = context.span(id)
        && let Some(foreign) = span.extensions().get::<ForeignSpan>()
    {
        code(foreign);
    }
}

/// The fields that a span was opened with.
#[derive(Default)]
struct Fields(Vec<(&'static str, FieldValue)>);

impl Fields {
    fn put(&mut self, field: &Field, record: impl FnOnce(&mut Slot)) {
        let mut slot = Slot(FieldValue::Text(HIDDEN.into()));
        if !is_secret_field(field.name()) {
            record(&mut slot);
        }
        self.0.push((field.name(), slot.0));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |slot| slot.record_debug(field, value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |slot| slot.record_str(field, value));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, |slot| slot.record_error(field, value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |slot| slot.record_bool(field, value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |slot| slot.record_i64(field, value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |slot| slot.record_u64(field, value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, |slot| slot.record_f64(field, value));
    }
}

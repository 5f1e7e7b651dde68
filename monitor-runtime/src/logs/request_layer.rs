//! The layer that adds the spans of other crates, and the lines of the log, to the record of their
//! request.

use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::recorded::{self, LineFields};
use super::{export, places};
use crate::callsite::events::is_telling;
use crate::context;
use crate::context::trace::{ForeignSpan, keep_line};
use crate::traces::span::Detail;

/// Adds the spans of other crates, and the lines of the log, to the record of their request, and exports the
/// lines; made by [`request_layer`].
#[derive(Debug)]
pub struct RequestLayer(());

/// Returns a layer that adds spans of other crates, and the lines of the log, to the record of their
/// request, for a subscriber of your own.
///
/// `/requests` then shows the query of a database driver or a function with
/// `#[tracing::instrument]` between the monitored calls, and below them the last 100 lines. Where log lines
/// are exported by OTLP, the layer passes all of them on, in requests and outside. Spans and lines that the
/// subscriber's filter hides are not added. `start()` installs one with its own subscriber.
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
        let mut fields = LineFields::default();
        attributes.record(&mut fields);
        let detail = Detail::of_values(fields.into_values());
        let span = ForeignSpan::begin(metadata, detail);
        if let (Some(span), Some(opened)) = (span, context.span(id)) {
            opened.extensions_mut().insert(span);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // A call and the request itself are spans of the record.
        let is_kept = context::is_recorded()
            && !is_telling()
            && event.metadata().target() != "monitor_runtime::http";
        let is_suppressed = places::is_suppressed(event.metadata());
        let is_exported = export::is_wanted() && !is_suppressed;
        if is_kept || is_exported {
            let mut line = recorded::line(event, !is_suppressed);
            // The counter of the same subscriber sees this event too.
            line.is_counted = true;
            if is_exported {
                export::export(line.clone());
            }
            if is_kept {
                keep_line(line);
            }
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

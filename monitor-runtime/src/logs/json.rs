//! The layer that writes each event as one line of JSON.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::io::Write;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::json_text::{
    push_error, push_name, push_name_in_span, push_safely, push_shown, push_str, push_value,
};
use super::places;
use super::span_fields::SpanFields;
use super::timestamp::Timestamp;
use crate::context::trace::current_ids;

/// A larger buffer is not kept for the thread's next line.
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// Buffers that a thread reuses from line to line.
struct Scratch {
    line: Cell<Vec<u8>>,
    clock: Cell<Timestamp>,
}

thread_local! {
    static SCRATCH: Scratch = const {
        Scratch {
            line: Cell::new(Vec::new()),
            clock: Cell::new(Timestamp::new()),
        }
    };
}

/// Writes every event as one line of JSON; made by [`json_layer`].
#[derive(Clone, Debug)]
pub struct JsonLayer<W> {
    writer: W,
}

/// Returns a layer that writes every event as one line of JSON (RFC 8259), for a subscriber of your
/// own.
///
/// The lines are those of `tracing-subscriber`'s `fmt::layer().json().with_current_span(false)`:
/// `timestamp` (RFC 3339, UTC, microseconds), `level`, `fields`, `target`, and `spans` from the
/// outermost in, for about a third of the price. A line of a request has its `trace_id` and
/// `span_id` (see [`trace::current`](crate::trace::current())) behind the `target`. They differ in
/// three cases: an event with an explicit parent shows the spans of that parent; a `Debug` or
/// `Display` that panics, fails or never ends costs its own text, never the line or the call; and a
/// span's field `name` has the key `name_`, because `name` is the name of the span.
///
/// The writer gets each line in one piece. Its errors are not reported, because there is no log to
/// report them to.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_subscriber::EnvFilter::new("info"))
///     .with(monitor_runtime::logs::json_layer(std::io::stderr));
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info!(answer = 42, "found");
///     // {"timestamp":"2025-11-21T22:10:03.123456Z","level":"INFO","fields":{"message":"found","answer":42},"target":"app"}
/// });
/// ```
pub fn json_layer<W>(writer: W) -> JsonLayer<W>
where
    W: for<'w> MakeWriter<'w> + 'static,
{
    JsonLayer { writer }
}

impl<S, W> Layer<S> for JsonLayer<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        keep(fields, id, &context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = SpanFields::default();
        values.record(&mut fields);
        keep(fields, id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if places::is_suppressed(event.metadata()) {
            return;
        }
        let writer = || self.writer.make_writer_for(event.metadata());
        // A record of the `log` crate says in its fields where it comes from.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let bytes = write_line(writer, |line| push_event(line, event, metadata, &context));
        places::count(metadata, normalized.is_some(), bytes);
    }
}

/// Writes a line that `push` makes in a buffer of the thread, and returns its length.
pub(super) fn write_line<W: Write>(
    writer: impl FnOnce() -> W,
    push: impl FnOnce(&mut Vec<u8>),
) -> usize {
    // Taken, not borrowed, because formatting a value may itself log. On a thread that is ending a
    // new buffer is used.
    let mut line = SCRATCH
        .try_with(|scratch| scratch.line.take())
        .unwrap_or_default();
    push(&mut line);
    let _ = writer().write_all(&line);
    let bytes = line.len();
    line.clear();
    if line.capacity() <= MAX_KEPT_BYTES {
        let _ = SCRATCH.try_with(|scratch| scratch.line.set(line));
    }
    bytes
}

/// Adds values to a span. They were formatted before its lock is taken, since formatting may log.
fn keep<S>(fields: SpanFields, id: &Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    if fields.is_empty() {
        return;
    }
    let Some(span) = context.span(id) else { return };
    let mut extensions = span.extensions_mut();
    match extensions.get_mut::<SpanFields>() {
        Some(kept) => kept.update(&fields),
        None => extensions.insert(fields),
    }
}

fn push_event<S>(
    line: &mut Vec<u8>,
    event: &Event<'_>,
    metadata: &Metadata<'_>,
    context: &Context<'_, S>,
) where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    line.extend_from_slice(br#"{"timestamp":""#);
    push_now(line);
    line.extend_from_slice(br#"","level":""#);
    line.extend_from_slice(metadata.level().as_str().as_bytes());
    line.extend_from_slice(br#"","fields":{"#);
    event.record(&mut Fields::<false>(line));
    close(line, b'}');
    line.extend_from_slice(br#","target":"#);
    push_str(line, metadata.target());
    push_ids(line);
    if let Some(scope) = context.event_scope(event) {
        line.extend_from_slice(br#","spans":["#);
        for span in scope.from_root() {
            push_opened(line, &span);
        }
        close(line, b']');
    }
    line.extend_from_slice(b"}\n");
}

/// Writes the ids of the trace that this thread works in, if it does.
pub(super) fn push_ids(line: &mut Vec<u8>) {
    if let Some(ids) = current_ids() {
        line.extend_from_slice(br#","trace_id":""#);
        line.extend_from_slice(&ids.trace.digits());
        line.extend_from_slice(br#"","span_id":""#);
        line.extend_from_slice(&ids.span.digits());
        line.push(b'"');
    }
}

pub(super) fn push_now(line: &mut Vec<u8>) {
    let written = SCRATCH.try_with(|scratch| {
        let mut clock = scratch.clock.get();
        clock.push_now(line);
        scratch.clock.set(clock);
    });
    if written.is_err() {
        Timestamp::new().push_now(line);
    }
}

/// Writes a span that is open, and a comma.
pub(super) fn push_opened<S>(line: &mut Vec<u8>, span: &SpanRef<'_, S>)
where
    S: for<'s> LookupSpan<'s>,
{
    line.push(b'{');
    if let Some(fields) = span.extensions().get::<SpanFields>() {
        line.extend_from_slice(fields.json());
    }
    line.extend_from_slice(br#""name":"#);
    push_str(line, span.name());
    line.extend_from_slice(b"},");
}

/// Closes a list in which a comma follows every item.
pub(super) fn close(line: &mut Vec<u8>, bracket: u8) {
    line.pop_if(|last| *last == b',');
    line.push(bracket);
}

/// The fields of an event, or of a span that is not kept, each followed by a comma.
pub(super) struct Fields<'a, const IN_SPAN: bool>(pub(super) &'a mut Vec<u8>);

impl<const IN_SPAN: bool> Fields<'_, IN_SPAN> {
    #[inline]
    fn push_name(&mut self, name: &str) {
        if IN_SPAN {
            push_name_in_span(self.0, name);
        } else {
            push_name(self.0, name);
        }
    }

    #[inline]
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Vec<u8>)) {
        self.push_name(field.name());
        push_safely(self.0, field.name(), value);
        self.0.push(b',');
    }
}

impl<const IN_SPAN: bool> Visit for Fields<'_, IN_SPAN> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |out| push_shown(out, format_args!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |out| push_str(out, value));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.push_name(field.name());
        push_error(self.0, field.name(), value);
        self.0.push(b',');
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |out| push_value(out, value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |out| push_value(out, value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |out| push_value(out, value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, |out| push_value(out, value));
    }
}

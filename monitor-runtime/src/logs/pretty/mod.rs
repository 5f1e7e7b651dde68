//! The pretty format: a line per event, in the form of `tracing-subscriber`'s `fmt::layer()`.
//!
//! That layer panics if a `Debug` or a `Display` returns an error. It formats the values of a span
//! under the span's lock, so a value whose formatting logs would wait for itself. Here values are
//! formatted first, bounded, and without secrets and terminal commands.

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::io::Write;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::error_chain::sources;
use super::json_text::MAX_SHOWN;
use super::places;
use super::timestamp::Timestamp;
use crate::base::escape::spelled_out;
use crate::base::fields::FieldValue;
use crate::base::redact::{HIDDEN, is_secret_field, without_secrets};
use crate::base::verdict::text_within;
use crate::traces::lines::Line;
use crate::traces::span::Span;

/// Writes each event as a line for people.
#[derive(Clone, Debug)]
pub(crate) struct PrettyLayer<W> {
    pub(crate) writer: W,
    pub(crate) colours: bool,
}

/// Fields by name, as text. Those of a span are kept with it.
#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, String)>);

impl<S, W> Layer<S> for PrettyLayer<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        fields.keep(id, &context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        fields.keep(id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if places::is_suppressed(event.metadata()) {
            return;
        }
        // A record of the `log` crate says in its fields where it comes from.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let line = self.line(event, metadata, &context);
        let mut writer = self.writer.make_writer_for(event.metadata());
        let _ = writer.write_all(line.as_bytes());
        places::count(metadata, normalized.is_some(), line.len());
    }
}

impl<W> PrettyLayer<W> {
    fn line<S>(
        &self,
        event: &Event<'_>,
        metadata: &Metadata<'_>,
        context: &Context<'_, S>,
    ) -> String
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = self.head(SystemTime::now(), *metadata.level());
        let scope = context.event_scope(event).into_iter();
        for span in scope.flat_map(Scope::from_root) {
            self.push_span(&mut line, span.name(), span.extensions().get::<Fields>());
        }
        self.finish(line, metadata.target(), &fields)
    }

    /// Returns the line of a request that kept it back.
    pub(super) fn late_line(&self, spans: &[&Span], late: &Line) -> String {
        let mut line = self.head(late.at, late.level);
        for span in spans {
            let fields = span.detail.fields.iter();
            let fields: Vec<_> = fields.map(|(name, value)| (*name, shown(value))).collect();
            let fields = Some(Fields(fields)).filter(|fields| !fields.0.is_empty());
            self.push_span(&mut line, &span.subject.name().to_string(), fields.as_ref());
        }
        let mut fields = vec![("message", spelled_out(&late.message).into_owned())];
        for field in &late.fields {
            let sources = field.sources();
            let text = if sources.is_empty() {
                shown(&field.value)
            } else {
                let sources = spelled_out(&sources.join(", ")).into_owned();
                format!("{} {}.sources=[{sources}]", shown(&field.value), field.name)
            };
            fields.push((field.name, text));
        }
        fields.push(("late", "true".to_owned()));
        self.finish(line, &late.target, &Fields(fields))
    }

    /// Returns the beginning of a line: its time and level.
    fn head(&self, at: SystemTime, level: Level) -> String {
        let mut time = Vec::new();
        Timestamp::new().push(&mut time, at);
        let (level, colour) = match level {
            Level::TRACE => ("TRACE", "35"),
            Level::DEBUG => ("DEBUG", "34"),
            Level::INFO => (" INFO", "32"),
            Level::WARN => (" WARN", "33"),
            Level::ERROR => ("ERROR", "31"),
        };
        let time = String::from_utf8_lossy(&time);
        format!("{} {} ", self.dim(&time), self.paint(colour, level))
    }

    fn push_span(&self, line: &mut String, name: &str, fields: Option<&Fields>) {
        *line += &self.paint("1", name).to_string();
        if let Some(fields) = fields {
            let bold = |bracket| self.paint("1", bracket);
            *line += &[
                bold("{").to_string(),
                self.shown(fields),
                bold("}").to_string(),
            ]
            .concat();
        }
        *line += &self.dim(":").to_string();
    }

    /// Adds the target and the fields of a line to its beginning.
    fn finish(&self, mut line: String, target: &str, fields: &Fields) -> String {
        if line.ends_with(&self.dim(":").to_string()) {
            line.push(' ');
        }
        let target = without_secrets(target.to_owned());
        line += &[
            self.dim(&spelled_out(&target)).to_string(),
            self.dim(":").to_string(),
        ]
        .concat();
        line.push(' ');
        line += &self.shown(fields);
        line.push('\n');
        line
    }

    /// Returns the message, and the other fields with their names.
    fn shown(&self, fields: &Fields) -> String {
        let (message, others): (Vec<_>, Vec<_>) =
            fields.0.iter().partition(|(name, _)| *name == "message");
        let message = message.into_iter().map(|(_, text)| text.clone());
        let named = |(name, text): &(&str, String)| {
            format!("{}{}{text}", self.paint("3", name), self.dim("="))
        };
        let all: Vec<String> = message.chain(others.into_iter().map(named)).collect();
        all.join(" ")
    }

    fn dim<'t>(&self, text: &'t str) -> Painted<'t> {
        self.paint("2", text)
    }

    fn paint<'t>(&self, style: &'static str, text: &'t str) -> Painted<'t> {
        let style = self.colours.then_some(style);
        Painted { style, text }
    }
}

/// Returns a recorded value as a line shows it.
fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => spelled_out(&format!("{text:?}")).into_owned(),
        other => spelled_out(&other.to_string()).into_owned(),
    }
}

/// A text in a style of ECMA-48, if lines have colours.
struct Painted<'t> {
    style: Option<&'static str>,
    text: &'t str,
}

impl Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(style) => write!(f, "\u{1b}[{style}m{}\u{1b}[0m", self.text),
            None => f.write_str(self.text),
        }
    }
}

impl Fields {
    /// Adds the fields to those of a span; a later value replaces an earlier one.
    fn keep<S>(self, id: &Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let Some(span) = context.span(id).filter(|_| !self.0.is_empty()) else {
            return;
        };
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<Self>() {
            Some(kept) => {
                let later = |name| self.0.iter().any(|(later, _)| *later == name);
                kept.0.retain(|(name, _)| !later(*name));
                kept.0.extend(self.0);
            }
            None => extensions.insert(self),
        }
    }

    fn put(&mut self, field: &Field, text: impl FnOnce() -> String) {
        let name = field.name();
        // Fields of the `log` crate with the origin of a record.
        if !name.starts_with("log.") {
            let text = if is_secret_field(name) {
                HIDDEN.to_owned()
            } else {
                spelled_out(&without_secrets(text())).into_owned()
            };
            let name = name.strip_prefix("r#").unwrap_or(name);
            self.0.push((name, text));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, || text_within(MAX_SHOWN, format_args!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_message = field.name() == "message";
        self.put(field, || {
            if is_message {
                value.to_owned()
            } else {
                text_within(MAX_SHOWN, format_args!("{value:?}"))
            }
        });
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let name = field.name();
        self.put(field, || {
            let text = text_within(MAX_SHOWN, format_args!("{value}"));
            let sources = sources(value);
            if sources.is_empty() {
                text
            } else {
                format!("{text} {name}.sources=[{}]", sources.join(", "))
            }
        });
    }
}

#[cfg(test)]
mod tests;

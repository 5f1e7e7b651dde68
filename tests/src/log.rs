//! A log that is kept: every span and event of the process, for tests to look into.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, registry};

/// A span as it was opened, with what was recorded on it later.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Its target.
    pub target: String,
    /// Its level.
    pub level: Level,
    /// Fields by name; numbers stay numbers.
    pub fields: Map<String, Value>,
    /// The name of the span it was opened in.
    pub parent: Option<String>,
    /// `true` once it has ended.
    pub closed: bool,
}

/// An event and where it was written.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its target.
    pub target: String,
    /// Its level.
    pub level: Level,
    /// Fields by name, `message` included; numbers stay numbers.
    pub fields: Map<String, Value>,
    /// Names of the spans it was written in, innermost first.
    pub spans: Vec<String>,
}

impl Event {
    /// Returns a field that is text; empty if it is missing.
    pub fn text(&self, field: &str) -> &str {
        self.fields
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Everything logged so far.
#[derive(Default)]
pub struct Log(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    spans: Vec<Span>,
    open: HashMap<u64, usize>,
    events: Vec<Event>,
}

impl Log {
    /// Installs a subscriber that keeps everything the crates under test write; below modules
    /// named `quiet`, only `INFO` and above are enabled.
    ///
    /// Panics when the process has a subscriber.
    pub fn install() -> &'static Self {
        let log: &'static Self = Box::leak(Box::default());
        let others = [
            "h2",
            "hyper",
            "mio",
            "tokio",
            "tonic",
            "tower",
            "tungstenite",
            "warp",
        ];
        let filter = Targets::new()
            .with_default(LevelFilter::TRACE)
            .with_target("calls::spans::quiet", LevelFilter::INFO)
            .with_targets(others.map(|target| (target, LevelFilter::OFF)));
        let subscriber = registry().with(Keep(log).with_filter(filter));
        tracing::subscriber::set_global_default(subscriber)
            .expect("log() is called before anything else installs a subscriber");
        log
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the spans of this name, in the order they were opened.
    pub fn spans(&self, name: &str) -> Vec<Span> {
        let kept = self.lock();
        let spans = kept.spans.iter().filter(|span| span.name == name);
        spans.cloned().collect()
    }

    /// Returns the events that `wanted` holds for, in order.
    pub fn events(&self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let kept = self.lock();
        let events = kept.events.iter().filter(|event| wanted(event));
        events.cloned().collect()
    }

    /// Returns the completion events of a function, in order.
    pub fn completions(&self, function: &str) -> Vec<Event> {
        // The warnings of an error without a text and of a slow poll name the function, too.
        let others = [
            "monitor_runtime::call::silent_errors",
            "monitor_runtime::polls",
        ];
        self.events(|event| {
            event.text("function") == function && !others.contains(&event.target.as_str())
        })
    }

    /// Returns the one completion event of a function.
    ///
    /// Panics if there is not exactly one.
    pub fn completion(&self, function: &str) -> Event {
        let mut events = self.completions(function);
        assert_eq!(
            events.len(),
            1,
            "{function} has one completion event: {events:#?}"
        );
        events.remove(0)
    }

    /// Returns the names of those of `functions` that wrote an `ERROR` line, in order, once per
    /// line.
    pub fn told_by(&self, functions: &[&str]) -> Vec<String> {
        let told = self.events(|event| {
            event.level == Level::ERROR && functions.contains(&event.text("function"))
        });
        told.iter()
            .map(|event| event.text("function").to_owned())
            .collect()
    }
}

struct Keep(&'static Log);

impl<S> Layer<S> for Keep
where
    S: Subscriber + for<'l> LookupSpan<'l>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = context.span(id).and_then(|span| span.parent());
        let span = Span {
            name: metadata.name().to_owned(),
            target: metadata.target().to_owned(),
            level: *metadata.level(),
            fields: fields.0,
            parent: parent.map(|parent| parent.name().to_owned()),
            closed: false,
        };
        let mut kept = self.0.lock();
        let index = kept.spans.len();
        kept.spans.push(span);
        kept.open.insert(id.into_u64(), index);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let mut kept = self.0.lock();
        if let Some(&index) = kept.open.get(&id.into_u64()) {
            kept.spans[index].fields.extend(fields.0);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let scope = context.event_scope(event).into_iter().flatten();
        let event = Event {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            fields: fields.0,
            spans: scope.map(|span| span.name().to_owned()).collect(),
        };
        self.0.lock().events.push(event);
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let mut kept = self.0.lock();
        if let Some(index) = kept.open.remove(&id.into_u64()) {
            kept.spans[index].closed = true;
        }
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn keep(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.keep(field, format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value);
    }
}

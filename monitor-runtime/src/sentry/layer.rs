//! A layer that passes the service's log to Sentry: lines become breadcrumbs, and lines of the
//! level `ERROR` become events.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sentry::protocol::{Map, Value};
use sentry::{Breadcrumb, Hub, HubSwitchGuard};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_core::callsite::Identifier;
use tracing_log::NormalizeEvent;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::deliver::{deliver, deliver_later};
use super::{counts, event, is_on, nanoseconds, own_line, quietly, scope};
use crate::base::rate_limit::{Limit, Throttle};
use crate::base::redact::{HIDDEN, is_secret_field, without_secrets};
use crate::base::verdict::{Link, text};
use crate::context::Line;
use crate::context::capture;
use crate::context::trace::note_reported;
use crate::{callsite, context};

/// Makes breadcrumbs and events of the log; made by [`sentry_layer`].
#[derive(Debug)]
pub struct SentryLayer(());

/// Returns a layer that passes the log to Sentry, for a subscriber of your own.
///
/// Inside a monitored call an event of level `INFO` and above becomes a breadcrumb of that call.
/// One of level `ERROR` is sent to Sentry, inside or outside, if it comes from a crate that has
/// monitored functions; at most ten a minute from one place in the code. Lines that `#[monitored]`
/// writes about a call become neither, because an error of the call has an event of its own.
/// `start()` installs one with its own subscriber.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(monitor_runtime::sentry::sentry_layer());
/// # drop(subscriber);
/// ```
pub fn sentry_layer() -> SentryLayer {
    SentryLayer(())
}

/// Keeps Sentry's own layer from making events of what this thread logs meanwhile, while Sentry is on.
pub(super) fn mute() -> Option<HubSwitchGuard> {
    /// A hub without a client, on which nothing is captured.
    static MUTE: LazyLock<Arc<Hub>> = LazyLock::new(|| Arc::new(Hub::new(None, Arc::default())));
    if !is_on() {
        return None;
    }
    quietly(|| HubSwitchGuard::new(Arc::clone(&MUTE)))
}

impl<S: Subscriber> Layer<S> for SentryLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > Level::INFO || own_line::is_own() || !is_on() {
            return;
        }
        // A record of the `log` crate says in its fields where it comes from.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let is_error = *metadata.level() == Level::ERROR && is_of_the_service(metadata);
        let inside = context::innermost().is_some();
        if !inside && !is_error {
            return;
        }
        let mut record = Record::default();
        event.record(&mut record);
        if is_error {
            note_reported();
        }
        let told = is_error && context::is_told_again(&record.texts());
        if is_error && !told && admits(metadata, normalized.is_some()) {
            record.send(metadata);
        }
        if (inside || told)
            && let Some(outside) = context::keep_breadcrumb(record.breadcrumb(metadata))
        {
            scope::leave_breadcrumb(outside);
        }
    }
}

/// Returns `true` if a line comes from a crate with monitored functions.
///
/// A server or a driver also logs errors of its clients, which are not failures of the service.
fn is_of_the_service(metadata: &Metadata<'_>) -> bool {
    fn crate_of(module: &str) -> &str {
        module.split("::").next().unwrap_or(module)
    }
    let own = crate_of(metadata.module_path().unwrap_or(metadata.target()));
    callsite::all().any(|site| crate_of(site.module()) == own)
}

/// A line of the log as data.
#[derive(Default)]
struct Record {
    message: String,
    fields: Map<String, Value>,
    /// The first error among its fields, and the error's sources.
    chain: Vec<Link>,
}

impl Record {
    fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        let links = self.chain.iter().map(|link| link.text.as_str());
        let fields = self.fields.values().filter_map(Value::as_str);
        links.chain(fields).chain([self.message.as_str()])
    }

    fn set(&mut self, field: &Field, value: Value) {
        let value = match value {
            _ if is_secret_field(field.name()) => HIDDEN.into(),
            Value::String(text) => without_secrets(text).into(),
            value => value,
        };
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            // `tracing-log` adds these to a record of the `log` crate, for its origin.
            (name, _) if name.starts_with("log.") => {}
            (name, value) => {
                self.fields.insert(name.to_owned(), value);
            }
        }
    }

    /// Makes an event of it. Inside a function the event waits for the error that the function may
    /// return.
    fn send(&self, metadata: &Metadata<'_>) {
        let event = self.event(metadata);
        let fields = self.fields.values().filter_map(Value::as_str);
        let texts = fields.chain([self.message.as_str()]).map(str::to_owned);
        match Line::remember(event.event_id, texts.collect(), self.chain.clone()) {
            Some(line) => deliver_later(event, line),
            None => deliver(event),
        }
    }

    fn event(&self, metadata: &Metadata<'_>) -> sentry::protocol::Event<'static> {
        let mut event = sentry::protocol::Event {
            level: sentry::Level::Error,
            message: Some(self.message.clone()),
            exception: event::exceptions(&self.chain, "log").into(),
            logger: Some(metadata.target().to_owned()),
            ..Default::default()
        };
        let place = metadata.file().zip(metadata.line());
        event::set_scene(&mut event, context::scene(None), place);
        event::set_fields(&mut event, self.fields.clone());
        event
    }

    fn breadcrumb(self, metadata: &Metadata<'_>) -> Breadcrumb {
        let level = match *metadata.level() {
            Level::ERROR => sentry::Level::Error,
            Level::WARN => sentry::Level::Warning,
            _ => sentry::Level::Info,
        };
        Breadcrumb {
            timestamp: SystemTime::now(),
            ty: "log".into(),
            category: Some(metadata.target().to_owned()),
            level,
            message: Some(self.message),
            data: self.fields,
        }
    }
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, text(format_args!("{value:?}")).into());
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if self.chain.is_empty() && !is_secret_field(field.name()) {
            self.chain = Link::chain(value);
        }
        self.set(field, text(format_args!("{value}")).into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, text(format_args!("{value}")).into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }
}

/// A place in the code. Records of the `log` crate share one call site per level, and say in their
/// fields where they come from.
type Place = (Identifier, Option<(String, u32)>);

/// One limit per place in the code that has logged an error.
type Limits = HashMap<Place, (String, Limit)>;

/// Places with a limit of their own; records from other languages may name any number of places.
const MAX_PLACES: usize = 1000;

fn limits() -> MutexGuard<'static, Limits> {
    static LIMITS: LazyLock<Mutex<Limits>> = LazyLock::new(Mutex::default);
    LIMITS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn admits(metadata: &Metadata<'_>, is_record: bool) -> bool {
    let mut limits = limits();
    let named = || {
        let file = metadata.file().unwrap_or_else(|| metadata.target());
        (file.to_owned(), metadata.line().unwrap_or_default())
    };
    let mut place = (metadata.callsite(), is_record.then(named));
    let mut name = format!("errors logged by {}", metadata.target());
    if limits.len() >= MAX_PLACES && !limits.contains_key(&place) {
        place.1 = None;
        name = "errors logged by other places".into();
    }
    let (_, limit) = limits.entry(place).or_insert_with(|| (name, Limit::new()));
    let admitted = limit.admit(Throttle::DEFAULT, nanoseconds()) || capture::is_active();
    if !admitted {
        counts::suppressed();
    }
    admitted
}

/// Returns the events that were held back, by place.
pub(super) fn summaries(last: bool) -> Vec<(String, (u64, u64))> {
    let limits = limits();
    let due = limits.values().filter_map(|(name, limit)| {
        let held_back = limit.summary(Throttle::DEFAULT, nanoseconds(), last)?;
        Some((name.clone(), held_back))
    });
    due.collect()
}

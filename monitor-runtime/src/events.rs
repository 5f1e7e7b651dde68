//! A function in `tracing`'s terms: the span of a call, and its completion event.
//!
//! `tracing`'s macros put a call site, its metadata and its field look-up into the function they
//! stand in. Here all of it is data behind the site, made on the first call that is logged, so an
//! annotated function carries none of that code and a span can have the type-qualified name.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tracing::field::{Field, Value};
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Event, Level, Metadata, Span};
use tracing_core::callsite::{self, Callsite};
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;

use crate::fields::Recorded;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::start::{Declared, Parent};
use crate::verdict::Shown;

/// Fields of a completion event, before those the function declares.
const EVENT_FIELDS: [&str; 6] = [
    "message",
    "function",
    "result",
    "duration_ms",
    "error",
    "error_class",
];
/// Those after them of a function with `ret`, and of one with `slow`.
const RETURN: &str = "return";
const THRESHOLD: &str = "threshold_ms";
/// Fields of a span, before those the function declares; recorded when the call ends.
const SPAN_FIELDS: [&str; 2] = ["result", "duration_ms"];

/// The span of a function and its completion event at each level it can have.
pub(crate) struct Events {
    span: &'static LogSite,
    finished: &'static LogSite,
    returned: Option<&'static LogSite>,
    failed: &'static LogSite,
    panicked: &'static LogSite,
    /// Cancelled, or slow.
    warned: &'static LogSite,
}

/// How a call ended, for those who read the log.
pub(crate) struct Completion<'a> {
    pub(crate) outcome: Outcome,
    /// `None` where calls are not timed.
    pub(crate) seconds: Option<f64>,
    pub(crate) error: Option<&'a str>,
    /// Empty for an error without one.
    pub(crate) class: &'static str,
    /// Whether the line of an error is this frame's to write.
    pub(crate) loud: bool,
    /// Whether the call took longer than the function's threshold.
    pub(crate) slow: bool,
    pub(crate) value: Option<Shown<'a>>,
    pub(crate) fields: Option<&'a [Recorded]>,
}

impl Events {
    pub(crate) fn register(site: &'static Site) -> Self {
        let mut names = EVENT_FIELDS.to_vec();
        names.extend(site.ret_level.map(|_| RETURN));
        names.extend(site.slow.map(|_| THRESHOLD));
        let event = |level| LogSite::leak(site, level, Kind::EVENT, &names);
        let failed = event(site.error_level);
        let same = site.error_level == Level::ERROR;
        Self {
            span: LogSite::leak(site, site.level, Kind::SPAN, &SPAN_FIELDS),
            finished: event(site.level),
            returned: site.ret_level.map(event),
            failed,
            panicked: if same { failed } else { event(Level::ERROR) },
            warned: event(Level::WARN),
        }
    }

    /// Whether anybody would see a call of this function.
    pub(crate) fn any_enabled(&self) -> bool {
        let always = [self.span, self.finished, self.failed, self.warned];
        let mut all = always.into_iter().chain(self.returned);
        all.any(LogSite::enabled)
    }

    pub(crate) fn span_enabled(&self) -> bool {
        self.span.enabled()
    }

    pub(crate) fn any_field(&self) -> Field {
        self.span
            .metadata()
            .fields()
            .iter()
            .next()
            .expect("SPAN_FIELDS is not empty")
    }

    /// Opens the span of a call; disabled when nobody listens.
    pub(crate) fn open(&self, declared: &Declared) -> Span {
        if !self.span.enabled() {
            return Span::none();
        }
        let metadata = self.span.metadata();
        let mut values: Vec<Option<&dyn Value>> = vec![None; SPAN_FIELDS.len()];
        push_declared(&mut values, metadata, declared.fields.as_deref());
        let values = metadata.fields().value_set_all(&values);
        let span = match &declared.parent {
            Parent::Current => Span::new(metadata, &values),
            Parent::Span(id) => Span::child_of(id.clone(), metadata, &values),
            Parent::Root => Span::new_root(metadata, &values),
        };
        declared.follow(&span);
        span
    }

    /// Writes the completion event into the span, and the outcome onto it.
    pub(crate) fn close(&self, site: &Site, span: &Span, completion: &Completion<'_>) {
        let duration_ms = completion.seconds.map(milliseconds);
        if site.log {
            self.write(site, span, completion, duration_ms);
        }
        // After the event, which says both itself.
        span.record("result", completion.outcome.as_str());
        if let Some(duration_ms) = duration_ms {
            span.record("duration_ms", duration_ms);
        }
    }

    fn event(&self, site: &Site, completion: &Completion<'_>) -> &'static LogSite {
        match completion.outcome {
            // `err(..)` speaks of errors; a panic is a bug, and nobody expected it.
            Outcome::Panic if completion.loud => self.panicked,
            Outcome::Error if completion.loud && site.error_log => self.failed,
            Outcome::Cancelled => self.warned,
            _ if completion.slow => self.warned,
            Outcome::Ok if completion.value.is_some() => self.returned.unwrap_or(self.finished),
            _ => self.finished,
        }
    }

    fn write(
        &self,
        site: &Site,
        span: &Span,
        completion: &Completion<'_>,
        duration_ms: Option<f64>,
    ) {
        let event = self.event(site, completion);
        if !event.enabled() {
            return;
        }
        let function = site.function();
        let message = match completion.outcome {
            Outcome::Ok if completion.slow => format!("{function} slow"),
            Outcome::Ok => format!("{function} ok"),
            Outcome::Error => format!("{function} failed"),
            Outcome::Panic => format!("{function} panicked"),
            Outcome::Cancelled => format!("{function} cancelled"),
        };
        let result = completion.outcome.as_str();
        let class = Some(completion.class).filter(|class| !class.is_empty());
        let value = completion.value.map(Shown::text);
        let threshold_ms = site
            .slow
            .map(|limit| milliseconds(Duration::from_nanos(limit).as_secs_f64()));
        let metadata = event.metadata();
        let mut values: Vec<Option<&dyn Value>> = vec![
            Some(&message),
            Some(&function),
            Some(&result),
            duration_ms.as_ref().map(|duration_ms| duration_ms as _),
            completion.error.as_ref().map(|error| error as _),
            class.as_ref().map(|class| class as _),
        ];
        if site.ret_level.is_some() {
            values.push(value.as_ref().map(|value| value as _));
        }
        if let Some(threshold_ms) = &threshold_ms {
            values.push(completion.slow.then_some(threshold_ms));
        }
        push_declared(&mut values, metadata, completion.fields);
        let values = metadata.fields().value_set_all(&values);
        span.in_scope(|| Event::dispatch(metadata, &values));
    }
}

/// Appends one value per declared field; all absent when none were taken.
fn push_declared<'a>(
    values: &mut Vec<Option<&'a dyn Value>>,
    metadata: &Metadata<'_>,
    fields: Option<&'a [Recorded]>,
) {
    values.extend(
        fields
            .into_iter()
            .flatten()
            .map(|field| Some(field.as_value())),
    );
    values.resize(metadata.fields().len(), None);
}

/// Milliseconds to the microsecond: what a reader compares, without noise digits.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e3
}

/// One `tracing` call site that is not in the code it speaks of.
struct LogSite {
    metadata: OnceLock<Metadata<'static>>,
    interest: AtomicU8,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

impl LogSite {
    fn leak(site: &'static Site, level: Level, kind: Kind, own: &[&'static str]) -> &'static Self {
        let leaked: &'static Self = Box::leak(Box::new(Self {
            metadata: OnceLock::new(),
            interest: AtomicU8::new(NEVER),
        }));
        let names: Vec<&'static str> = own.iter().chain(site.fields).copied().collect();
        let fields = FieldSet::new(names.leak(), identify_callsite!(leaked));
        let name = if kind == Kind::SPAN {
            site.function().to_owned().leak()
        } else {
            "call"
        };
        let (file, line) = site.location();
        let module = Some(site.module());
        leaked.metadata.get_or_init(|| {
            Metadata::new(
                name,
                site.log_target(),
                level,
                Some(file),
                Some(line),
                module,
                fields,
                kind,
            )
        });
        callsite::register(leaked);
        leaked
    }

    fn metadata(&self) -> &Metadata<'static> {
        self.metadata
            .get()
            .expect("set in `leak`, before anybody has the site")
    }

    #[inline]
    fn enabled(&self) -> bool {
        let level = self.metadata().level();
        if level > &STATIC_MAX_LEVEL || level > &LevelFilter::current() {
            return false;
        }
        match self.interest.load(Ordering::Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => tracing::dispatcher::get_default(|current| current.enabled(self.metadata())),
        }
    }
}

impl Callsite for LogSite {
    fn set_interest(&self, interest: Interest) {
        let interest = match (interest.is_never(), interest.is_always()) {
            (true, _) => NEVER,
            (_, true) => ALWAYS,
            _ => SOMETIMES,
        };
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata()
    }
}

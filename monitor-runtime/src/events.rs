//! A function in `tracing`'s terms: the span of a call, and its completion event.
//!
//! `tracing`'s macros put a call site, its metadata and its field look-up into the function they
//! stand in. Here all of it is data behind the site, made on the first call that is logged, so an
//! annotated function carries none of that code and a span can have the type-qualified name.

mod log_site;

use std::sync::OnceLock;
use std::time::Duration;

use tracing::field::{Field, Value};
use tracing::{Event, Level, Metadata, Span};
use tracing_core::metadata::Kind;

use self::log_site::LogSite;
use crate::clock::milliseconds;
use crate::fields::Recorded;
use crate::outcome::Outcome;
use crate::panics::Panic;
use crate::site::Site;
use crate::start::{Declared, Parent};
use crate::trace_context;
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
/// Those after them of a panic's line.
const PANIC_FIELDS: [&str; 2] = ["thread", "backtrace"];
/// Fields of a span, before those the function declares; recorded when the call ends.
const SPAN_FIELDS: [&str; 2] = ["result", "duration_ms"];

/// The span of a function and its completion event at each level it can have.
pub(crate) struct Events {
    span: &'static LogSite,
    finished: &'static LogSite,
    returned: Option<&'static LogSite>,
    failed: &'static LogSite,
    panicked: &'static LogSite,
    /// The same with the fields of a panic that the hook saw; few functions ever need it.
    panicked_in_full: OnceLock<&'static LogSite>,
    /// Cancelled, or slow.
    warned: &'static LogSite,
    messages: Messages,
}

/// The messages of completion events, made once per function.
struct Messages {
    ok: String,
    slow: String,
    failed: String,
    panicked: String,
    cancelled: String,
}

/// The end of a call, as the log has it.
pub(crate) struct Completion<'a> {
    pub(crate) outcome: Outcome,
    /// `None` where calls are not timed.
    pub(crate) seconds: Option<f64>,
    pub(crate) error: Option<&'a str>,
    /// Empty for an error without one.
    pub(crate) class: &'static str,
    /// `true` if this frame writes the line of the error.
    pub(crate) loud: bool,
    /// The panic that ended it, where the hook saw it.
    pub(crate) panic: Option<&'a Panic>,
    /// `true` if the call took longer than the function's threshold.
    pub(crate) slow: bool,
    pub(crate) value: Option<Shown<'a>>,
    pub(crate) fields: Option<&'a [Recorded]>,
}

impl<'a> Completion<'a> {
    /// The panic whose line this is.
    fn told_panic(&self) -> Option<&'a Panic> {
        self.panic.filter(|_| self.loud)
    }
}

impl Events {
    pub(crate) fn register(site: &'static Site) -> Self {
        let mut names = EVENT_FIELDS.to_vec();
        names.extend(site.ret_level.map(|_| RETURN));
        names.extend(site.slow.map(|_| THRESHOLD));
        let names = LogSite::names(site, &names);
        let event = |level| LogSite::leak(site, level, Kind::EVENT, names);
        let failed = event(site.error_level);
        let same = site.error_level == Level::ERROR;
        Self {
            span: LogSite::leak(
                site,
                site.level,
                Kind::SPAN,
                LogSite::names(site, &SPAN_FIELDS),
            ),
            finished: event(site.level),
            returned: site.ret_level.map(event),
            failed,
            panicked: if same { failed } else { event(Level::ERROR) },
            panicked_in_full: OnceLock::new(),
            warned: event(Level::WARN),
            messages: Messages::of(site.function()),
        }
    }

    /// Returns `true` if a subscriber may want a call of this function that is ok.
    pub(crate) fn any_ok_wanted(&self, site: &Site) -> bool {
        let span = site.span && self.span.wanted();
        let mut lines = self.returned.into_iter().chain([self.finished]);
        span || site.log && lines.any(LogSite::wanted)
    }

    /// Returns `true` if a subscriber would see a call of this function.
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
        with_values(metadata, |values| {
            set_declared(values, SPAN_FIELDS.len(), declared.fields.as_deref());
            new_span(metadata, values, declared)
        })
    }

    /// Writes the completion event into the span, and the outcome onto it.
    pub(crate) fn close(&self, site: &'static Site, span: &Span, completion: &Completion<'_>) {
        let duration_ms = completion.seconds.map(milliseconds);
        if site.log {
            self.write(site, span, completion, duration_ms);
        }
        // After the event, which says both itself.
        if span.is_disabled() {
            return;
        }
        let metadata = self.span.metadata();
        let result = completion.outcome.as_str();
        with_values(metadata, |values| {
            // In the order of SPAN_FIELDS; what is absent stays as it is.
            values[0] = Some(&result);
            values[1] = duration_ms.as_ref().map(|duration_ms| duration_ms as _);
            span.record_all(&metadata.fields().value_set_all(values));
        });
    }

    /// Returns `true` if a panic that ends a call would be shown.
    pub(crate) fn panic_enabled(&self) -> bool {
        self.panicked.enabled()
    }

    fn event(&self, site: &'static Site, completion: &Completion<'_>) -> &'static LogSite {
        match completion.outcome {
            // `err(..)` speaks of errors; a panic is a bug, and nobody expected it.
            Outcome::Panic if completion.told_panic().is_some() => {
                self.panicked_in_full.get_or_init(|| {
                    let names = [&EVENT_FIELDS[..], &PANIC_FIELDS].concat();
                    let names = LogSite::names(site, &names);
                    LogSite::leak(site, Level::ERROR, Kind::EVENT, names)
                })
            }
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
        site: &'static Site,
        span: &Span,
        completion: &Completion<'_>,
        duration_ms: Option<f64>,
    ) {
        let event = self.event(site, completion);
        if !event.enabled() {
            return;
        }
        let function = site.function();
        let message = self.messages.of_end(completion);
        let result = completion.outcome.as_str();
        let class = Some(completion.class).filter(|class| !class.is_empty());
        let value = completion.value.map(Shown::text);
        let threshold_ms = site
            .slow
            .map(|limit| milliseconds(Duration::from_nanos(limit).as_secs_f64()));
        let panic = completion.told_panic();
        let panic = panic.map(|panic| (panic.thread.as_str(), panic.backtrace.as_deref()));
        let metadata = event.metadata();
        with_values(metadata, |values| {
            let own: [Option<&dyn Value>; EVENT_FIELDS.len()] = [
                Some(&message),
                Some(&function),
                Some(&result),
                duration_ms.as_ref().map(|duration_ms| duration_ms as _),
                completion.error.as_ref().map(|error| error as _),
                class.as_ref().map(|class| class as _),
            ];
            values[..own.len()].copy_from_slice(&own);
            let mut at = own.len();
            if let Some((thread, backtrace)) = &panic {
                values[at] = Some(thread);
                values[at + 1] = backtrace.as_ref().map(|backtrace| backtrace as _);
                at += PANIC_FIELDS.len();
            } else {
                if site.ret_level.is_some() {
                    values[at] = value.as_ref().map(|value| value as _);
                    at += 1;
                }
                if let Some(threshold_ms) = &threshold_ms {
                    values[at] = completion.slow.then_some(threshold_ms);
                    at += 1;
                }
            }
            set_declared(values, at, completion.fields);
            let values = metadata.fields().value_set_all(values);
            span.in_scope(|| Event::dispatch(metadata, &values));
        });
        if completion.loud && *metadata.level() <= Level::WARN {
            trace_context::note_logged();
        }
    }
}

impl Messages {
    fn of(function: &str) -> Self {
        Self {
            ok: format!("{function} ok"),
            slow: format!("{function} slow"),
            failed: format!("{function} failed"),
            panicked: format!("{function} panicked"),
            cancelled: format!("{function} cancelled"),
        }
    }

    fn of_end(&self, completion: &Completion<'_>) -> &str {
        match completion.outcome {
            Outcome::Ok if completion.slow => &self.slow,
            Outcome::Ok => &self.ok,
            Outcome::Error => &self.failed,
            Outcome::Panic => &self.panicked,
            Outcome::Cancelled => &self.cancelled,
        }
    }
}

fn new_span(
    metadata: &'static Metadata<'static>,
    values: &[Option<&dyn Value>],
    declared: &Declared,
) -> Span {
    let values = metadata.fields().value_set_all(values);
    let span = match &declared.parent {
        Parent::Current => Span::new(metadata, &values),
        Parent::Span(id) => Span::child_of(id.clone(), metadata, &values),
        Parent::Root => Span::new_root(metadata, &values),
    };
    declared.follow(&span);
    span
}

/// Hands out one place per field, each empty; on the stack where that is not too many.
fn with_values<'a, T>(
    metadata: &Metadata<'_>,
    fill: impl FnOnce(&mut [Option<&'a dyn Value>]) -> T,
) -> T {
    const FEW: usize = 16;
    let fields = metadata.fields().len();
    if fields <= FEW {
        fill(&mut [None; FEW][..fields])
    } else {
        fill(&mut vec![None; fields])
    }
}

/// Sets one value per declared field, behind the others; leaves them empty when none were taken.
fn set_declared<'a>(
    values: &mut [Option<&'a dyn Value>],
    others: usize,
    fields: Option<&'a [Recorded]>,
) {
    let fields = fields.into_iter().flatten();
    for (place, field) in values[others..].iter_mut().zip(fields) {
        *place = Some(field.as_value());
    }
}

//! A function in `tracing`'s terms: the span of a call, and its completion event.
//!
//! `tracing`'s macros put a call site, its metadata and its field look-up into the function they
//! stand in. Here all of it is data behind the call site, made on the first call that is logged. So
//! an annotated function carries none of that code, and a span can have the type-qualified name.

mod asked;
mod call_span;
mod completion;
mod declared;
mod messages;
mod metadata;
mod opens_spans;
pub(crate) mod pending;
mod prepared;
mod telling;
mod values;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::field::{Field, Value};
use tracing::{Event, Level, Span};
use tracing_core::metadata::Kind;

use self::asked::asked;
pub(crate) use self::call_span::CallSpan;
pub(crate) use self::completion::Completion;
pub(crate) use self::declared::{Declared, Parent};
use self::messages::Messages;
use self::metadata::LogSite;
pub(crate) use self::metadata::is_of_call;
pub(crate) use self::opens_spans::OpensSpans;
pub(crate) use self::prepared::{Prepared, Wanted};
pub(crate) use self::telling::{is_telling, telling};
use self::values::{set_declared, with_values};
use crate::base::clock::milliseconds;
use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::base::unwind;
use crate::base::verdict::Shown;
use crate::callsite::Site;

/// Fields of a completion event, before those the function declares.
const EVENT_FIELDS: [&str; 7] = [
    "message",
    "function",
    "result",
    "duration_ms",
    "error",
    "error_class",
    "cancel_reason",
];
/// The field after them of a function with `ret`, and of one with `slow`.
const RETURN: &str = "return";
const THRESHOLD: &str = "threshold_ms";
/// Fields after them on the line of a panic.
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
    /// Like `panicked`, with the fields of a panic that the hook saw. Few functions ever need it.
    panicked_in_full: OnceLock<&'static LogSite>,
    /// Cancelled, or slow.
    warned: &'static LogSite,
    messages: Messages,
    /// `true` if a declared name is not written as it is.
    has_odd_names: bool,
    /// The constant parts of the line of a call that succeeds, once one was written.
    prepared: OnceLock<Prepared>,
    /// Set once `tracing` knows those that every call may need.
    registered: AtomicBool,
    /// Set once the key of the function's call site says if a subscriber wants its calls.
    known: AtomicBool,
}

impl Events {
    /// Makes them without calling `tracing`, so that no code of a subscriber runs.
    pub(crate) fn new(site: &'static Site) -> Self {
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
            messages: Messages::new(site.function()),
            has_odd_names: (site.fields.iter())
                .any(|name| name.starts_with("r#") || name.starts_with("log.")),
            prepared: OnceLock::new(),
            registered: AtomicBool::new(false),
            known: AtomicBool::new(false),
        }
    }

    /// Returns the call sites that every call may need.
    fn all(&self) -> impl Iterator<Item = &'static LogSite> {
        let always = [
            self.span,
            self.finished,
            self.failed,
            self.panicked,
            self.warned,
        ];
        always.into_iter().chain(self.returned)
    }

    /// Registers them with `tracing`, which asks all subscribers for their interest.
    ///
    /// A subscriber is the user's code. It may panic, and it may call this very function: that call
    /// registers the rest and goes on.
    pub(crate) fn register(&self) {
        for site in self.all() {
            unwind::quietly(|| telling(|| site.interest()));
        }
        self.registered.store(true, Ordering::Release);
    }

    /// Returns `true` if they are registered with `tracing`. Asking for their interest then runs no
    /// code of a subscriber.
    pub(crate) fn is_registered(&self) -> bool {
        self.registered.load(Ordering::Acquire)
    }

    /// Notes that the key of the call site reflects the subscribers' interest from now on.
    pub(crate) fn set_known(&self) {
        self.known.store(true, Ordering::Release);
    }

    /// Returns `true` after [`set_known`](Self::set_known).
    pub(crate) fn is_known(&self) -> bool {
        self.known.load(Ordering::Acquire)
    }

    /// Returns `true` if a subscriber may want to see a successful call of this function.
    ///
    /// Only valid once they are registered.
    pub(crate) fn any_ok_wanted(&self, site: &Site) -> bool {
        let span = site.span && self.span.wanted();
        let mut lines = self.returned.into_iter().chain([self.finished]);
        span || site.log && lines.any(LogSite::wanted)
    }

    /// Returns `true` if a subscriber would show a call of this function.
    pub(crate) fn any_enabled(&self) -> bool {
        asked(|| self.all().any(LogSite::enabled))
    }

    /// Returns `true` if a subscriber would show its span.
    pub(crate) fn span_enabled(&self) -> bool {
        asked(|| self.span.enabled())
    }

    pub(crate) fn any_field(&self) -> Field {
        self.span
            .metadata()
            .fields()
            .iter()
            .next()
            .expect("SPAN_FIELDS is not empty")
    }

    /// Returns `true` if the span of a call is wanted, but needs not be opened yet.
    pub(crate) fn is_span_pending(&self, declared: Option<&Declared>) -> bool {
        declared.is_none_or(Declared::is_plain)
            && pending::is_possible()
            && !is_telling()
            && telling(|| self.span.enabled())
    }

    /// Opens the span of a call, which is disabled if no subscriber wants it.
    pub(crate) fn open(&self, declared: &Declared) -> CallSpan {
        if is_telling() || !telling(|| self.span.enabled()) {
            return CallSpan::none();
        }
        if declared.is_plain() && pending::is_possible() {
            return CallSpan::pending(pending::Place::Here);
        }
        pending::open_own();
        telling(|| {
            let span = self.new_span(declared.fields(), &declared.parent);
            declared.follow(&span);
            CallSpan::new(span)
        })
    }

    /// Opens a span, whether or not a subscriber wants it.
    fn new_span(&self, fields: Option<&[FieldValue]>, parent: &Parent) -> Span {
        let metadata = self.span.metadata();
        with_values(metadata, |values| {
            set_declared(values, SPAN_FIELDS.len(), fields);
            let values = metadata.fields().value_set_all(values);
            match parent {
                Parent::Current => Span::new(metadata, &values),
                Parent::Span(id) => Span::child_of(id.clone(), metadata, &values),
                Parent::Root => Span::new_root(metadata, &values),
            }
        })
    }

    /// Writes the completion event inside the span, and records the outcome on it.
    ///
    /// Returns `true` if the event reports a failure at level `WARN` or above.
    pub(crate) fn close(
        &self,
        site: &'static Site,
        span: &Span,
        completion: &Completion<'_>,
    ) -> bool {
        !is_telling() && telling(|| self.tell(site, span, completion))
    }

    fn tell(&self, site: &'static Site, span: &Span, completion: &Completion<'_>) -> bool {
        let duration_ms = completion.seconds.map(milliseconds);
        let reported = site.log && self.write(site, span, completion, duration_ms);
        // FieldValue after the event, which has both itself.
        if span.is_disabled() {
            return reported;
        }
        let metadata = self.span.metadata();
        let result = completion.outcome.as_str();
        with_values(metadata, |values| {
            // In the order of SPAN_FIELDS; absent values keep what they were.
            values[0] = Some(&result);
            values[1] = duration_ms.as_ref().map(|duration_ms| duration_ms as _);
            span.record_all(&metadata.fields().value_set_all(values));
        });
        reported
    }

    /// Returns `true` if a panic that ends a call would be shown.
    pub(crate) fn panic_enabled(&self) -> bool {
        asked(|| self.panicked.enabled())
    }

    fn event(&self, site: &'static Site, completion: &Completion<'_>) -> &'static LogSite {
        match completion.outcome {
            // `err(..)` sets the level of errors. A panic is a bug, so it is always an `ERROR`.
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
    ) -> bool {
        let event = self.event(site, completion);
        if !event.enabled() {
            return false;
        }
        let function = site.function();
        let message = self.messages.of_end(completion);
        let result = completion.outcome.as_str();
        let class = Some(completion.class).filter(|class| !class.is_empty());
        let is_cancelled = completion.outcome == Outcome::Cancelled;
        let (reason, class) = (
            class.filter(|_| is_cancelled),
            class.filter(|_| !is_cancelled),
        );
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
                reason.as_ref().map(|reason| reason as _),
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
        completion.loud && *metadata.level() <= Level::WARN
    }
}

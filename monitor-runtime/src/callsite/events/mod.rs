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
mod own_subscriber;
pub(crate) mod pending;
mod prepared;
mod telling;
mod values;
mod write;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::field::Field;
use tracing::{Dispatch, Level, Span, dispatcher};
use tracing_core::metadata::Kind;

use self::asked::asked;
pub(crate) use self::call_span::CallSpan;
pub(crate) use self::completion::Completion;
pub(crate) use self::declared::{Declared, Parent};
use self::messages::Messages;
use self::metadata::LogSite;
pub(crate) use self::metadata::is_of_call;
pub(crate) use self::own_subscriber::OpensSpans;
pub(crate) use self::prepared::{Prepared, Wanted};
pub(crate) use self::telling::{is_telling, telling};
use self::values::{set_declared, with_values};
use crate::base::fields::FieldValue;
use crate::base::unwind;
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
/// Fields of a span, before those the function declares; recorded when a call fails or was slow.
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
        // Those first that are known: a filter of a layer keeps its answer for the event that follows, and here
        // none may follow.
        let is_known = |site: &'static LogSite| site.known() == Some(true);
        asked(|| self.all().any(is_known) || self.all().any(LogSite::enabled))
    }

    /// Returns `true` if a subscriber would show its span.
    pub(crate) fn span_enabled(&self) -> bool {
        // Most answers are known, and then no code of a subscriber runs.
        let known = self.is_registered().then(|| self.span.known()).flatten();
        let ask = || asked(|| self.span.enabled());
        !is_telling() && known.unwrap_or_else(ask)
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

    /// Returns `true` if the span of a call is wanted, and has nothing to do with other spans but the current
    /// one.
    pub(crate) fn is_span_plain(&self, declared: Option<&Declared>) -> bool {
        declared.is_none_or(Declared::is_plain) && self.span_enabled()
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
            let fields = Some(declared.fields());
            let span = dispatcher::get_default(|subscriber| {
                self.new_span(subscriber, fields, &declared.parent)
            });
            declared.follow(&span);
            CallSpan::new(span)
        })
    }

    /// Opens a span, whether or not the subscriber wants it.
    fn new_span(
        &self,
        subscriber: &Dispatch,
        fields: Option<&[FieldValue]>,
        parent: &Parent,
    ) -> Span {
        let metadata = self.span.metadata();
        with_values(metadata, |values| {
            set_declared(values, SPAN_FIELDS.len(), fields);
            let values = metadata.fields().value_set_all(values);
            match parent {
                Parent::Current => Span::new_with(metadata, &values, subscriber),
                Parent::Span(id) => Span::child_of_with(id.clone(), metadata, &values, subscriber),
                Parent::Root => Span::new_root_with(metadata, &values, subscriber),
            }
        })
    }
}

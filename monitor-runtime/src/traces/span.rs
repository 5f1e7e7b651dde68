//! One span of a local trace: a request, a task, a monitored call, or a span of another crate.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use tracing::Metadata;

use super::waits::Waits;
use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::base::verdict::{Link, cut};
use crate::callsite::Site;

/// Links of an error's chain that a span keeps, and the bytes of each text.
const MAX_LINKS: usize = 8;
const MAX_LINK_BYTES: usize = 512;
/// Bytes of a field that a span keeps.
const MAX_FIELD_BYTES: usize = 256;

/// The code that a span stands for.
#[derive(Clone)]
pub(crate) enum Subject {
    /// A request at the HTTP edge.
    Request(Arc<dyn Described>),
    /// A task, by the place that spawned it.
    Task(&'static Location<'static>),
    /// A call of a monitored function.
    Call(&'static Site),
    /// A span of another crate.
    Foreign(&'static Metadata<'static>),
}

/// A request whose route may be known only once its handler is found.
pub(crate) trait Described: Send + Sync {
    fn method(&self) -> &'static str;

    /// Returns its route, `unmatched` before it is known.
    fn route(&self) -> &'static str;
}

/// The name of what began a local trace, by which kept ones are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RootName {
    Request(&'static str, &'static str),
    Task(&'static str, u32),
    /// By the function's label and its module.
    Function(&'static str, &'static str),
    Foreign(&'static str),
}

impl fmt::Display for RootName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(method, route) => write!(f, "{method} {route}"),
            Self::Task(file, line) => write!(f, "task {file}:{line}"),
            Self::Function(name, _) | Self::Foreign(name) => f.write_str(name),
        }
    }
}

impl Subject {
    pub(crate) fn name(&self) -> RootName {
        match self {
            Self::Request(request) => RootName::Request(request.method(), request.route()),
            Self::Task(place) => RootName::Task(place.file(), place.line()),
            Self::Call(site) => RootName::Function(site.function(), site.module()),
            Self::Foreign(metadata) => RootName::Foreign(metadata.name()),
        }
    }

    /// Returns the module of its code, if it is known.
    pub(crate) fn module(&self) -> Option<&'static str> {
        match self {
            Self::Call(site) => Some(site.module()),
            Self::Foreign(metadata) => Some(metadata.module_path().unwrap_or(metadata.target())),
            Self::Request(_) | Self::Task(_) => None,
        }
    }
}

/// A span, as a reader sees it.
#[derive(Clone)]
pub(crate) struct Span {
    pub(crate) number: u64,
    /// The number of the span around it; `None` for the root.
    pub(crate) parent: Option<u64>,
    pub(crate) subject: Subject,
    /// The start, in ticks of the clock.
    pub(crate) began: u64,
    /// The end and the outcome; `None` while it is open.
    pub(crate) ended: Option<(u64, Outcome)>,
    pub(crate) waits: Waits,
    pub(crate) detail: Detail,
}

/// The parts that few spans have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Detail {
    /// Declared fields that were recorded, redacted as in the log.
    pub(crate) fields: Vec<(&'static str, FieldValue)>,
    /// The class of its error, or the status of its response; empty without one.
    pub(crate) class: &'static str,
    /// Its error and the sources of that, outermost first.
    pub(crate) chain: Vec<Link>,
    /// `true` if the error is part of the function's work.
    pub(crate) expected: bool,
    /// `true` if it took longer than its threshold.
    pub(crate) slow: bool,
}

/// The end of a span.
pub(crate) struct SpanEnd {
    /// In ticks of the clock.
    pub(crate) ended: u64,
    pub(crate) outcome: Outcome,
    pub(crate) class: &'static str,
    pub(crate) chain: Vec<Link>,
    pub(crate) expected: bool,
    pub(crate) slow: bool,
    /// Fields that are known only at its end.
    pub(crate) fields: Vec<(&'static str, FieldValue)>,
}

impl SpanEnd {
    /// Returns the end of a span that has nothing to tell but its outcome.
    pub(crate) fn new(ended: u64, outcome: Outcome) -> Self {
        Self {
            ended,
            outcome,
            class: "",
            chain: Vec::new(),
            expected: false,
            slow: false,
            fields: Vec::new(),
        }
    }

    /// Returns `true` if it is a reason to keep the trace as failed.
    pub(super) fn is_failure(&self) -> bool {
        match self.outcome {
            Outcome::Error => !self.expected,
            Outcome::Panic => true,
            Outcome::Ok | Outcome::Cancelled => false,
        }
    }

    /// Returns `true` if the span needs a [`Detail`] to show it.
    pub(super) fn has_detail(&self) -> bool {
        let is_plain = matches!(self.outcome, Outcome::Ok | Outcome::Cancelled);
        !is_plain || self.slow || !self.class.is_empty() || !self.fields.is_empty()
    }
}

impl Span {
    /// Returns its end, or `now` while it is open, in ticks of the clock.
    pub(crate) fn end_or(&self, now: u64) -> u64 {
        self.ended.map_or(now, |(ended, _)| ended)
    }

    /// Returns the ticks for which it waited between the polls of its future; `None` for code that is no
    /// future, and for spans of other crates.
    pub(crate) fn waiting(&self, now: u64) -> Option<u64> {
        let waits = match self.subject {
            Subject::Request(_) | Subject::Task(_) => true,
            Subject::Call(site) => site.is_future,
            Subject::Foreign(_) => false,
        };
        let most = self.end_or(now).saturating_sub(self.began);
        waits.then(|| self.waits.until(now).min(most))
    }

    /// Returns the part of its waits in which it was woken and not polled; `None` for spans of which that
    /// is not known.
    pub(crate) fn scheduled(&self, now: u64) -> Option<u64> {
        let is_known = matches!(self.subject, Subject::Request(_) | Subject::Task(_));
        let waiting = self.waiting(now).filter(|_| is_known)?;
        Some(self.waits.scheduled_until(now).min(waiting))
    }
}

impl Detail {
    /// Creates the detail of a call that declares fields, with those that have a value; `None`
    /// without any.
    pub(crate) fn of_fields<'a>(
        names: &[&'static str],
        values: impl IntoIterator<Item = &'a FieldValue>,
    ) -> Option<Self> {
        let known = names.iter().copied().zip(values);
        let known = known.filter(|(_, value)| **value != FieldValue::Empty);
        let fields: Vec<_> = known.map(|(name, value)| (name, value.clone())).collect();
        (!fields.is_empty()).then(|| Self::of_values(fields))
    }

    /// Creates the detail of a span with fields, which are redacted.
    pub(crate) fn of_values(mut fields: Vec<(&'static str, FieldValue)>) -> Self {
        for (_, value) in &mut fields {
            value.cut(MAX_FIELD_BYTES);
        }
        Self {
            fields,
            ..Self::default()
        }
    }

    /// Creates the detail of an end.
    pub(super) fn of_end(end: SpanEnd) -> Self {
        let mut chain = end.chain;
        chain.truncate(MAX_LINKS);
        for link in &mut chain {
            cut(&mut link.text, MAX_LINK_BYTES);
            cut(&mut link.type_name, MAX_LINK_BYTES);
        }
        Self {
            fields: end.fields,
            class: end.class,
            chain,
            expected: end.expected,
            slow: end.slow,
        }
    }

    /// Adds the detail of the end to that of the begin.
    pub(super) fn join(&mut self, end: Self) {
        self.fields.extend(end.fields);
        self.class = end.class;
        self.chain = end.chain;
        self.expected = end.expected;
        self.slow = end.slow;
    }

    /// Returns the bytes that it occupies beyond its span.
    pub(super) fn bytes(&self) -> usize {
        let text = |value: &FieldValue| match value {
            FieldValue::Text(text) => text.len(),
            _ => 0,
        };
        let fields = self.fields.iter();
        let fields = fields.map(|(_, value)| size_of::<(&str, FieldValue)>() + text(value));
        let links = self.chain.iter();
        let links = links.map(|link| size_of::<Link>() + link.text.len() + link.type_name.len());
        size_of::<Self>() + fields.sum::<usize>() + links.sum::<usize>()
    }
}

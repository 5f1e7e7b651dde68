//! The start of a call, before it begins: its call site, its recorded values, its parent span.

use std::mem;

use tracing::span::Id;

use crate::base::fields::{Declarations, Recorder};
use crate::base::unwind::caught;
use crate::callsite::Site;
use crate::callsite::events::{Declared, Events, Parent};
use crate::context;
use crate::sentry;

/// A call about to begin: its site, and the values of its declared fields.
pub struct Start {
    pub(crate) site: &'static Site,
    /// The index of its label set.
    pub(crate) label_set: usize,
    /// `None` for a call that declares nothing, or whose declarations no log and no Sentry event
    /// would show.
    pub(crate) declared: Option<Box<Declared>>,
}

impl Site {
    /// Starts a call without declared fields.
    #[inline]
    pub const fn start(&'static self) -> Start {
        Start {
            site: self,
            label_set: 0,
            declared: None,
        }
    }

    /// Starts a call with declared fields, recorded only if a log, Sentry or a local trace would show
    /// them.
    pub fn start_with(&'static self, record: impl FnOnce(&mut Recorder)) -> Start {
        // `None` while the function's events are being made: allocations during that time may call
        // this very function.
        let events = self.events();
        let shown = sentry::is_on()
            || context::is_in_local_trace()
            || events.is_some_and(Events::any_enabled);
        let declared = Declarations {
            fields: self.fields,
            tags: self.tags,
            fingerprint: self.fingerprint,
        };
        let take = |events: &Events| {
            let mut values = Declared::boxed();
            let room = mem::take(&mut values.recorded);
            values.recorded = Recorder::take(events.any_field(), &declared, room, record);
            values
        };
        Start {
            site: self,
            label_set: 0,
            declared: events.filter(|_| shown).map(take),
        }
    }
}

impl Start {
    /// Evaluates `parent = …`, only if a subscriber wants the span.
    pub fn parent(mut self, parent: impl FnOnce() -> Option<Id>) -> Self {
        if let Some(parent) = self.when_seen(parent) {
            self.declared.get_or_insert_with(Declared::boxed).parent =
                parent.map_or(Parent::Root, Parent::Span);
        }
        self
    }

    /// Evaluates `follows_from = …`, only if a subscriber wants the span.
    pub fn follows_from(mut self, causes: impl FnOnce() -> Vec<Id>) -> Self {
        if let Some(causes) = self.when_seen(causes) {
            self.declared.get_or_insert_with(Declared::boxed).causes = causes;
        }
        self
    }

    /// Evaluates an expression of the attribute if a subscriber wants the span. If the expression
    /// panics, the relation is lost; the call continues.
    fn when_seen<T>(&self, user: impl FnOnce() -> T) -> Option<T> {
        let events = self.site.events();
        events
            .is_some_and(Events::span_enabled)
            .then(|| caught(user))?
    }
}

/// Returns the id of `parent = …`. The expression stays where it stands: it may borrow a span made there.
pub fn id(span: impl Into<Option<Id>>) -> Option<Id> {
    span.into()
}

/// Returns the ids of `follows_from = …`.
pub fn ids<C>(causes: C) -> Vec<Id>
where
    C: IntoIterator,
    C::Item: Into<Option<Id>>,
{
    causes.into_iter().filter_map(Into::into).collect()
}

//! The record of one local trace, shared by all threads that work for its request.
//!
//! A call that succeeds and has no fields writes its [place](super::slots) and takes no lock. The
//! [rest](super::rest) has one, which is held for a short time and runs no code of the user.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::ids::{Origin, SpanId};
use super::rest::Rest;
use super::slots::{Slots, SpanKey};
use super::span::{Detail, RootName, SpanEnd, Subject};
use super::{LocalTrace, Story, live};
use crate::base::clock;
use crate::callsite::Site;

impl LocalTrace {
    /// Begins a local trace, which is in flight until its root and its tasks have ended.
    pub(crate) fn begin(origin: Origin, root: Subject) -> Arc<Self> {
        Self::begin_at(clock::now(), origin, root)
    }

    /// Begins a local trace of code that has been running since a time, in ticks of the clock.
    pub(crate) fn begin_at(began: u64, origin: Origin, root: Subject) -> Arc<Self> {
        let since = Duration::try_from_secs_f64(clock::seconds(clock::since(began)));
        let at = SystemTime::now();
        let slots = Slots::new();
        if let Ok(root) = slots.take() {
            slots.begin(root, SpanKey::ROOT, None, began);
        }
        let trace = Arc::new(Self {
            ids: origin.ids,
            remote_parent: origin.remote_parent,
            state: origin.state,
            at: at.checked_sub(since.unwrap_or_default()).unwrap_or(at),
            began,
            slots,
            place: AtomicU64::new(0),
            rest: Mutex::new(Rest::new(root)),
        });
        live::enter(&trace);
        trace
    }

    /// Returns the key of a span that is about to begin; `None` if there is no room for it.
    #[inline]
    fn take(&self) -> Option<SpanKey> {
        self.slots.take().or_else(|number| self.reuse(number)).ok()
    }

    #[cold]
    fn reuse(&self, number: u64) -> Result<SpanKey, ()> {
        let slot = self.with(|rest| rest.reuse(&self.slots)).flatten();
        slot.map(|slot| SpanKey { slot, number }).ok_or(())
    }

    /// Begins the span of a call without fields inside `parent`. `now` reads the clock, as late as
    /// possible. Returns `None` if there is no room for the span.
    #[inline]
    pub(crate) fn begin_call(
        &self,
        parent: SpanKey,
        site: &'static Site,
        now: impl Fn() -> u64,
    ) -> Option<(SpanKey, u64)> {
        let key = self.take()?;
        let began = now();
        self.slots.begin(key, parent, Some(site), began);
        Some((key, began))
    }

    /// Begins a span of any kind inside `parent`. Returns `None` if there is no room for it.
    pub(crate) fn begin_span(
        &self,
        parent: SpanKey,
        subject: Subject,
        detail: Option<Detail>,
    ) -> Option<SpanKey> {
        let key = self.take()?;
        let (site, other) = match subject {
            Subject::Call(site) => (Some(site), None),
            other => (None, Some(other)),
        };
        if other.is_some() || detail.is_some() {
            self.with(|rest| rest.add(key.number, other, detail))?;
        }
        self.slots.begin(key, parent, site, clock::now());
        Some(key)
    }

    /// Begins the span of a task, which keeps the trace in flight.
    pub(crate) fn begin_task(self: &Arc<Self>, parent: SpanKey, task: Subject) -> Option<SpanKey> {
        let key = self.begin_span(parent, task, None)?;
        let parts = self.with(|rest| {
            rest.parts += 1;
            rest.parts
        });
        if parts == Some(1) {
            // Code that outlives the request has spawned it.
            live::enter(self);
        }
        Some(key)
    }

    /// Ends a call that succeeded, and returns the key of the span around it; `None` if the span is
    /// not a call of this function.
    #[inline]
    pub(crate) fn end_call(&self, key: SpanKey, site: &Site, ended: u64) -> Option<SpanKey> {
        self.slots.end_call(key, site, ended)
    }

    /// Returns the key of the span around an open call; `None` if the span is not one of this function.
    pub(crate) fn around_call(&self, key: SpanKey, site: &Site) -> Option<SpanKey> {
        self.slots.around_call(key, site)
    }

    /// Returns the innermost open call of a function at or around a span, and the span around it.
    pub(crate) fn find_call(&self, span: SpanKey, site: &Site) -> Option<(SpanKey, SpanKey)> {
        self.slots.find_call(span, site)
    }

    /// Returns the key of the span around another one, if that is not left out.
    pub(crate) fn around(&self, key: SpanKey) -> Option<SpanKey> {
        self.slots.around(key)
    }

    /// Ends a span.
    pub(crate) fn end_span(self: &Arc<Self>, key: SpanKey, end: SpanEnd) {
        let is_failure = end.is_failure();
        self.close_span(key, end);
        if is_failure {
            self.judge(false);
            self.offer();
        }
    }

    /// Ends a span without a judgement on the trace.
    pub(super) fn close_span(&self, key: SpanKey, end: SpanEnd) {
        let (ended, outcome) = (end.ended, end.outcome);
        if end.has_detail() {
            self.with(|rest| rest.end(key, end));
        }
        // Last: a reader that sees the end also sees the rest of it.
        self.slots.end(key, ended, outcome);
    }

    /// Adds the fields of the call that it began with.
    pub(crate) fn describe_root(&self, detail: Detail) {
        self.with(|rest| rest.describe(SpanKey::ROOT.number, detail));
    }

    /// Returns the bytes that it occupies without its [`Rest`].
    pub(super) fn own_bytes(&self) -> usize {
        size_of::<Self>() + self.slots.bytes()
    }

    /// Returns the name of the request or task that it began with.
    pub(crate) fn name(&self) -> RootName {
        // Cloned, because the name of a request takes a lock of its own.
        let root = self.with(|rest| rest.root()).flatten();
        root.map_or(RootName::Foreign(""), |root| root.name())
    }

    /// Returns the id of a span by its number.
    #[inline]
    pub(crate) fn span_id(&self, number: u64) -> SpanId {
        self.ids.span.numbered(number)
    }

    /// Copies what it has recorded so far.
    pub(crate) fn read(&self) -> Story {
        let mut story = self.read_spans();
        story.lines = self.lines();
        story
    }

    /// Copies what it has recorded so far, without the lines.
    pub(super) fn read_spans(&self) -> Story {
        self.with(|rest| Story {
            spans: rest.read(&self.slots),
            left_out: rest.left_out,
            cut: rest.cut,
            lines: Vec::new(),
            lines_left_out: rest.lines.left_out(),
            reason: rest.facts.kept,
        })
        .unwrap_or_default()
    }
}

//! One call, from its start to its end: returned, failed, panicked or cancelled.
//!
//! Everything is recorded through [`Call::end`]. That every way out of a call passes there is the
//! task of [`run`].

pub(crate) mod begin;
mod cancelled;
mod extras;
mod fast;
mod finish;
pub(crate) mod future;
pub(crate) mod guard;
pub(crate) mod judge;
pub(crate) mod labels;
pub(crate) mod levels;
mod line;
mod logged;
pub(crate) mod look;
mod marks;
mod polls;
pub(crate) mod probe;
pub(crate) mod run;
mod silent_errors;
mod slow_polls;
pub(crate) mod spawn;
pub(crate) mod start;
mod stretch;
pub(crate) mod transparent;

use std::mem::ManuallyDrop;

pub(crate) use self::extras::CallExtras;
use self::extras::Traced;
pub(crate) use self::fast::FastCall;
use self::finish::Ended;
pub(crate) use self::stretch::Stretch;
use crate::base::clock;
use crate::base::outcome::{CancelReason, Outcome};
use crate::base::unwind;
use crate::base::verdict::Verdict;
use crate::call::start::Start;
use crate::callsite::Site;
use crate::callsite::objective_counts;
use crate::context;
use crate::context::capture;
use crate::context::trace::OpenSpan;
use crate::traces::SpanEnd;

/// A call that has begun and not ended.
pub(crate) struct Call {
    /// The start, in ticks of the clock; 0 if calls are not timed.
    pub(crate) began: u64,
    /// Taken by the code that ends the call. `ManuallyDrop` keeps drop glue out of every annotated
    /// function.
    pub(crate) extra: ManuallyDrop<Option<Box<CallExtras>>>,
}

/// A call on the full path, and the user's code that runs in it.
pub(crate) struct FullCall {
    pub(crate) call: Call,
    pub(crate) stretch: Stretch,
}

impl FullCall {
    pub(crate) fn begin(start: Start) -> Self {
        let Start {
            site,
            label_set,
            declared,
        } = start;
        let is_traced = site.is_recorded() && context::is_in_local_trace();
        let is_shown = declared.is_some() || site.is_watched() || capture::is_active();
        let mut extra = if is_traced || is_shown {
            Some(CallExtras::open(site, declared).boxed())
        } else {
            None
        };
        let begin = || context::Stretch::begin(site);
        let mut stretch = Stretch::enter(site, label_set, extra.as_deref_mut(), begin);
        stretch.shard.started();
        stretch.since = now(site);
        let call = Call {
            began: stretch.since,
            extra: ManuallyDrop::new(extra),
        };
        Self { call, stretch }
    }
}

impl Call {
    /// Creates a call that began at `began` and has no other parts.
    #[inline]
    pub(crate) fn at(began: u64) -> Self {
        Self {
            began,
            extra: ManuallyDrop::new(None),
        }
    }

    /// Takes over the span that the fast path began in the local trace.
    #[cold]
    pub(crate) fn adopt_span(&mut self, site: &Site) {
        if let Some(traced) = OpenSpan::of_call(site) {
            self.adopt(traced);
        }
    }

    #[cold]
    pub(crate) fn adopt(&mut self, traced: OpenSpan) {
        let extra = self
            .extra
            .get_or_insert_with(|| CallExtras::default().boxed());
        extra.traced = Some(Traced::Span(traced));
    }

    /// Enters the user's code again, for another poll.
    pub(crate) fn resume(mut self, site: &'static Site, label_set: usize) -> FullCall {
        let began = self.began;
        let resume = || context::Stretch::resume(site, began);
        let mut stretch = Stretch::enter(site, label_set, self.extra.as_deref_mut(), resume);
        if let Some(extra) = self.extra.as_deref_mut() {
            extra.memory.recall(stretch.story, began);
        }
        stretch.is_resumed = true;
        stretch.since = now(site);
        if let Some(span) = self.span() {
            span.end_wait(stretch.since);
        }
        FullCall {
            call: self,
            stretch,
        }
    }

    /// Leaves the user's code, which waits for another poll.
    pub(crate) fn rest(mut self, stretch: &Stretch) -> Self {
        let site = stretch.shard.site;
        let at = now(site);
        let polled = at.saturating_sub(stretch.since);
        stretch.shard.suspended(polled);
        if let Some(extra) = self.extra.as_deref_mut() {
            extra.begin_root();
        }
        if slow_polls::is_slow(site, polled) {
            slow_polls::note(stretch, polled);
        }
        if let Some(extra) = self.extra.as_deref() {
            extra.span.wait();
        }
        stretch.exit(self.extra.as_deref_mut(), CallExtras::exit);
        if let Some(extra) = self.extra.as_deref_mut() {
            extra.describe_root(site);
        }
        if let Some(span) = self.span() {
            span.begin_wait(at);
        }
        if stretch.story.has_marks() {
            let extra = self
                .extra
                .get_or_insert_with(|| CallExtras::default().boxed());
            extra.memory.keep(stretch.story);
        }
        self
    }

    /// Returns its span in a local trace, between two polls.
    fn span(&self) -> Option<&OpenSpan> {
        self.extra.as_ref()?.traced.as_ref()?.suspended()
    }

    /// Records the end of the call, after the user's code returned, panicked or was dropped.
    pub(crate) fn end(mut self, end: End<'_>, stretch: &Stretch) {
        let site = stretch.shard.site;
        let ended = now(site);
        let ticks = ended.saturating_sub(self.began);
        let outcome = end.outcome();
        let polled = match outcome {
            Outcome::Cancelled => 0,
            _ => ended.saturating_sub(stretch.since),
        };
        let slow = site.slow.is_some() && ticks > site.slow_ticks();
        let slow_poll = slow_polls::is_slow(site, polled);
        let mut extra = self.extra.take();
        let is_kept = outcome != Outcome::Ok || slow || slow_poll;
        if let Some(extra) = extra.as_deref().filter(|_| is_kept) {
            // Its line and event are to name the trace that keeps a failure.
            extra.begin_root();
        }
        let mut traced = extra.as_mut().and_then(|extra| extra.traced.take());
        let class = end.place(site);
        (stretch.shard).ended(outcome, class, ticks, stretch.is_resumed.then_some(polled));
        if slow_poll {
            slow_polls::note(stretch, polled);
        }
        finish::count_for_objective(stretch, end, ticks);
        finish::offer_exemplar(stretch, outcome, ticks);
        // Layers, Sentry and a thread that ends may panic; the call has already ended.
        unwind::quietly(|| stretch.exit(extra.as_deref_mut(), |extra| extra.end(end)));
        if let (Some(traced), Some(extra)) = (&mut traced, &extra) {
            traced.describe(site, extra.recorded());
        }
        let slowest = site.is_timed() && site.recent().admits(self.began, ticks);
        let ended = Ended {
            site,
            end,
            class,
            began: self.began,
            ticks,
            slow,
            slowest,
            extra: extra.as_deref_mut(),
        };
        let told = unwind::quietly(|| ended.tell_if_shown(stretch.story)).flatten();
        if let Some(traced) = traced {
            // After its line and event, which name its span.
            traced.end(SpanEnd {
                ended: clock::now(),
                outcome,
                class: end.class().unwrap_or_default(),
                chain: told.unwrap_or_default(),
                expected: end.is_expected(),
                slow: slow || objective_counts::is_late(site, ticks),
                fields: Vec::new(),
            });
        }
        let is_stray = extra.as_ref().is_some_and(|extra| extra.memory.is_stray());
        unwind::quietly(|| extra.map(CallExtras::discard));
        stretch.close(outcome, is_stray);
    }
}

/// Returns the present, in ticks; 0 if the function's calls are not timed.
fn now(site: &Site) -> u64 {
    if site.is_timed() { clock::now() } else { 0 }
}

/// An end of a call.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    Returned(&'a Verdict<'a>),
    Panicked,
    Cancelled(Option<CancelReason>),
}

impl End<'_> {
    #[inline]
    fn outcome(self) -> Outcome {
        match self {
            Self::Returned(Verdict::Ok | Verdict::Shown(_)) => Outcome::Ok,
            Self::Returned(Verdict::Error(_)) => Outcome::Error,
            Self::Panicked => Outcome::Panic,
            Self::Cancelled(_) => Outcome::Cancelled,
        }
    }

    /// Returns `true` for an error that is part of the function's work.
    fn is_expected(self) -> bool {
        matches!(self, Self::Returned(Verdict::Error(view)) if view.expected)
    }

    /// Returns the class of an error that has one, or the reason of a cancellation.
    #[inline]
    fn class(self) -> Option<&'static str> {
        match self {
            Self::Returned(Verdict::Error(view)) if !view.class.is_empty() => Some(view.class),
            Self::Cancelled(reason) => reason.map(CancelReason::as_str),
            _ => None,
        }
    }

    /// Returns the place in which its class is counted.
    fn place(self, site: &Site) -> Option<usize> {
        match self {
            Self::Cancelled(reason) => reason.map(CancelReason::place),
            _ => self.class().map(|class| site.classes().place(class)),
        }
    }
}

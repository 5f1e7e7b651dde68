//! One call, from its start to its end: returned, failed, panicked or cancelled.
//!
//! Everything is recorded through [`Call::end`]. That every way out of a call passes there is the
//! task of [`run`].

pub(crate) mod begin;
mod fast;
mod finish;
pub(crate) mod future;
pub(crate) mod guard;
pub(crate) mod judge;
pub(crate) mod labels;
pub(crate) mod levels;
pub(crate) mod look;
pub(crate) mod probe;
pub(crate) mod run;
mod silent_errors;
pub(crate) mod spawn;
pub(crate) mod start;
mod stretch;
pub(crate) mod transparent;

use std::mem::ManuallyDrop;

pub(crate) use fast::FastCall;

use self::finish::Ended;
pub(crate) use self::stretch::Stretch;
use crate::base::clock;
use crate::base::fields::Recorded;
use crate::base::outcome::Outcome;
use crate::base::unwind;
use crate::base::verdict::Verdict;
use crate::call::start::Start;
use crate::callsite::Site;
use crate::callsite::events::CallSpan;
use crate::callsite::events::Declared;
use crate::callsite::exemplars;
use crate::callsite::objective_counts;
use crate::context;
use crate::context::SuspendedContext;
use crate::context::capture;
use crate::context::trace;
use crate::sentry::Step;

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

/// The parts that only some calls have, in a box so that the others do not carry them.
pub(crate) struct CallExtras {
    span: CallSpan,
    recorded: Option<Recorded>,
    memory: SuspendedContext,
    /// Its span in a transaction of Sentry.
    step: Option<Step>,
}

impl FullCall {
    pub(crate) fn begin(start: Start) -> Self {
        let Start {
            site,
            label_set,
            declared,
        } = start;
        let extra = if declared.is_some() || site.is_watched() || capture::is_active() {
            Some(Box::new(CallExtras::open(site, declared)))
        } else {
            None
        };
        let begin = || context::Stretch::begin(site);
        let stretch = Stretch::enter(site, label_set, extra.as_deref(), begin);
        stretch.shard.started();
        let call = Call {
            began: if site.is_timed() { clock::now() } else { 0 },
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

    /// Enters the user's code again, for another poll.
    pub(crate) fn resume(mut self, site: &'static Site, label_set: usize) -> FullCall {
        let resume = || context::Stretch::resume(site, self.began);
        let stretch = Stretch::enter(site, label_set, self.extra.as_deref(), resume);
        if let Some(extra) = self.extra.as_deref_mut() {
            extra.memory.recall(stretch.story);
        }
        FullCall {
            call: self,
            stretch,
        }
    }

    /// Leaves the user's code, which waits for another poll.
    pub(crate) fn rest(mut self, stretch: &Stretch) -> Self {
        stretch.exit(self.extra.as_deref());
        if stretch.story.has_marks() {
            let extra = self
                .extra
                .get_or_insert_with(|| Box::new(CallExtras::none()));
            extra.memory.keep(stretch.story);
        }
        self
    }

    /// Records the end of the call, after the user's code returned, panicked or was dropped.
    pub(crate) fn end(mut self, end: End<'_>, stretch: &Stretch) {
        let ticks = if stretch.shard.site.is_timed() {
            clock::since(self.began)
        } else {
            0
        };
        let site = stretch.shard.site;
        let mut extra = self.extra.take();
        let step = extra.as_mut().and_then(|extra| extra.step.take());
        let outcome = end.outcome();
        let class = end.class().map(|class| site.classes().place(class));
        stretch.shard.ended(outcome, class, ticks);
        if let Some(objective) = site.objective.filter(|_| outcome != Outcome::Ok) {
            let label_set = stretch.shard.label_set;
            let expected = end.is_expected();
            let ended = objective_counts::Ended {
                label_set,
                outcome,
                expected,
                ticks,
            };
            site.unsuccessful().count(site, objective, &ended);
        }
        let trace = trace::current_ids().filter(|ids| ids.sampled && site.is_timed());
        if let Some(ids) = trace {
            let trace_id = ids.trace.to_bytes();
            exemplars::offer(site, stretch.shard.label_set, outcome, ticks, trace_id);
        }
        // Layers, Sentry and a thread that ends may panic; the call has already ended.
        unwind::quietly(|| {
            if let Some(step) = step {
                Step::leave();
                step.end(outcome);
            }
            stretch.exit(extra.as_deref());
        });
        let slow = site.slow.is_some() && ticks > site.slow_ticks();
        let slowest = site.is_timed() && site.recent().admits(self.began, ticks);
        if outcome != Outcome::Ok || slow || slowest || site.is_watched() || capture::is_active() {
            let ended = Ended {
                site,
                end,
                class,
                began: self.began,
                ticks,
                slow,
                slowest,
                extra,
            };
            unwind::quietly(|| ended.tell(stretch.story));
        }
        stretch.story.hand_up();
        if outcome == Outcome::Cancelled {
            stretch.story.rewind();
        } else {
            context::tick();
        }
    }
}

impl CallExtras {
    #[cold]
    #[inline(never)]
    fn open(site: &'static Site, declared: Option<Box<Declared>>) -> Self {
        let declared = declared.map_or_else(Declared::default, |declared| *declared);
        let events = site.events().filter(|_| site.span);
        let span = events.and_then(|events| unwind::quietly(|| events.open(&declared)));
        let span = span.unwrap_or_else(CallSpan::none);
        let step = if span.is_disabled() {
            None
        } else {
            unwind::quietly(|| Step::begin(site)).flatten()
        };
        Self {
            span,
            recorded: declared.recorded,
            memory: SuspendedContext::default(),
            step,
        }
    }

    #[cold]
    fn none() -> Self {
        Self {
            span: CallSpan::none(),
            recorded: None,
            memory: SuspendedContext::default(),
            step: None,
        }
    }

    #[cold]
    #[inline(never)]
    fn enter(&self) {
        self.step.iter().for_each(Step::enter);
        self.span.enter();
    }

    #[cold]
    #[inline(never)]
    fn exit(&self) {
        self.step.iter().for_each(|_| Step::leave());
        self.span.exit();
    }
}

/// An end of a call.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    Returned(&'a Verdict<'a>),
    Panicked,
    Cancelled,
}

impl End<'_> {
    #[inline]
    fn outcome(self) -> Outcome {
        match self {
            Self::Returned(Verdict::Ok | Verdict::Shown(_)) => Outcome::Ok,
            Self::Returned(Verdict::Error(_)) => Outcome::Error,
            Self::Panicked => Outcome::Panic,
            Self::Cancelled => Outcome::Cancelled,
        }
    }

    /// Returns `true` for an error that is part of the function's work.
    fn is_expected(self) -> bool {
        matches!(self, Self::Returned(Verdict::Error(view)) if view.expected)
    }

    /// Returns the class of an error that has one.
    #[inline]
    fn class(self) -> Option<&'static str> {
        match self {
            Self::Returned(Verdict::Error(view)) if !view.class.is_empty() => Some(view.class),
            _ => None,
        }
    }
}

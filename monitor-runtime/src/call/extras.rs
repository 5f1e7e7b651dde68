//! The parts that only some calls have: a span, fields, a place in a trace or in a capture.

use crate::base::clock;
use crate::base::fields::Recorded;
use crate::base::pool::Pool;
use crate::base::unwind;
use crate::base::verdict::Verdict;
use crate::call::End;
use crate::callsite::Site;
use crate::callsite::events::{CallSpan, Declared, Events};
use crate::context::SuspendedContext;
use crate::context::capture::CapturedCall;
use crate::context::trace::{OpenSpan, RootCall};
use crate::traces::span::Detail;
use crate::traces::{SpanEnd, Subject};
use crate::{context, logs};

/// The parts that only some calls have, in a box so that the others do not carry them.
#[derive(Default)]
pub(crate) struct CallExtras {
    pub(super) span: CallSpan,
    pub(super) declared: Option<Box<Declared>>,
    pub(super) memory: SuspendedContext,
    pub(super) traced: Option<Traced>,
    /// Its place in a test's capture.
    pub(super) captured: Option<CapturedCall>,
}

/// The span of a call in its local trace.
pub(super) enum Traced {
    Span(OpenSpan),
    /// The trace begins with the call, if something has to be recorded.
    Root(RootCall),
}

impl Traced {
    fn enter(&mut self) {
        match self {
            Self::Span(span) => span.enter(),
            Self::Root(root) => root.enter(),
        }
    }

    fn leave(&mut self) {
        match self {
            Self::Span(span) => span.leave(),
            Self::Root(root) => root.leave(),
        }
    }

    /// Returns the span between two polls, and at the beginning of the next one.
    pub(super) fn suspended(&self) -> Option<&OpenSpan> {
        match self {
            Self::Span(span) => Some(span),
            Self::Root(root) => root.span(),
        }
    }

    /// Adds the fields of an outermost call to a trace that has begun.
    pub(super) fn describe(&mut self, site: &'static Site, recorded: Option<&Recorded>) {
        if let Self::Root(root) = self {
            root.describe(|| detail(site, recorded));
        }
    }

    /// Ends the span.
    pub(super) fn end(self, end: SpanEnd) {
        match self {
            Self::Span(span) => span.end(end),
            Self::Root(mut root) => {
                root.leave();
                if let Some(trace) = root.into_trace() {
                    logs::end_root(&trace, end);
                }
            }
        }
    }
}

thread_local! {
    static BOXES: Pool<CallExtras> = const { Pool::new() };
}

impl CallExtras {
    /// Returns the values that the call recorded.
    pub(super) fn recorded(&self) -> Option<&Recorded> {
        recorded(self.declared.as_deref())
    }

    /// Puts them into a box that this thread has kept, if there is one.
    pub(super) fn boxed(self) -> Box<Self> {
        let mut extra = Some(self);
        let boxed = BOXES.try_with(|boxes| boxes.fill(extra.take().unwrap_or_default()));
        boxed.unwrap_or_else(|_| Box::new(extra.unwrap_or_default()))
    }

    /// Drops them, and keeps the boxes.
    pub(super) fn discard(mut boxed: Box<Self>) {
        if let Some(declared) = boxed.declared.take() {
            Declared::discard(declared);
        }
        let mut boxed = Some(boxed);
        let _ = BOXES.try_with(|boxes| boxed.take().map(|boxed| boxes.empty(boxed)));
    }

    #[cold]
    #[inline(never)]
    pub(super) fn open(site: &'static Site, declared: Option<Box<Declared>>) -> Self {
        let events = site.events().filter(|_| site.span);
        let none = Declared::default();
        let open = |events: &Events| events.open(declared.as_deref().unwrap_or(&none));
        let span = events.and_then(|events| unwind::quietly(|| open(events)));
        let span = span.unwrap_or_else(CallSpan::none);
        let traced = if !context::is_in_local_trace() {
            let is_root = site.is_recorded() && !span.is_disabled();
            is_root
                .then(|| RootCall::new(site, clock::now()))
                .flatten()
                .map(Traced::Root)
        } else if site.is_recorded() || !span.is_disabled() {
            let span = OpenSpan::begin(
                Subject::Call(site),
                detail(site, recorded(declared.as_deref())),
            );
            span.map(Traced::Span)
        } else {
            None
        };
        Self {
            span,
            traced,
            declared,
            memory: SuspendedContext::default(),
            captured: CapturedCall::begin(),
        }
    }

    /// Begins the local trace of an outermost call, if it has not begun.
    pub(super) fn begin_root(&self) {
        if let Some(Traced::Root(root)) = &self.traced {
            root.begin();
        }
    }

    /// Adds the fields of an outermost call that has been left to its local trace, if that has begun.
    pub(super) fn describe_root(&mut self, site: &'static Site) {
        if let Some(traced) = &mut self.traced {
            traced.describe(site, recorded(self.declared.as_deref()));
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn enter(&mut self, site: &'static Site) {
        self.traced.iter_mut().for_each(Traced::enter);
        self.captured.iter_mut().for_each(CapturedCall::enter);
        self.span.enter(site, &mut self.declared);
    }

    /// Leaves the call with its span.
    #[cold]
    #[inline(never)]
    pub(super) fn exit(&mut self) {
        self.span.exit(&mut self.declared);
        self.leave();
    }

    /// Leaves the call, which ends. If its line shows no value of the user, its span stays entered for the
    /// line, until it is dropped.
    #[cold]
    #[inline(never)]
    pub(super) fn end(&mut self, end: End<'_>) {
        match end {
            // A value may log while it is shown. Those lines are outside of the call's span.
            End::Returned(Verdict::Error(_) | Verdict::Shown(_)) => {
                self.span.exit(&mut self.declared);
            }
            End::Returned(Verdict::Ok) | End::Panicked | End::Cancelled(_) => {
                self.span.unlist(&mut self.declared);
            }
        }
        self.leave();
    }

    fn leave(&mut self) {
        self.captured.iter_mut().for_each(CapturedCall::leave);
        self.traced.iter_mut().for_each(Traced::leave);
    }
}

fn recorded(declared: Option<&Declared>) -> Option<&Recorded> {
    declared.map(|declared| &declared.recorded)
}

/// Returns the declared fields of a call for its span.
fn detail(site: &'static Site, recorded: Option<&Recorded>) -> Option<Detail> {
    let values = recorded.into_iter().flat_map(Recorded::fields);
    Detail::of_fields(site.fields, values)
}

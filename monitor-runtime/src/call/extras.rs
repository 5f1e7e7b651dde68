//! The parts that only some calls have: a span, fields, a place in a trace or in a capture.

use crate::base::fields::Recorded;
use crate::base::unwind;
use crate::callsite::Site;
use crate::callsite::events::{CallSpan, Declared};
use crate::context::SuspendedContext;
use crate::context::capture::CapturedCall;
use crate::context::trace::{OpenSpan, RootCall};
use crate::traces::span::Detail;
use crate::traces::{SpanEnd, Subject};
use crate::{context, logs};

/// The parts that only some calls have, in a box so that the others do not carry them.
pub(crate) struct CallExtras {
    pub(super) span: CallSpan,
    pub(super) recorded: Option<Recorded>,
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

impl CallExtras {
    #[cold]
    #[inline(never)]
    pub(super) fn open(site: &'static Site, declared: Option<Box<Declared>>) -> Self {
        let declared = declared.map_or_else(Declared::default, |declared| *declared);
        let events = site.events().filter(|_| site.span);
        let span = events.and_then(|events| unwind::quietly(|| events.open(&declared)));
        let span = span.unwrap_or_else(CallSpan::none);
        let traced = if !context::is_in_local_trace() {
            let is_root = site.is_recorded() && !span.is_disabled();
            is_root
                .then(|| RootCall::new(site))
                .flatten()
                .map(Traced::Root)
        } else if site.is_recorded() || !span.is_disabled() {
            let span = OpenSpan::begin(
                Subject::Call(site),
                detail(site, declared.recorded.as_ref()),
            );
            span.map(Traced::Span)
        } else {
            None
        };
        Self {
            span,
            traced,
            recorded: declared.recorded,
            memory: SuspendedContext::default(),
            captured: CapturedCall::begin(),
        }
    }

    #[cold]
    pub(super) fn none() -> Self {
        Self {
            span: CallSpan::none(),
            recorded: None,
            memory: SuspendedContext::default(),
            traced: None,
            captured: None,
        }
    }

    /// Completes the local trace of an outermost call, which is about to wait or to end. With `must_begin`
    /// there is one.
    pub(super) fn settle_root(&mut self, site: &'static Site, must_begin: bool) {
        if let Some(Traced::Root(root)) = &mut self.traced {
            if must_begin {
                root.begin();
            }
            root.describe(|| detail(site, self.recorded.as_ref()));
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn enter(&mut self) {
        self.traced.iter_mut().for_each(Traced::enter);
        self.captured.iter_mut().for_each(CapturedCall::enter);
        self.span.enter();
    }

    #[cold]
    #[inline(never)]
    pub(super) fn exit(&mut self) {
        self.span.exit();
        self.captured.iter_mut().for_each(CapturedCall::leave);
        self.traced.iter_mut().for_each(Traced::leave);
    }
}

/// Returns the declared fields of a call for its span.
fn detail(site: &'static Site, recorded: Option<&Recorded>) -> Option<Detail> {
    let values = recorded.into_iter().flat_map(|recorded| &recorded.fields);
    Detail::of_fields(site.fields, values)
}

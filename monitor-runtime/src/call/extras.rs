//! The parts that only some calls have: a span, fields, a place in a trace or in a capture.

use crate::base::fields::Recorded;
use crate::base::unwind;
use crate::callsite::Site;
use crate::callsite::events::{CallSpan, Declared};
use crate::context::SuspendedContext;
use crate::context::capture::CapturedCall;
use crate::context::trace::OpenSpan;
use crate::traces::Subject;
use crate::traces::span::Detail;

/// The parts that only some calls have, in a box so that the others do not carry them.
pub(crate) struct CallExtras {
    pub(super) span: CallSpan,
    pub(super) recorded: Option<Recorded>,
    pub(super) memory: SuspendedContext,
    /// Its span in the local trace.
    pub(super) traced: Option<OpenSpan>,
    /// Its place in a test's capture.
    pub(super) captured: Option<CapturedCall>,
}

impl CallExtras {
    #[cold]
    #[inline(never)]
    pub(super) fn open(site: &'static Site, declared: Option<Box<Declared>>) -> Self {
        let declared = declared.map_or_else(Declared::default, |declared| *declared);
        let events = site.events().filter(|_| site.span);
        let span = events.and_then(|events| unwind::quietly(|| events.open(&declared)));
        let span = span.unwrap_or_else(CallSpan::none);
        let is_recorded = site.is_recorded() || !span.is_disabled();
        Self {
            span,
            traced: is_recorded.then(|| traced(site, &declared)).flatten(),
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

    #[cold]
    #[inline(never)]
    pub(super) fn enter(&mut self) {
        self.traced.iter_mut().for_each(OpenSpan::enter);
        self.captured.iter_mut().for_each(CapturedCall::enter);
        self.span.enter();
    }

    #[cold]
    #[inline(never)]
    pub(super) fn exit(&mut self) {
        self.span.exit();
        self.captured.iter_mut().for_each(CapturedCall::leave);
        self.traced.iter_mut().for_each(OpenSpan::leave);
    }
}

/// Begins the span of a call in the local trace.
fn traced(site: &'static Site, declared: &Declared) -> Option<OpenSpan> {
    let values = declared.recorded.iter();
    let values = values.flat_map(|recorded| &recorded.fields);
    let detail = Detail::of_fields(site.fields, values);
    OpenSpan::begin(Subject::Call(site), detail)
}

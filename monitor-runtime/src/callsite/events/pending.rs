//! The spans of calls, opened once the subscriber needs them.
//!
//! Between the begin of a call and its line, most calls meet nothing that reads their span. So where the
//! subscriber is the runtime's own, a call only goes onto a list of its thread. [`OpensSpans`](super::OpensSpans) opens the
//! spans of the list before the subscriber sees anything that depends on them: an event, another span, a
//! question for the current one. The list is in the order of the calls, so each span gets the parent that
//! it would have had.

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::dispatcher::WeakDispatch;
use tracing::span::Id;
use tracing::{Dispatch, Span, dispatcher};

use super::declared::{Declared, Parent};
use super::own_subscriber::{OpensSpans, is_own};
use super::telling::{is_telling, telling};
use crate::base::fields::FieldValue;
use crate::base::unwind;
use crate::callsite::Site;

/// `false` while the log's filter has to see each span at once.
static ALLOWED: AtomicBool = AtomicBool::new(true);

/// Decides whether spans may be opened later than their calls begin.
pub(crate) fn allow(allowed: bool) {
    ALLOWED.store(allowed, Ordering::Relaxed);
}

/// Returns `true` if the subscriber of this thread opens the spans of calls once it needs them.
pub(super) fn is_possible() -> bool {
    ALLOWED.load(Ordering::Relaxed) && is_own()
}

/// The place that a span which is not open yet will have.
#[derive(Default)]
pub(crate) enum Place {
    /// In the span that is current when it is opened.
    #[default]
    Here,
    /// Outside of all spans.
    Root,
    /// In the span that was current when its call waited for the first time.
    Inside(Box<Span>),
}

impl Place {
    fn parent(&self) -> Parent {
        match self {
            Self::Here => Parent::Current,
            Self::Root => Parent::Root,
            Self::Inside(span) => span.id().map_or(Parent::Root, Parent::Span),
        }
    }

    /// Returns the place that is fixed here, for a call that goes on elsewhere.
    fn fixed() -> Self {
        let current = telling(Span::current);
        if current.is_disabled() {
            Self::Root
        } else {
            Self::Inside(Box::new(current))
        }
    }
}

/// A call that this thread works in, and whose span was not open when the thread entered it.
pub(crate) struct PendingCall {
    pub(crate) site: &'static Site,
    pub(crate) declared: Option<Box<Declared>>,
    pub(crate) place: Place,
    /// Once it is open.
    pub(super) span: Option<Span>,
}

impl PendingCall {
    /// Returns the values of its declared fields.
    pub(crate) fn fields(&self) -> Option<&[FieldValue]> {
        Some(self.declared.as_deref()?.fields())
    }
}

thread_local! {
    static CALLS: RefCell<Vec<PendingCall>> = const { RefCell::new(Vec::new()) };
    /// The number of calls, from the outermost on, whose spans are open.
    static OPEN: Cell<usize> = const { Cell::new(0) };
}

/// Adds a call as the innermost one. Gives it back on a thread that is ending.
pub(super) fn enter(call: PendingCall) -> Result<(), PendingCall> {
    let mut call = Some(call);
    with_calls(|calls| {
        if let Some(call) = call.take() {
            calls.push(call);
        }
    });
    call.map_or(Ok(()), Err)
}

/// Begins a call as the innermost one, and enters its span if it is open.
#[inline]
pub(crate) fn begin(site: &'static Site, declared: Option<Box<Declared>>, span: &mut Option<Span>) {
    if let Some(span) = span {
        unwind::quietly(|| enter_span(span));
    }
    with_calls(|calls| {
        calls.push(PendingCall {
            site,
            declared,
            place: Place::Here,
            span: None,
        });
        if let Some(call) = calls.last_mut().filter(|_| span.is_some()) {
            // In its place: a CPU waits for a span that is copied just after it was written.
            call.span = span.take();
            OPEN.set(OPEN.get() + 1);
        }
    });
    if let Some(span) = span.take() {
        close_at_once(span);
    }
}

/// Opens the spans of the calls that this thread works in, if its subscriber is the runtime's own. Returns
/// `true` if all are open then.
pub(crate) fn are_all_open() -> bool {
    let is_open = |calls: &RefCell<Vec<PendingCall>>| {
        let calls = calls.try_borrow();
        calls.is_ok_and(|calls| calls.len() == OPEN.get())
    };
    let ask = || CALLS.try_with(is_open) == Ok(true);
    ask() || {
        open_own();
        ask()
    }
}

/// Takes the innermost call off the list if its span is not open.
pub(crate) fn end() -> Option<PendingCall> {
    with_calls(|calls| {
        let is_open = calls.len() <= OPEN.get();
        (!is_open).then(|| calls.pop()).flatten()
    })
    .flatten()
}

/// Takes the innermost call off the list.
pub(super) fn exit() -> Option<PendingCall> {
    with_calls(|calls| {
        let call = calls.pop();
        OPEN.set(OPEN.get().min(calls.len()));
        call
    })
    .flatten()
}

/// Fixes the place of the innermost call, which is about to wait, unless its span is open.
pub(super) fn wait() {
    if !is_own() {
        return;
    }
    let innermost = with_calls(|calls| {
        let innermost = calls.len().checked_sub(1)?;
        let is_fixed = !matches!(calls[innermost].place, Place::Here);
        (innermost >= OPEN.get() && !is_fixed).then_some(innermost)
    });
    let Some(innermost) = innermost.flatten() else {
        return;
    };
    open_below(innermost, None);
    let place = Place::fixed();
    with_calls(|calls| {
        if let Some(call) = calls.get_mut(innermost) {
            call.place = place;
        }
    });
}

/// Opens and enters the spans of the calls that this thread works in, from the outermost on, if its
/// subscriber is the runtime's own.
pub(super) fn open_own() {
    if is_own() {
        open_all(None);
    }
}

/// Opens and enters the spans of the calls that this thread works in, from the outermost on: in this subscriber,
/// or in that of the thread.
#[inline]
pub(super) fn open_all(subscriber: Option<&WeakDispatch>) {
    let is_open = CALLS.try_with(|calls| {
        let calls = calls.try_borrow();
        calls.is_ok_and(|calls| calls.len() <= OPEN.get())
    });
    if is_open == Ok(false) && !is_telling() {
        open_below(usize::MAX, subscriber);
    }
}

/// Opens and enters the spans of the outermost calls.
#[cold]
fn open_below(end: usize, subscriber: Option<&WeakDispatch>) {
    while OPEN.get() < end
        && let Some((place, mut call)) = take_first()
    {
        let mut span = Span::none();
        open_into(&mut span, call.site, call.fields(), &call.place, subscriber);
        enter_span(&span);
        call.span = Some(span);
        with_calls(|calls| {
            if let Some(kept) = calls.get_mut(place) {
                *kept = call;
            }
        });
    }
}

/// Takes the data of the outermost call whose span is not open, and counts it as open.
fn take_first() -> Option<(usize, PendingCall)> {
    with_calls(|calls| {
        let place = OPEN.get();
        let call = calls.get_mut(place)?;
        OPEN.set(place + 1);
        let taken = PendingCall {
            site: call.site,
            declared: call.declared.take(),
            place: mem::take(&mut call.place),
            span: None,
        };
        Some((place, taken))
    })
    .flatten()
}

/// Opens the span of a call in the current span.
pub(crate) fn open(span: &mut Span, site: &'static Site, fields: Option<&[FieldValue]>) {
    open_into(span, site, fields, &Place::Here, None);
}

/// Opens the span of a call, which is disabled if the subscriber panics.
pub(super) fn open_at(site: &'static Site, fields: Option<&[FieldValue]>, place: &Place) -> Span {
    let mut span = Span::none();
    open_into(&mut span, site, fields, place, None);
    span
}

fn open_into(
    span: &mut Span,
    site: &'static Site,
    fields: Option<&[FieldValue]>,
    place: &Place,
    subscriber: Option<&WeakDispatch>,
) {
    let Some(events) = site.events() else { return };
    let mut open = |subscriber: &Dispatch| {
        *span = events.new_span(subscriber, fields, &place.parent());
    };
    // While a subscriber works, and any thread of the process has one of its own, `tracing` names none as that of
    // this thread.
    let in_default = |default: &Dispatch| match subscriber {
        Some(subscriber) if !default.is::<OpensSpans>() => {
            subscriber.upgrade().iter().for_each(&mut open);
        }
        _ => open(default),
    };
    unwind::quietly(|| telling(|| dispatcher::get_default(in_default)));
}

/// Leaves and closes the span of a call on a thread that is ending, which has no list any more.
#[cold]
fn close_at_once(span: Span) {
    let exit = |(id, subscriber): (&Id, &Dispatch)| telling(|| subscriber.exit(id));
    unwind::quietly(|| span.with_subscriber(exit));
    unwind::quietly(|| telling(|| drop(span)));
}

fn enter_span(span: &Span) {
    span.with_subscriber(|(id, subscriber)| telling(|| subscriber.enter(id)));
}

/// Passes on the calls that this thread works in and whose spans are not open, outermost first.
pub(crate) fn with_unopened<R>(code: impl FnOnce(&[PendingCall]) -> R) -> Option<R> {
    let run = |calls: &RefCell<Vec<PendingCall>>| {
        let calls = calls.try_borrow().ok()?;
        Some(code(calls.get(OPEN.get()..)?))
    };
    CALLS.try_with(run).ok().flatten()
}

fn with_calls<R>(code: impl FnOnce(&mut Vec<PendingCall>) -> R) -> Option<R> {
    let run = |calls: &RefCell<Vec<PendingCall>>| Some(code(&mut *calls.try_borrow_mut().ok()?));
    CALLS.try_with(run).ok().flatten()
}

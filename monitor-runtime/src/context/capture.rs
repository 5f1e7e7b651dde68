//! The capture that a test has put in place: it receives calls and Sentry events instead of the log
//! and Sentry.
//!
//! The feature `testkit` provides the captures. Without it, [`is_active`] is `false` at compile time.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::callsite::Site;
use crate::callsite::events::Completion;
use crate::context::sentry_types::{Event, Uuid};

/// A receiver of what monitored code did.
pub(crate) trait Sink: Any {
    /// Keeps a call that ended.
    fn ended(&self, site: &Site, completion: &Completion<'_>, call: CallNumber);
    /// Keeps an event instead of sending it to Sentry.
    fn captured(&self, event: Event);
    /// Removes an event, because another one reports the same.
    fn withdraw(&self, event: Uuid);
}

/// The place of a call in the tree of calls of a capture.
#[derive(Clone, Copy)]
pub(crate) struct CallNumber {
    /// Calls are numbered in the order of their beginnings.
    pub(crate) own: u64,
    /// The number of the call around it.
    #[cfg_attr(
        not(feature = "testkit"),
        expect(dead_code, reason = "for the test kit")
    )]
    pub(crate) around: Option<u64>,
}

/// A call that began inside a capture.
pub(crate) struct CapturedCall {
    number: CallNumber,
    /// The innermost call before it was entered.
    before: Option<u64>,
}

impl CallNumber {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            own: NEXT.fetch_add(1, Ordering::Relaxed),
            around: innermost(),
        }
    }
}

impl CapturedCall {
    /// Numbers a call that begins; `None` outside of captures.
    pub(crate) fn begin() -> Option<Self> {
        is_active().then(|| Self {
            number: CallNumber::next(),
            before: None,
        })
    }

    /// Makes it the innermost call of this thread, until [`leave`](Self::leave).
    pub(crate) fn enter(&mut self) {
        self.before = INNERMOST.replace(Some(self.number.own));
    }

    pub(crate) fn leave(&mut self) {
        INNERMOST.set(self.before);
    }
}

/// Returns the number of the innermost captured call of this thread.
pub(crate) fn innermost() -> Option<u64> {
    INNERMOST.get()
}

thread_local! {
    static INNERMOST: Cell<Option<u64>> = const { Cell::new(None) };
    static SINKS: RefCell<Vec<Rc<dyn Sink>>> = const { RefCell::new(Vec::new()) };
}

/// The stretch of code during which a sink is the current one of the thread.
pub(crate) struct Inside {
    /// The innermost call before it.
    before: Option<u64>,
}

impl Inside {
    #[cfg_attr(
        not(feature = "testkit"),
        expect(dead_code, reason = "for the test kit")
    )]
    pub(crate) fn enter(sink: Rc<dyn Sink>, around: Option<u64>) -> Self {
        SINKS.with(|sinks| sinks.borrow_mut().push(sink));
        Self {
            before: INNERMOST.replace(around),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INNERMOST.set(self.before);
        let _ = SINKS.try_with(|sinks| sinks.borrow_mut().pop());
    }
}

/// Returns the innermost sink of this thread.
pub(crate) fn current() -> Option<Rc<dyn Sink>> {
    if !cfg!(feature = "testkit") {
        return None;
    }
    let innermost = SINKS.try_with(|sinks| sinks.borrow().last().cloned());
    innermost.ok().flatten()
}

/// Returns `true` if this thread is inside a capture.
#[inline]
pub(crate) fn is_active() -> bool {
    cfg!(feature = "testkit")
        && SINKS
            .try_with(|sinks| !sinks.borrow().is_empty())
            .unwrap_or(false)
}

/// Keeps a call that ended, if a capture is on.
#[inline]
pub(crate) fn ended(site: &Site, completion: &Completion<'_>, call: Option<&CapturedCall>) {
    if let Some(sink) = current() {
        // A call that began before the capture has no number.
        let number = call.map_or_else(CallNumber::next, |call| call.number);
        sink.ended(site, completion, number);
    }
}

/// Gives an event to the capture instead of Sentry.
pub(crate) fn captured(event: Event) {
    if let Some(sink) = current() {
        sink.captured(event);
    }
}

/// Removes an event from the capture, because another one reports the same.
pub(crate) fn withdraw(event: Uuid) {
    if let Some(sink) = current() {
        sink.withdraw(event);
    }
}

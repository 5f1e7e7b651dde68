//! The capture that a test has put in place: it receives calls and Sentry events instead of the log
//! and Sentry.
//!
//! The feature `testkit` provides the captures. Without it, [`is_active`] is `false` at compile time.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use crate::callsite::Site;
use crate::callsite::events::Completion;
use crate::context::sentry_types::{Event, Uuid};

/// A receiver of what monitored code did.
pub(crate) trait Sink: Any {
    /// Keeps a call that ended.
    fn ended(&self, site: &Site, completion: &Completion<'_>);
    /// Keeps an event instead of sending it to Sentry.
    fn captured(&self, event: Event);
    /// Removes an event, because another one reports the same.
    fn withdraw(&self, event: Uuid);
}

thread_local! {
    static SINKS: RefCell<Vec<Rc<dyn Sink>>> = const { RefCell::new(Vec::new()) };
}

/// The stretch of code during which a sink is the current one of the thread.
pub(crate) struct Inside;

impl Inside {
    #[cfg_attr(
        not(feature = "testkit"),
        expect(dead_code, reason = "for the test kit")
    )]
    pub(crate) fn enter(sink: Rc<dyn Sink>) -> Self {
        SINKS.with(|sinks| sinks.borrow_mut().push(sink));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
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
pub(crate) fn ended(site: &Site, completion: &Completion<'_>) {
    if let Some(sink) = current() {
        sink.ended(site, completion);
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

//! Marks a thread on which a subscriber works for the runtime, since that subscriber may call
//! monitored functions itself.

use std::cell::Cell;

use tracing::Span;

thread_local! {
    /// Set while a subscriber works for the runtime on this thread.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Runs code that calls the subscriber.
///
/// Functions of the subscriber, of its layers and of its writers may be monitored. Called
/// meanwhile, they are counted, but open no span and write no line. Each line would call them
/// again, without end, or wait for a writer that is locked further up the stack.
pub(crate) fn telling<T>(tell: impl FnOnce() -> T) -> T {
    let _before = Before(TELLING.replace(true));
    tell()
}

/// Returns `true` while the subscriber works for the runtime on this thread.
pub(crate) fn is_telling() -> bool {
    TELLING.get()
}

/// Restores the previous state, even if the subscriber panics.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        TELLING.set(self.0);
    }
}

/// The span of a call. While it is entered, left and closed, the thread is marked: the subscriber
/// works for the runtime.
pub(crate) struct CallSpan(Span);

impl CallSpan {
    pub(crate) fn new(span: Span) -> Self {
        Self(span)
    }

    /// Returns the span of a call without one.
    pub(crate) fn none() -> Self {
        Self(Span::none())
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.0.is_disabled()
    }

    pub(crate) fn span(&self) -> &Span {
        &self.0
    }

    pub(crate) fn enter(&self) {
        self.0
            .with_subscriber(|(id, subscriber)| telling(|| subscriber.enter(id)));
    }

    pub(crate) fn exit(&self) {
        self.0
            .with_subscriber(|(id, subscriber)| telling(|| subscriber.exit(id)));
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.0.is_disabled() {
            telling(|| self.0 = Span::none());
        }
    }
}

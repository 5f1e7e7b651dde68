//! Marks a thread on which a subscriber works for the runtime, since that subscriber may call
//! monitored functions itself.

use std::cell::Cell;

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

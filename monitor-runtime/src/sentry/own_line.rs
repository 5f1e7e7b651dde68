//! Lines of the runtime in the log, of which Sentry makes no events.

use std::cell::Cell;

use super::mute;
use crate::base::unwind::quietly;

thread_local! {
    static OWN: Cell<bool> = const { Cell::new(false) };
}

/// Writes a line of the runtime to the log. Neither the runtime's layer nor Sentry's own makes an event
/// of it.
pub(crate) fn own_line(is_error: bool, write: impl FnOnce()) {
    quietly(|| as_own(is_error, write));
}

/// Runs code that writes such a line, and that may panic.
pub(crate) fn as_own(is_error: bool, write: impl FnOnce()) {
    let _before = Before(OWN.replace(true));
    let _muted = is_error.then(mute);
    write();
}

/// Restores the previous state, even if the subscriber panics.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        OWN.set(self.0);
    }
}

/// Returns `true` if this thread writes a line of the runtime.
pub(super) fn is_own() -> bool {
    OWN.get()
}

/// Treats every line that this thread logs as the runtime's own.
pub(super) fn disown_thread() {
    OWN.set(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_a_line_is_written_leaves_the_next_lines_alone() {
        own_line(false, || panic!("as it was told to"));
        assert!(!is_own());
        own_line(false, || {
            own_line(false, || panic!("as it was told to"));
            assert!(is_own(), "of the line around it");
        });
        assert!(!is_own());
    }
}

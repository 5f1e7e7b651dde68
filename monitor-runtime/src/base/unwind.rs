//! Catches panics of user code (`Display`, `Drop`, field expressions, checks), so that none of them
//! takes a call down.
//!
//! The payload of a panic is a user value, too. It is dropped in here, since its `Drop` may panic
//! once more.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    // Without a destructor, so that it exists to the very end of the thread.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs user code; `None` if it panics. The panic hook has then reported it.
#[inline]
pub(crate) fn caught<T>(code: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(value) => Some(value),
        Err(payload) => {
            discard(payload);
            None
        }
    }
}

/// Runs code whose panic is not reported; `None` if it panics.
pub(crate) fn quietly<T>(code: impl FnOnce() -> T) -> Option<T> {
    let before = QUIET.replace(true);
    let done = caught(code);
    QUIET.set(before);
    done
}

/// Drops the payload of a panic.
#[cold]
#[inline(never)]
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    let before = QUIET.replace(true);
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // A destructor that panics leaves a payload whose destructor may panic in turn, without
        // end.
        std::mem::forget(another);
    }
    QUIET.set(before);
}

/// Returns `true` if the panic that begins now is not to be reported.
pub(crate) fn is_quiet() -> bool {
    QUIET.get()
}

/// A value that a panic carries, as `catch_unwind` and `JoinHandle::join` return it in a box.
pub trait Payload {
    /// Returns the message of the panic.
    #[doc(hidden)]
    fn message(&self) -> &str;
}

/// Implements [`Payload`] for each form of `dyn Any`.
macro_rules! payloads {
    ($($payload:ty),*) => {$(
        impl Payload for $payload {
            fn message(&self) -> &str {
                let text = self.downcast_ref::<&str>().copied();
                let owned = || self.downcast_ref::<String>().map(String::as_str);
                text.or_else(owned).unwrap_or("without a message")
            }
        }
    )*};
}

payloads!(dyn Any, dyn Any + Send, dyn Any + Send + Sync);

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any(Self)
        }
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_goes_no_further() {
        assert_eq!(caught(|| 7), Some(7));
        assert_eq!(quietly(|| -> u8 { panic_any(Bomb) }), None);
        assert_eq!(quietly(|| caught(|| -> u8 { panic_any(Bomb) })), Some(None));
        assert!(!is_quiet());
    }
}

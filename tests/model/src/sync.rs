//! loom's own in the place of the runtime's `sync`.

pub(crate) use loom::sync::atomic;
pub(crate) use loom::thread::yield_now;

use std::ptr;

use loom::sync::atomic::{AtomicPtr, Ordering};

/// `std::sync::OnceLock` as far as cells need it: set once, with what std promises of memory.
pub(crate) struct OnceLock<T>(AtomicPtr<T>);

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: null, or a box that was leaked by `set` before it was published.
        #[allow(unsafe_code)]
        unsafe {
            self.0.load(Ordering::Acquire).as_ref()
        }
    }

    pub(crate) fn set(&self, value: T) -> Result<(), ()> {
        let new = Box::into_raw(Box::new(value));
        let set =
            self.0
                .compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        set.map(drop).map_err(drop)
    }

    pub(crate) fn get_or_init(&self, value: impl FnOnce() -> T) -> &T {
        if self.get().is_none() {
            let _ = self.set(value());
        }
        self.get().expect("it was just set")
    }
}

//! loom's own in the place of the runtime's `sync`.

pub(crate) use loom::thread::yield_now;

use std::cell::Cell;
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

std::thread_local! {
    // loom runs all threads of a model on the thread of its test.
    static OWNERS_LOOK: Cell<bool> = const { Cell::new(true) };
}

/// Sets whether a relaxed load is one of the model's events.
///
/// loom looks for other orders from the last access of an atomic alone. An owner's load just before
/// its store hides the scrape's load before that, and the two are never tried the other way round.
/// Where one thread owns a cell for the whole of a model, its load can give nothing but what it
/// stored, and is left out.
pub(crate) fn owners_look(look: bool) {
    OWNERS_LOOK.set(look);
}

pub(crate) mod atomic {
    pub(crate) use loom::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering, fence,
    };
    /// Beyond what a model counts: no event of it.
    pub(crate) use std::sync::atomic::AtomicU16;

    /// loom's, and what was stored last.
    pub(crate) struct AtomicU64 {
        cell: loom::sync::atomic::AtomicU64,
        stored: std::sync::atomic::AtomicU64,
    }

    impl AtomicU64 {
        pub(crate) fn new(value: u64) -> Self {
            Self {
                cell: loom::sync::atomic::AtomicU64::new(value),
                stored: std::sync::atomic::AtomicU64::new(value),
            }
        }

        pub(crate) fn load(&self, order: Ordering) -> u64 {
            if order == Ordering::Relaxed && !super::OWNERS_LOOK.get() {
                return self.stored.load(order);
            }
            self.cell.load(order)
        }

        pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
            self.stored.fetch_add(value, Ordering::Relaxed);
            self.cell.fetch_add(value, order)
        }

        pub(crate) fn store(&self, value: u64, order: Ordering) {
            self.stored.store(value, Ordering::Relaxed);
            self.cell.store(value, order);
        }
    }
}

//! Boxes that a thread keeps for the next value of their type.

use std::cell::RefCell;
use std::mem;

/// Boxes that are kept. A thread that nests deeper allocates.
const MAX_KEPT: usize = 64;

/// The boxes of one thread, for a `thread_local!`.
pub(crate) struct Pool<T>(RefCell<Vec<Box<T>>>);

impl<T: Default> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Returns a box as it was kept, if there is one.
    pub(crate) fn take(&self) -> Option<Box<T>> {
        // The allocator may be monitored itself, and take a box meanwhile.
        self.0.try_borrow_mut().ok()?.pop()
    }

    /// Keeps a box as it is.
    pub(crate) fn keep(&self, boxed: Box<T>) {
        if let Ok(mut kept) = self.0.try_borrow_mut()
            && kept.len() < MAX_KEPT
        {
            kept.push(boxed);
        }
    }

    /// Returns a box with a value in it.
    #[expect(clippy::unnecessary_box_returns, reason = "boxes are what is kept")]
    pub(crate) fn fill(&self, value: T) -> Box<T> {
        match self.take() {
            Some(mut kept) => {
                *kept = value;
                kept
            }
            None => Box::new(value),
        }
    }

    /// Returns the value in a box, and keeps the box.
    pub(crate) fn empty(&self, mut full: Box<T>) -> T {
        let value = mem::take(&mut *full);
        self.keep(full);
        value
    }
}

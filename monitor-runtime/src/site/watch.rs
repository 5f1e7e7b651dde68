//! Who would see the calls of a function that are ok: `tracing` says so whenever it changes.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use super::Site;
use crate::events::Events;
use crate::report;

/// Set in the key of a site whose calls a log shows when they are ok: no cells are found by it, so
/// such calls take another way, and the others need not ask.
pub(super) const WATCHED: usize = 1 << (usize::BITS - 1);

thread_local! {
    /// `true` while this thread registers a call site with `tracing`, which asks the subscriber.
    static REGISTERING: Cell<bool> = const { Cell::new(false) };
}

impl Site {
    /// Returns `true` if a log would show its calls that are ok, once it is [known](Self::make_known).
    pub(crate) fn is_watched(&self) -> bool {
        self.key() & WATCHED != 0
    }

    /// Waits until `tracing` knows it, and it who watches it; a function's first call begins with this.
    pub(crate) fn make_known(&'static self) {
        // Whoever subscribes is somebody else's code: it may panic, and it may be monitored.
        if self.state().events.get().is_none() && !REGISTERING.get() {
            report::quietly(|| self.events());
            REGISTERING.set(false);
        }
    }

    /// The call sites `tracing` knows this function by; leaked, as `tracing` keeps them for ever.
    pub(crate) fn events(&'static self) -> &'static Events {
        let events = &self.state().events;
        if let Some(events) = events.get() {
            return events;
        }
        let events = events.get_or_init(|| {
            REGISTERING.set(true);
            let events = Events::register(self);
            REGISTERING.set(false);
            // Whoever finds them has a site that knows who watches it.
            self.watch(&events);
            events
        });
        // What has changed before anybody could find them.
        self.rewatch();
        events
    }

    /// Returns `true` if a line of the log will tell of a panic that ends a call.
    ///
    /// Asked by the panic hook, so it registers nothing.
    pub(crate) fn tells_panics(&self) -> bool {
        let events = self.state().events.get();
        self.log && events.is_some_and(Events::panic_enabled)
    }

    /// Looks again at who would show its calls that are ok.
    pub(crate) fn rewatch(&self) {
        if let Some(events) = self.state().events.get() {
            self.watch(events);
        }
    }

    fn watch(&self, events: &Events) {
        // What one look has seen must not be written over what a later one has.
        static ORDER: Mutex<()> = Mutex::new(());
        let _order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
        if events.any_ok_wanted(self) {
            self.0.key.fetch_or(WATCHED, Ordering::Relaxed);
        } else {
            self.0.key.fetch_and(!WATCHED, Ordering::Relaxed);
        }
    }
}

//! Caches whether any subscriber wants a function's successful calls, so that most calls need not
//! ask.
//!
//! `tracing` reports each change of interest.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::{Level, Metadata};
use tracing_core::callsite::{self, Callsite};
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;

use super::{Site, registry};
use crate::base::unwind;
use crate::callsite::events::{Events, telling};

/// Set in the key of a site whose successful calls a subscriber wants. Such a key finds no shard,
/// so these calls take the full path, and other calls need not check.
pub(super) const INTERESTED: usize = 1 << (usize::BITS - 1);

thread_local! {
    /// Set while this thread makes the events of a site: the allocator may be monitored, too.
    static MAKING: Cell<bool> = const { Cell::new(false) };
}

impl Site {
    /// Returns `true` if a subscriber wants its successful calls, once it is
    /// [registered](Self::make_known).
    pub(crate) fn is_watched(&self) -> bool {
        self.key() & INTERESTED != 0
    }

    /// Returns `true` if a local trace records its calls, whatever the log shows. A function of the
    /// level `DEBUG` or `TRACE` is too short, or called too often.
    #[inline]
    pub(crate) fn is_recorded(&self) -> bool {
        self.span && self.level <= Level::INFO
    }

    /// Registers this call site with `tracing` and caches the subscribers' interest. Runs once, on
    /// the function's first call.
    ///
    /// While subscribers are asked it holds no lock and waits for no other thread: each subscriber
    /// is user code, and may call this function.
    pub(crate) fn make_known(&'static self) {
        // A call that finds it registered before its key is set sets the key itself. Otherwise that
        // call would not be shown.
        let Some(events) = self.events().filter(|events| !events.is_known()) else {
            return;
        };
        follow_interest();
        // First, so that no change of interest misses it.
        registry::called(self);
        events.register();
        self.watch(events);
        events.set_known();
    }

    /// Returns the call sites by which `tracing` knows this function. They are leaked, as `tracing`
    /// keeps them for ever.
    ///
    /// Returns `None` while this thread is making some.
    #[inline]
    pub(crate) fn events(&'static self) -> Option<&'static Events> {
        self.state().events.get().or_else(|| self.make_events())
    }

    #[cold]
    #[inline(never)]
    fn make_events(&'static self) -> Option<&'static Events> {
        let events = &self.state().events;
        if MAKING.replace(true) {
            return None;
        }
        // If two threads make them at once, one of the two values is lost.
        let _ = events.set(Events::new(self));
        MAKING.set(false);
        events.get()
    }

    /// Returns `true` if a line of the log will report a panic that ends a call.
    ///
    /// The panic hook calls it, so it registers nothing.
    pub(crate) fn tells_panics(&self) -> bool {
        let events = self.state().events.get();
        let events = events.filter(|events| events.is_registered());
        self.log && events.is_some_and(Events::panic_enabled)
    }

    /// Returns `true` if its line reports an error that no other line has, as far as that is known without asking
    /// a subscriber.
    pub(crate) fn tells_errors(&self) -> bool {
        let events = self.state().events.get();
        let events = events.filter(|events| events.is_registered());
        let is_hidden = events.is_some_and(Events::is_hidden);
        // Without a line for errors, their line is that of any other call.
        let has_line = self.error_log || self.level <= Level::WARN;
        self.log && has_line && !is_hidden
    }

    fn watch(&self, events: &Events) {
        // An older look at the interest must not overwrite a newer one.
        static ORDER: Mutex<()> = Mutex::new(());
        let _order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
        // In this order: `make_known` sees a change of interest that comes too early for this look.
        if !events.is_registered() {
            return;
        }
        if events.any_ok_wanted(self) {
            self.0.key.fetch_or(INTERESTED, Ordering::Relaxed);
        } else {
            self.0.key.fetch_and(!INTERESTED, Ordering::Relaxed);
        }
    }
}

/// The call site through which `tracing` reports a change of interest.
///
/// `tracing` asks call sites of its own type first, and all others of the runtime are of that type.
struct Follower;

/// Makes `tracing` report changes of interest from now on.
pub(crate) fn follow_interest() {
    static FOLLOWED: AtomicBool = AtomicBool::new(false);
    if !FOLLOWED.swap(true, Ordering::Relaxed) {
        unwind::quietly(|| telling(|| callsite::register(&Follower)));
    }
}

impl Callsite for Follower {
    fn set_interest(&self, _: Interest) {
        for site in registry::all() {
            if let Some(events) = site.state().events.get() {
                site.watch(events);
            }
        }
    }

    fn metadata(&self) -> &Metadata<'_> {
        static METADATA: Metadata<'static> = Metadata::new(
            "interest",
            module_path!(),
            Level::TRACE,
            Some(file!()),
            Some(line!()),
            Some(module_path!()),
            FieldSet::new(&[], identify_callsite!(&Follower)),
            Kind::HINT,
        );
        &METADATA
    }
}

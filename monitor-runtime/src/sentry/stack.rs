//! The stack of an event: addresses when it is made, names when it is sent.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use backtrace::{Backtrace, BacktraceFrame};
use sentry::integrations::backtrace::backtrace_to_stacktrace;
use sentry::protocol::Stacktrace;

/// The number of frames of a stack, from the innermost on. Sentry shows no more.
const MAX_FRAMES: usize = 512;

/// Time that loading may take. Events then have only addresses for the symbols that are missing.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Symbols of the process.
struct Symbols {
    loading_since: Mutex<Option<Instant>>,
    /// The number of flushes that have little time left.
    hurries: AtomicUsize,
}

static SYMBOLS: Symbols = Symbols::new();

impl Symbols {
    const fn new() -> Self {
        Self {
            loading_since: Mutex::new(None),
            hurries: AtomicUsize::new(0),
        }
    }

    fn set_loading(&self, since: Option<Instant>) {
        let mut loading = self.loading_since.lock();
        let loading = loading.as_deref_mut();
        *loading.unwrap_or_else(|poisoned| poisoned.get_mut()) = since;
    }

    /// Waits while symbols are loaded. Returns `false` if the process has no time left to look up a
    /// name.
    fn wait(&self) -> bool {
        while self.hurries.load(Ordering::Relaxed) == 0 {
            let loading = self.loading_since.lock();
            let since = *loading.unwrap_or_else(PoisonError::into_inner);
            match since {
                None => return true,
                Some(since) if since.elapsed() > LOAD_TIMEOUT => return false,
                Some(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
        false
    }
}

/// Waits while symbols are loaded, unless a flush has little time left.
pub(super) fn wait_for_symbols() {
    SYMBOLS.wait();
}

/// The addresses of a stack. Reading them takes microseconds; looking up their names takes
/// milliseconds.
pub(super) struct Stack(Vec<BacktraceFrame>);

impl Stack {
    pub(super) fn capture() -> Self {
        let mut frames = Vec::with_capacity(64);
        let keep = |frame: &backtrace::Frame| {
            // Below the first function of a thread nothing follows.
            if frame.ip().is_null() {
                return false;
            }
            frames.push(BacktraceFrame::from(frame.clone()));
            frames.len() < MAX_FRAMES
        };
        // The lock of `backtrace::trace` is held while names are looked up on another thread.
        // SAFETY: the lock guards Windows' `dbghelp`, which is not used elsewhere: a walk by the
        // system's unwinder shares nothing with others.
        #[cfg(unix)]
        unsafe {
            backtrace::trace_unsynchronized(keep);
        }
        #[cfg(not(unix))]
        backtrace::trace(keep);
        Self(frames)
    }

    /// Looks up the names from the innermost frame on, as far as there is time. Sentry can find the
    /// others by their addresses.
    pub(super) fn resolve(mut self) -> Option<Stacktrace> {
        // The lock that a look-up needs is free between two of them.
        let in_time = self.0.iter_mut().take_while(|_| SYMBOLS.wait());
        in_time.for_each(BacktraceFrame::resolve);
        backtrace_to_stacktrace(&Backtrace::from(self.0))
    }
}

/// Loads the symbols of the process in the background. In a debug build that takes a fifth of a
/// second or more; all other look-ups take next to nothing.
pub(super) fn load_symbols() {
    struct Loaded;
    impl Drop for Loaded {
        fn drop(&mut self) {
            SYMBOLS.set_loading(None);
        }
    }
    SYMBOLS.set_loading(Some(Instant::now()));
    let loaded = Loaded;
    let load = move || {
        let _loaded = loaded;
        for frame in &mut Stack::capture().0 {
            frame.resolve();
        }
    };
    // Without a thread, the first event loads them.
    let _ = thread::Builder::new()
        .name("monitor-symbols".into())
        .spawn(load);
}

/// Makes events do without names in a process that ends. May be called again, and in a signal
/// handler.
pub(super) fn hurry_for_good() {
    SYMBOLS.hurries.store(usize::MAX / 2, Ordering::Relaxed);
}

/// Makes events do without names until it is dropped.
pub(super) struct Hurry(());

impl Hurry {
    pub(super) fn begin() -> Self {
        SYMBOLS.hurries.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        SYMBOLS.hurries.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use sentry::protocol::{Event, Exception};

    use super::super::event;
    use super::*;

    #[test]
    fn names_wait_for_symbols_unless_a_flush_hurries() {
        static OWN: Symbols = Symbols::new();
        OWN.set_loading(Some(Instant::now()));
        let waits = thread::spawn(|| OWN.wait());
        thread::sleep(Duration::from_millis(50));
        assert!(!waits.is_finished());
        OWN.set_loading(None);
        assert!(waits.join().expect("no panic"));
        OWN.set_loading(Instant::now().checked_sub(LOAD_TIMEOUT * 2));
        assert!(!OWN.wait(), "they do not come");
        OWN.set_loading(None);
        OWN.hurries.store(1, Ordering::Relaxed);
        assert!(!OWN.wait());
    }

    #[test]
    fn a_frame_without_a_name_has_an_address_and_is_not_the_services() {
        let hurry = Hurry::begin();
        let stack = Stack::capture().resolve();
        drop(hurry);
        let mut event = Event {
            exception: vec![Exception::default()].into(),
            ..Event::default()
        };
        event::set_stack(&mut event, stack);
        let stack = event.exception.values.remove(0).stacktrace;
        let frames = stack.expect("it has frames").frames;
        assert!(!frames.is_empty());
        for frame in frames {
            assert!(frame.instruction_addr.is_some(), "{frame:?}");
            assert_eq!(frame.in_app, Some(false), "{frame:?}");
        }
    }
}

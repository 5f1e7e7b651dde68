//! The stack of an event: addresses where it comes about, names where it is sent.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use backtrace::{Backtrace, BacktraceFrame};
use sentry::integrations::backtrace::backtrace_to_stacktrace;
use sentry::protocol::Stacktrace;

/// Frames of a stack, from the innermost on; Sentry shows no more.
const MAX_FRAMES: usize = 512;

/// Whether symbols are being loaded.
static LOADING: AtomicBool = AtomicBool::new(false);
/// Flushes that have little time left.
static HURRIES: AtomicUsize = AtomicUsize::new(0);

/// Where code is, in addresses: reading them takes microseconds, and looking up their names
/// milliseconds.
pub(super) struct Stack(Vec<BacktraceFrame>);

impl Stack {
    pub(super) fn capture() -> Self {
        let mut frames = Vec::with_capacity(64);
        let keep = |frame: &backtrace::Frame| {
            // Below the first function of a thread there is nothing.
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

    /// Looks up the names, unless there is no time for that: Sentry may know them by their addresses.
    pub(super) fn resolve(mut self) -> Option<Stacktrace> {
        let is_hurried = || HURRIES.load(Ordering::Relaxed) > 0;
        while LOADING.load(Ordering::Acquire) && !is_hurried() {
            thread::sleep(Duration::from_millis(1));
        }
        let can_load = !LOADING.load(Ordering::Acquire);
        // The lock that a look-up needs is free between two of them.
        let frames = self.0.iter_mut();
        let in_time = frames.take_while(|_| can_load && !is_hurried());
        in_time.for_each(BacktraceFrame::resolve);
        backtrace_to_stacktrace(&Backtrace::from(self.0))
    }
}

/// Loads the symbols of the process in the background: in a debug build that takes a fifth of a second
/// or more, all other look-ups next to nothing.
pub(super) fn load_symbols() {
    struct Loaded;
    impl Drop for Loaded {
        fn drop(&mut self) {
            LOADING.store(false, Ordering::Release);
        }
    }
    LOADING.store(true, Ordering::Release);
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

/// Makes events do without names until it is dropped.
pub(super) struct Hurry(());

impl Hurry {
    pub(super) fn begin() -> Self {
        HURRIES.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        HURRIES.fetch_sub(1, Ordering::Relaxed);
    }
}

//! Panics, where they begin: the only place that still has their stack.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;
use std::time::Duration;

use sentry::integrations::panic::{PanicIntegration, message_from_panic_info};

use super::{
    Capturing, admits, counts, deliver, event, is_on, nanoseconds, own_line, reporter, settle,
};
use crate::lines;
use crate::redact::without_secrets;
use crate::story;
use crate::testkit;
use crate::throttle::{Kind, Limit, Throttle};

/// How long a process that aborts waits for Sentry.
const FAREWELL: Duration = Duration::from_secs(2);

/// Panics outside all monitored functions.
static ELSEWHERE: Limit = Limit::new();

/// Puts our hook before the one that is there, which still runs; once per process.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.get() {
                return;
            }
            observe(info);
            if cfg!(panic = "abort") {
                say_farewell(info);
            }
            next(info);
        }));
    });
}

thread_local! {
    // Without a destructor, so that it is there to the very end of the thread.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs code that may panic where that is no news; `None` if it does.
pub(crate) fn quietly<T>(code: impl FnOnce() -> T) -> Option<T> {
    let before = QUIET.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(code));
    QUIET.set(before);
    done.ok()
}

/// A panic in a panic hook aborts the process, so nothing here may panic.
fn observe(info: &PanicHookInfo<'_>) {
    story::note_panic(&told(info));
    let client = reporter();
    let theirs = client.as_ref().is_some_and(|client| !client.panics);
    if !is_on() || theirs || !admitted() {
        return;
    }
    let _capturing = Capturing::begin();
    let mut event = PanicIntegration::new().event_from_panic_info(info);
    event::mark_frames(&mut event);
    event::set_scene(&mut event, story::scene(None));
    deliver(event);
}

/// Unwinding reaches `shutdown()` or goes on; before an abort this is the last chance to send what
/// waits, and to log what no call lives to tell.
fn say_farewell(info: &PanicHookInfo<'_>) {
    settle(FAREWELL);
    if let Some(reporter) = reporter() {
        reporter.client.flush(Some(FAREWELL));
    }
    let panic = told(info);
    own_line(true, || tracing::error!("the process aborts: {panic}"));
    lines::flush();
}

/// What a panic says, and where.
fn told(info: &PanicHookInfo<'_>) -> String {
    let message = without_secrets(message_from_panic_info(info).to_owned());
    match info.location() {
        Some(place) => format!("panic: {message} at {}:{}", place.file(), place.line()),
        None => format!("panic: {message}"),
    }
}

fn admitted() -> bool {
    if let Some(site) = story::innermost() {
        return admits(site, Kind::Panic);
    }
    let admitted = testkit::is_active() || ELSEWHERE.admit(Throttle::DEFAULT, nanoseconds());
    if !admitted {
        counts::suppressed();
    }
    admitted
}

/// What was held back of panics outside monitored functions.
pub(super) fn summary(last: bool) -> Option<(String, (u64, u64))> {
    let held_back = ELSEWHERE.summary(Throttle::DEFAULT, nanoseconds(), last)?;
    Some(("panics outside monitored functions".into(), held_back))
}

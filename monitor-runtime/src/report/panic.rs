//! Panics, where they begin: the only place that still has their stack.

use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::time::Duration;

use sentry::integrations::panic::{PanicIntegration, message_from_panic_info};

use super::reporter;
use crate::story;

/// Puts our hook before the one that is there, which still runs; once per process.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            observe(info);
            next(info);
        }));
    });
}

/// A panic in a panic hook aborts the process, so nothing here may panic.
fn observe(info: &PanicHookInfo<'_>) {
    let message = message_from_panic_info(info);
    let place = info
        .location()
        .map(|place| format!(" at {}:{}", place.file(), place.line()));
    story::note_panic(&format!("panic: {message}{}", place.unwrap_or_default()));
    let site = story::innermost();
    let Some(reporter) = reporter().filter(|reporter| reporter.panics) else {
        return;
    };
    if site.is_some_and(|site| !site.may_report()) {
        return;
    }
    reporter.capture(
        PanicIntegration::new().event_from_panic_info(info),
        site,
        None,
    );
    // Unwinding reaches `shutdown()` or goes on; an abort is the last chance to send anything.
    if cfg!(panic = "abort") {
        reporter.client.flush(Some(Duration::from_secs(2)));
    }
}

//! Panics, where they begin: the only place that still has their stack.

use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::time::Duration;

use sentry::integrations::panic::{PanicIntegration, message_from_panic_info};

use super::{deliver, is_on, reporter};
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
    let client = reporter();
    let theirs = client.as_ref().is_some_and(|client| !client.panics);
    if !is_on() || theirs || site.is_some_and(|site| !site.may_report()) {
        return;
    }
    let event = PanicIntegration::new().event_from_panic_info(info);
    deliver(event, site, None);
    // Unwinding reaches `shutdown()` or goes on; an abort is the last chance to send anything.
    if let Some(client) = client.filter(|_| cfg!(panic = "abort")) {
        client.client.flush(Some(Duration::from_secs(2)));
    }
}

//! The panic hook: the only place that sees every panic while its stack is still there.

use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Once};
use std::time::Duration;

use super::{panic_lines, report_panic, send_before_abort};
use crate::base::panics::Panic;
use crate::base::unwind;
use crate::callsite::Site;
use crate::context;
use crate::context::capture;
use crate::context::trace::{leave_to_request, note_reported};
use crate::logs;

/// The time that a process which aborts waits for Sentry.
const ABORT_TIMEOUT: Duration = Duration::from_secs(2);

/// The time that it waits for the log.
const LOG: Duration = Duration::from_secs(1);

/// Installs the hook in front of the existing one, which still runs; once per process.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = panic::take_hook();
        // No hook is set now, so this is the one of the standard library.
        let standard = panic::take_hook();
        // A hook that captures nothing can be compared only by its code.
        let is_standard = std::ptr::eq(&raw const *next, &raw const *standard);
        panic::set_hook(Box::new(move |info| {
            if unwind::is_quiet() {
                return;
            }
            let panic = Arc::new(Panic::new(info));
            observe(info, &panic);
            let is_logged = log(&panic);
            if !(is_standard && is_logged) {
                next(info);
            }
        }));
    });
}

/// Makes sure that a line of the log reports the panic. Returns `true` if one will and the log is
/// the runtime's.
fn log(panic: &Arc<Panic>) -> bool {
    // A test shows the output of the standard library's hook.
    if capture::is_active() {
        return false;
    }
    let is_shown = panic_lines::is_shown();
    if cfg!(panic = "abort") || is_last_word(panic) {
        say_farewell(panic);
    } else if context::innermost().is_some_and(Site::tells_panics) {
        panic_lines::wait(panic);
    } else if !is_shown {
        return false;
    } else if leave_to_request(panic) {
        panic_lines::wait(panic);
    } else {
        panic_lines::tell(panic);
    }
    is_shown && logs::is_ours()
}

/// Returns `true` for the panic that ends the process: one that left a destructor during another,
/// or that reached a function it cannot leave. The standard library reveals that only in its
/// message.
fn is_last_word(panic: &Panic) -> bool {
    let ends = [
        "panic: panic in a destructor during cleanup",
        "panic: panic in a function that cannot unwind",
    ];
    ends.iter().any(|end| panic.text.starts_with(end))
}

/// Notes a panic for the functions and the request it ends, and reports it to Sentry.
fn observe(info: &PanicHookInfo<'_>, panic: &Arc<Panic>) {
    context::note_panic(panic);
    note_reported();
    report_panic(info);
}

/// Sends and logs everything that waits, before the process aborts. A panic that unwinds needs none
/// of this: it reaches `shutdown()`, or the process goes on.
fn say_farewell(panic: &Panic) {
    send_before_abort(ABORT_TIMEOUT);
    panic_lines::tell_last(panic);
    logs::flush(LOG);
}

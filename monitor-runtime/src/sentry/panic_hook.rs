//! Reports panics from the panic hook, the only place that still has their stack.

use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Once};
use std::time::Duration;

use sentry::Level;
use sentry::integrations::panic::message_from_panic_info;
use sentry::protocol::{Event, Exception, Mechanism};

use super::panic_lines;
use super::{admits, counts, crash, deliver, event, is_on, nanoseconds, reporter, settle};
use crate::base::panics::Panic;
use crate::base::rate_limit::{Limit, Throttle};
use crate::base::unwind;
use crate::callsite::Site;
use crate::callsite::rate_limits::Kind;
use crate::context;
use crate::context::capture;
use crate::context::trace::{leave_to_request, note_reported};
use crate::logs;

/// The time that a process which aborts waits for Sentry.
const FAREWELL: Duration = Duration::from_secs(2);

/// The time that it waits for the log.
const LOG: Duration = Duration::from_secs(1);

/// The limit for panics outside all monitored functions.
static ELSEWHERE: Limit = Limit::new();

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
            let panic = Arc::new(Panic::new(info, message_from_panic_info(info)));
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

/// Reports a panic to Sentry. A panic in the hook would abort the process, so nothing here may
/// panic.
fn observe(info: &PanicHookInfo<'_>, panic: &Arc<Panic>) {
    context::note_panic(panic);
    note_reported();
    let client = reporter();
    let theirs = client.as_ref().is_some_and(|client| !client.panics);
    if !is_on() || theirs || !admitted() {
        return;
    }
    let exception = Exception {
        ty: "panic".into(),
        value: Some(message_from_panic_info(info).to_owned()),
        mechanism: Some(Mechanism {
            ty: "panic".into(),
            handled: Some(false),
            ..Mechanism::default()
        }),
        ..Exception::default()
    };
    let mut event = Event {
        exception: vec![exception].into(),
        level: Level::Fatal,
        ..Event::default()
    };
    let place = info.location().map(|place| (place.file(), place.line()));
    event::set_scene(&mut event, context::scene(None), place);
    deliver(event);
}

/// Sends and logs everything that waits, before the process aborts. A panic that unwinds needs none
/// of this: it reaches `shutdown()`, or the process goes on.
fn say_farewell(panic: &Panic) {
    settle(FAREWELL);
    if let Some(reporter) = reporter() {
        reporter.client.flush(Some(FAREWELL));
    }
    // Otherwise the handler of the signal that follows would wait once more.
    crash::give_up();
    panic_lines::tell_last(panic);
    logs::flush(LOG);
}

fn admitted() -> bool {
    if let Some(site) = context::innermost() {
        return admits(site, Kind::Panic);
    }
    let admitted = capture::is_active() || ELSEWHERE.admit(Throttle::DEFAULT, nanoseconds());
    if !admitted {
        counts::suppressed();
    }
    admitted
}

/// Returns the events of panics outside monitored functions that were held back.
pub(super) fn summary(last: bool) -> Option<(String, (u64, u64))> {
    let held_back = ELSEWHERE.summary(Throttle::DEFAULT, nanoseconds(), last)?;
    Some(("panics outside monitored functions".into(), held_back))
}

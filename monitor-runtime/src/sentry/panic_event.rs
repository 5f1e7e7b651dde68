//! The event of a panic, made in the panic hook.

use std::panic::PanicHookInfo;
use std::time::Duration;

use sentry::Level;
use sentry::protocol::{Event, Exception, Mechanism};

use super::{admits, counts, crash, deliver, event, is_on, nanoseconds, reporter, settle};
use crate::base::panics;
use crate::base::rate_limit::{Limit, Throttle};
use crate::callsite::rate_limits::Kind;
use crate::context;
use crate::context::capture;

/// The limit for panics outside all monitored functions.
static ELSEWHERE: Limit = Limit::new();

/// Reports a panic to Sentry. A panic in the hook would abort the process, so nothing here may
/// panic.
pub(super) fn report_panic(info: &PanicHookInfo<'_>) {
    let client = reporter();
    let theirs = client.as_ref().is_some_and(|client| !client.panics);
    if !is_on() || theirs || !admitted() {
        return;
    }
    let exception = Exception {
        ty: "panic".into(),
        value: Some(panics::message(info).to_owned()),
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

/// Sends everything that waits, before the process aborts.
pub(super) fn send_before_abort(limit: Duration) {
    settle(limit);
    if let Some(reporter) = reporter() {
        reporter.client.flush(Some(limit));
    }
    // Otherwise the handler of the signal that follows would wait once more.
    crash::give_up();
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

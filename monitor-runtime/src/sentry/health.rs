//! Reports what the health thread has seen: a failed check that makes the service unready, a blocked
//! worker.

use sentry::Level;
use sentry::protocol::{Context, Event, TraceContext};

use super::{counts, deliver, event, is_on, nanoseconds};
use crate::base::rate_limit::{Limit, Throttle};
use crate::context::EventContext;

/// Reports to Sentry that a critical check failed, or that a runtime is blocked. Returns at once.
pub(crate) fn unhealthy(check: &str, reason: &str, limit: &Limit) {
    if !is_on() {
        return;
    }
    if !limit.admit(Throttle::DEFAULT, nanoseconds()) {
        return counts::suppressed();
    }
    let mut event = Event {
        level: Level::Error,
        message: Some(format!("health check {check} failed: {reason}")),
        fingerprint: vec!["health check".into(), check.to_owned().into()].into(),
        ..Event::default()
    };
    event.tags.insert("check".into(), check.to_owned());
    in_a_trace(&mut event);
    deliver(event);
}

/// Reports to Sentry that a function blocks a worker of a runtime, with the state of the worker's thread.
/// Returns at once.
pub(crate) fn blocked_worker(
    function: &str,
    said: &str,
    thread: Vec<(&str, String)>,
    scene: EventContext,
    limit: &Limit,
) {
    if !is_on() {
        return;
    }
    if !limit.admit(Throttle::DEFAULT, nanoseconds()) {
        return counts::suppressed();
    }
    let mut event = Event {
        level: Level::Warning,
        message: Some(format!("a worker of the async runtime is {said}")),
        fingerprint: vec!["blocked worker".into(), function.to_owned().into()].into(),
        ..Event::default()
    };
    event::set_scene(&mut event, scene, None);
    event.tags.insert("function".into(), function.to_owned());
    event.culprit = Some(function.to_owned());
    let thread = thread.into_iter();
    let thread = thread.map(|(name, value)| (name.to_owned(), value.into()));
    let thread = Context::Other(thread.collect());
    event.contexts.insert("worker".into(), thread);
    in_a_trace(&mut event);
    deliver(event);
}

/// Gives an event without a trace one of its own. Sentry would put all of them into one, that of this thread.
fn in_a_trace(event: &mut Event<'static>) {
    let trace = event.contexts.entry("trace".into());
    trace.or_insert_with(|| TraceContext::default().into());
}

//! Reports a failed health check that makes the service unready.

use sentry::Level;
use sentry::protocol::Event;

use super::{counts, deliver, is_on, nanoseconds};
use crate::base::rate_limit::{Limit, Throttle};

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
    deliver(event);
}

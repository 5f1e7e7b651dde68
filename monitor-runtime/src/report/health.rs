//! A health check that keeps the service from its work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use sentry::Level;
use sentry::protocol::Event;

use super::{Capturing, counts, deliver, is_on, nanoseconds};
use crate::throttle::{Limit, Throttle};

/// Tells Sentry that a critical check failed, or that a runtime is blocked, and returns at once.
///
/// `before_send` and a transport may be the user's own code, which may hang; so they run on a thread
/// of their own, of which there is one at a time.
pub(crate) fn unhealthy(check: &str, reason: &str, limit: &Limit) {
    static BUSY: AtomicBool = AtomicBool::new(false);
    if !is_on() {
        return;
    }
    if !limit.admit(Throttle::DEFAULT, nanoseconds()) {
        return counts::suppressed();
    }
    if BUSY.swap(true, Ordering::AcqRel) {
        return counts::dropped(1);
    }
    let mut event = Event {
        level: Level::Error,
        message: Some(format!("health check {check} failed: {reason}")),
        fingerprint: vec!["health check".into(), check.to_owned().into()].into(),
        ..Event::default()
    };
    event.tags.insert("check".into(), check.to_owned());
    // Seen by a shutdown that begins before the thread does.
    let capturing = Capturing::begin();
    let send = move || {
        let _capturing = capturing;
        super::quietly(|| deliver(event));
        BUSY.store(false, Ordering::Release);
    };
    let spawned = thread::Builder::new()
        .name("monitor-report".into())
        .spawn(send);
    if spawned.is_err() {
        BUSY.store(false, Ordering::Release);
        counts::dropped(1);
    }
}

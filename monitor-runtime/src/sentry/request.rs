//! Reports a failed request in which no monitored function failed.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use sentry::Level;
use sentry::protocol::Event;

use super::{CAPTURING, counts, deliver, is_on, nanoseconds};
use crate::base::rate_limit::{Limit, Throttle};
use crate::context::capture;

/// One limit per method, route and reason. All three are also labels, so there are few.
type Limits = HashMap<String, Limit>;

fn limits() -> MutexGuard<'static, Limits> {
    static LIMITS: LazyLock<Mutex<Limits>> = LazyLock::new(Mutex::default);
    LIMITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reports to Sentry that a request failed; `reason` is its status.
pub(crate) fn request_failed(method: &str, route: &str, reason: &str) {
    if !is_on() {
        return;
    }
    let transaction = format!("{method} {route}");
    let message = format!("{transaction} {reason}");
    let admitted = limits()
        .entry(message.clone())
        .or_default()
        .admit(Throttle::DEFAULT, nanoseconds());
    if !admitted && !capture::is_active() {
        return counts::suppressed();
    }
    let _capturing = CAPTURING.begin();
    deliver(Event {
        level: Level::Error,
        fingerprint: vec!["request".into(), message.clone().into()].into(),
        message: Some(message),
        transaction: Some(transaction),
        ..Event::default()
    });
}

/// Returns the requests whose events were held back, by what they are.
pub(super) fn summaries(last: bool) -> Vec<(String, (u64, u64))> {
    let limits = limits();
    let due = limits.iter().filter_map(|(name, limit)| {
        let held_back = limit.summary(Throttle::DEFAULT, nanoseconds(), last)?;
        Some((name.clone(), held_back))
    });
    due.collect()
}

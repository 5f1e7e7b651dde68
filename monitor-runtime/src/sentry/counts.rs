//! Counts events by their fate, for `monitor_captures_total`.

use std::sync::atomic::{AtomicU64, Ordering};

static SENT: AtomicU64 = AtomicU64::new(0);
static SUPPRESSED: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Counts an event that Sentry has, or that a client of the service has accepted.
pub(super) fn sent() {
    SENT.fetch_add(1, Ordering::Relaxed);
}

/// Counts an event beyond the throttle of its function and class. A summary will report it.
pub(super) fn suppressed() {
    SUPPRESSED.fetch_add(1, Ordering::Relaxed);
}

/// Counts events that did not arrive and will not be sent again.
pub(super) fn dropped(events: u64) {
    DROPPED.fetch_add(events, Ordering::Relaxed);
}

/// Returns the events so far, by result.
pub(crate) fn captures() -> [(&'static str, u64); 3] {
    [
        ("sent", &SENT),
        ("suppressed", &SUPPRESSED),
        ("dropped", &DROPPED),
    ]
    .map(|(result, count)| (result, count.load(Ordering::Relaxed)))
}

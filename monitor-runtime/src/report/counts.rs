//! Counts events by their fate, for `monitor_captures_total`.

use std::sync::atomic::{AtomicU64, Ordering};

static SENT: AtomicU64 = AtomicU64::new(0);
static SUPPRESSED: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Sentry has it; or, where the client is the user's, that client has.
pub(super) fn sent() {
    SENT.fetch_add(1, Ordering::Relaxed);
}

/// One too many of its function and class; a summary will count it.
pub(super) fn suppressed() {
    SUPPRESSED.fetch_add(1, Ordering::Relaxed);
}

/// Counts events that did not arrive and will not be sent again.
pub(super) fn dropped(events: u64) {
    DROPPED.fetch_add(events, Ordering::Relaxed);
}

/// Events so far, by what became of them.
pub(crate) fn captures() -> [(&'static str, u64); 3] {
    [
        ("sent", &SENT),
        ("suppressed", &SUPPRESSED),
        ("dropped", &DROPPED),
    ]
    .map(|(result, count)| (result, count.load(Ordering::Relaxed)))
}

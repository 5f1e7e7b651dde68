//! Requests that have begun and not ended, and the time they may take once the service ends.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::settings::config::DEFAULT_DRAIN_LIMIT;

static REQUESTS: AtomicUsize = AtomicUsize::new(0);
static LIMIT: Mutex<Duration> = Mutex::new(DEFAULT_DRAIN_LIMIT);
/// `true` once the log has a line on the requests that were cut off, since the limit was set.
static CUT: AtomicBool = AtomicBool::new(false);

/// A request in flight; dropping it ends that.
pub(super) struct InFlight(());

impl InFlight {
    pub(super) fn begin() -> Self {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        REQUESTS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns the number of requests at the HTTP edge that have begun and not ended.
pub(crate) fn in_flight() -> usize {
    REQUESTS.load(Ordering::Relaxed)
}

/// Sets the time that requests may take after the drain delay.
pub(crate) fn set_drain_limit(limit: Duration) {
    *LIMIT.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    CUT.store(false, Ordering::Relaxed);
}

#[cfg(feature = "warp")]
pub(super) fn drain_limit() -> Duration {
    *LIMIT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Logs once the number of requests that are about to be cut off.
pub(crate) fn tell_of_cut() {
    let requests = in_flight();
    if requests > 0 && !CUT.swap(true, Ordering::Relaxed) {
        let limit = *LIMIT.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = humantime::format_duration(limit);
        tracing::warn!(requests, %limit, "the drain limit is over: requests are cut off");
    }
}

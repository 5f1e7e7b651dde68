//! Goes through the phases of a shutdown, and ends a process that does not end itself.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{End, Lifecycle, Phase, exit, signals};
use crate::context::cancellation;
use crate::http;

/// The reason in the log if the runtime ends a process that does not end itself.
const UNATTENDED: &str = "nothing waits for `Monitor::drained()`";
/// The time that a service has to end by itself once it is cut off.
const GRACE: Duration = Duration::from_secs(1);

impl Lifecycle {
    /// Goes through all phases, and ends the process if no other code does.
    pub(super) fn go_down(&self) {
        self.wait_for_drain();
        let awaited = self.is_awaited();
        self.advance(Phase::Drained);

        let closed = |end: &End| end.closed;
        let alone = |end: &End| end.signal.is_some() && end.ours && !awaited && !end.shutting_down;
        let end = self.wait(self.limit.duration, |end| closed(end) || alone(end));
        let signal = end.signal.filter(|_| alone(&end));
        let bound = |end: &End| end.signal.is_some() && (end.ours || self.limit.given);
        let (is_closed, is_cut) = (closed(&end), bound(&end));
        drop(end);
        if is_closed {
            return;
        }
        if let Some(signal) = signal {
            return self.end_by(signal, UNATTENDED);
        }
        if is_cut || self.cutting.load(Ordering::Acquire) > 0 {
            cancellation::set_going_down(true);
            http::tell_of_cut();
        }
        self.advance(Phase::CutOff);

        // A service that drains without a signal may get one later.
        let end = self
            .changed
            .wait_while(self.lock(), |end| !closed(end) && !bound(end));
        let signal = end.unwrap_or_else(PoisonError::into_inner).signal;
        if let Some(signal) = signal.filter(|_| alone(&self.lock())) {
            return self.end_by(signal, UNATTENDED);
        }
        // A service that has begun to shut down may have work to do after that.
        let is_ending = self.wait(GRACE, |end| end.shutting_down).shutting_down;
        if is_ending {
            return;
        }
        let limit = humantime::format_duration(self.limit.duration);
        let requests = http::in_flight();
        tracing::warn!(
            requests,
            %limit,
            "ending the process: it has not ended within the drain limit"
        );
        self.close();
        exit::exit();
    }

    /// Waits until the drain delay is over.
    fn wait_for_drain(&self) {
        let mut end = self.lock();
        while let Some(at) = end.drained_at.filter(|_| !end.closed) {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(end, left);
            end = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until a condition holds, but at most `limit`.
    fn wait(&self, limit: Duration, holds: impl Fn(&End) -> bool) -> MutexGuard<'_, End> {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), limit, |end| !holds(end));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Ends a process that does not end itself, as the signal does by default.
    pub(super) fn end_by(&self, signal: i32, why: &str) {
        let (signal_name, requests) = (signals::name(signal), http::in_flight());
        tracing::warn!(requests, signal = signal_name, "ending the process: {why}");
        self.close();
        signals::end_by(signal);
    }
}

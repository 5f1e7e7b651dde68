//! Requests of all routes by result: counters that exist at 0 from the start.
//!
//! A route that a router names has no series before its first request, so `rate` cannot see the
//! failures it begins with. These counters can.

use metrics::{Key, Label};

use super::traffic::Outcome;
use crate::metrics::HTTP_RESULTS;

/// The series by [`Outcome`].
pub(super) static KEYS: [Key; 3] = [key(&OK), key(&ERROR), key(&CANCELLED)];
static OK: [Label; 1] = result("ok");
static ERROR: [Label; 1] = result("error");
static CANCELLED: [Label; 1] = result("cancelled");

const fn result(value: &'static str) -> [Label; 1] {
    [Label::from_static_parts("result", value)]
}

const fn key(labels: &'static [Label; 1]) -> Key {
    Key::from_static_parts(HTTP_RESULTS, labels)
}

/// Returns the series of requests that end so.
pub(super) fn of(outcome: Outcome) -> &'static Key {
    &KEYS[outcome as usize]
}

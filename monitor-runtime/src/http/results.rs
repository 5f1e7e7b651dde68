//! Requests of all routes by result: counters that exist at 0 from the start.
//!
//! A route that a router names has no series before its first request, so `rate` cannot see the
//! failures it begins with. These counters can.

use metrics::{Key, Label, Level, Metadata};

use super::traffic::Outcome;
use crate::base::unwind::quietly;
use crate::metrics::HTTP_RESULTS;

const METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// The series by [`Outcome`].
static KEYS: [Key; 3] = [key(&OK), key(&ERROR), key(&CANCELLED)];
static OK: [Label; 1] = result("ok");
static ERROR: [Label; 1] = result("error");
static CANCELLED: [Label; 1] = result("cancelled");

const fn result(value: &'static str) -> [Label; 1] {
    [Label::from_static_parts("result", value)]
}

const fn key(labels: &'static [Label; 1]) -> Key {
    Key::from_static_parts(HTTP_RESULTS, labels)
}

/// Sets the counters to 0, once a recorder is installed.
pub(super) fn begin() {
    metrics::describe_counter!(
        HTTP_RESULTS,
        "Requests of all routes that have ended, by result."
    );
    for key in &KEYS {
        add(key, 0);
    }
}

/// Counts a request that ended.
pub(super) fn count(outcome: Outcome) {
    add(&KEYS[outcome as usize], 1);
}

fn add(key: &Key, requests: u64) {
    // The recorder may be the service's own code.
    quietly(|| {
        metrics::with_recorder(|recorder| {
            recorder
                .register_counter(key, &METADATA)
                .increment(requests);
        });
    });
}

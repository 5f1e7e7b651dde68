//! Local traces as documents: the kept ones, those in flight, and one in full.
//!
//! Everything here is as private as the details of the live page.

mod document;
mod frozen;
mod in_flight;
mod lines;
mod text;
mod values;

use std::sync::Arc;
use std::time::Duration;

pub(super) use document::{ErrorLink, Request};
use document::{Head, Kept, Whole, age};
pub(super) use frozen::bytes;
pub(super) use in_flight::InFlight;
use in_flight::{Running, Source};
pub(super) use text::{calls_as_text, duration, kept_as_text, story_as_text};
pub(super) use values::timestamp;

use crate::base::clock;
use crate::traces::{TraceId, live, store};

/// The JSON Schema of all documents.
pub(super) const SCHEMA: &str = include_str!("schema.json");

/// The bytes of a list of requests in flight, beyond which the youngest are only counted.
const MAX_BYTES: usize = 2_000_000;

/// Returns the kept requests.
pub(super) fn kept() -> Kept {
    let all = store::all();
    let head = |kept: &store::Kept| {
        let story = kept.trace.read();
        Head::new(&kept.trace, &story, clock::now())
    };
    Kept {
        requests: all.iter().map(head).collect(),
    }
}

/// Returns the requests that have been in flight for at least some time.
pub(super) fn in_flight(older: Duration) -> InFlight {
    let now = clock::now();
    let mut all = Source::all();
    all.retain(|one| age(one.began(), now) >= older.as_secs_f64());
    listed(&all, now, MAX_BYTES, Running::bytes)
}

/// Returns the requests in flight, in so many bytes of memory.
pub(super) fn in_flight_within(bytes: usize) -> InFlight {
    listed(&Source::all(), clock::now(), bytes, Running::size)
}

fn listed(all: &[Source], now: u64, limit: usize, size: fn(&Running) -> usize) -> InFlight {
    let mut requests = Vec::new();
    let mut bytes = 0;
    for one in all {
        let running = Running::new(one, now);
        bytes += size(&running);
        if bytes > limit {
            break;
        }
        requests.push(running);
    }
    InFlight {
        all: all.len(),
        left_out: all.len() - requests.len(),
        requests,
    }
}

/// Returns all that is known of a trace; `None` for one that is neither kept nor in flight.
pub(super) fn whole(id: TraceId) -> Option<Whole> {
    let now = clock::now();
    let mut traces: Vec<_> = store::find(id).into_iter().map(|kept| kept.trace).collect();
    let running = live::all().into_iter();
    traces.extend(running.filter(|trace| trace.ids.trace == id));
    traces.sort_by_key(|trace| (trace.began, Arc::as_ptr(trace).addr()));
    traces.dedup_by(|a, b| Arc::ptr_eq(a, b));
    (!traces.is_empty()).then(|| Whole {
        trace_id: id.to_string(),
        requests: traces
            .iter()
            .map(|trace| Request::new(trace, now))
            .collect(),
    })
}

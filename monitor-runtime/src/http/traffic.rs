//! Requests by method and route, for the live page.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::settings::buckets::HTTP_BUCKETS;

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    Error,
    /// The client left.
    Cancelled,
}

/// Requests of one method and route since the start.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) method: &'static str,
    pub(crate) route: &'static str,
    in_flight: AtomicU64,
    /// By [`Outcome`].
    ended: [AtomicU64; 3],
    nanoseconds: AtomicU64,
    /// By the bounds of [`HTTP_BUCKETS`]; not cumulative.
    buckets: [AtomicU64; HTTP_BUCKETS.len() + 1],
}

/// The counts of a method and route at one moment.
pub(crate) struct Reading {
    pub(crate) in_flight: u64,
    /// `ok`, `error`, `cancelled`.
    pub(crate) ended: [u64; 3],
    pub(crate) seconds: f64,
    pub(crate) buckets: Box<[u64]>,
}

/// Bounded, because methods and routes are.
static ALL: RwLock<Option<Known>> = RwLock::new(None);

/// The traffic of every method and route so far.
#[derive(Default)]
struct Known {
    /// In the order of their first requests.
    list: Vec<Arc<Traffic>>,
    /// Places in the list, by method and route.
    places: HashMap<[&'static str; 2], usize>,
}

impl Known {
    fn find(&self, key: [&'static str; 2]) -> Option<Arc<Traffic>> {
        let place = self.places.get(&key)?;
        self.list.get(*place).map(Arc::clone)
    }
}

/// Returns the traffic of every method and route so far, in the order of their first requests.
pub(crate) fn all() -> Vec<Arc<Traffic>> {
    let known = ALL.read().unwrap_or_else(PoisonError::into_inner);
    known
        .as_ref()
        .map_or_else(Vec::new, |known| known.list.clone())
}

impl Traffic {
    /// Returns the traffic of a method and route, with one more request in flight.
    pub(super) fn enter(method: &'static str, route: &'static str) -> Arc<Self> {
        let key = [method, route];
        let known = ALL.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.as_ref().and_then(|known| known.find(key));
        drop(known);
        let entered = found.unwrap_or_else(|| {
            let mut known = ALL.write().unwrap_or_else(PoisonError::into_inner);
            let known = known.get_or_insert_default();
            known.find(key).unwrap_or_else(|| {
                let new = Arc::new(Self::new(method, route));
                known.places.insert(key, known.list.len());
                known.list.push(Arc::clone(&new));
                new
            })
        });
        entered.in_flight.fetch_add(1, Ordering::Relaxed);
        entered
    }

    fn new(method: &'static str, route: &'static str) -> Self {
        Self {
            method,
            route,
            in_flight: AtomicU64::new(0),
            ended: Default::default(),
            nanoseconds: AtomicU64::new(0),
            buckets: Default::default(),
        }
    }

    /// Removes a request that has changed its route, or has ended, from those in flight.
    pub(super) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a request that ended.
    pub(super) fn count(&self, outcome: Outcome, seconds: f64) {
        self.ended[outcome as usize].fetch_add(1, Ordering::Relaxed);
        let took = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        let bucket = HTTP_BUCKETS.partition_point(|bound| *bound < seconds);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
    }

    /// Reads the current counts.
    pub(crate) fn read(&self) -> Reading {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Reading {
            in_flight: load(&self.in_flight),
            ended: std::array::from_fn(|place| load(&self.ended[place])),
            seconds: Duration::from_nanos(load(&self.nanoseconds)).as_secs_f64(),
            buckets: self.buckets.iter().map(load).collect(),
        }
    }
}

//! Local traces in flight.
//!
//! Each begin and end of a trace takes the lock of one of many lists, so that requests seldom wait
//! for each other. A reader takes one lock after the other.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::LocalTrace;
use crate::callsite::Site;

const SHARDS: usize = 64;

/// Traces by their address.
static LIVE: [Mutex<BTreeMap<usize, Arc<LocalTrace>>>; SHARDS] =
    [const { Mutex::new(BTreeMap::new()) }; SHARDS];

fn shard(address: usize) -> &'static Mutex<BTreeMap<usize, Arc<LocalTrace>>> {
    // Addresses of allocations of some hundred bytes differ in these bits.
    &LIVE[(address >> 7) % SHARDS]
}

fn address(trace: &Arc<LocalTrace>) -> usize {
    Arc::as_ptr(trace).addr()
}

pub(super) fn enter(trace: &Arc<LocalTrace>) {
    let address = address(trace);
    let shard = shard(address).lock();
    let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
    shard.insert(address, Arc::clone(trace));
}

pub(super) fn leave(trace: &Arc<LocalTrace>) {
    let address = address(trace);
    let shard = shard(address).lock();
    shard
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&address);
}

/// Returns the traces in flight, the oldest first.
pub(crate) fn all() -> Vec<Arc<LocalTrace>> {
    let mut found = Vec::new();
    for shard in &LIVE {
        let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(shard.values().cloned());
    }
    found.sort_by_key(|trace| trace.began);
    found
}

/// Returns each function that has open calls in a trace in flight, with the start of the oldest, in
/// ticks of the clock.
pub(crate) fn oldest_calls() -> Vec<(&'static Site, u64)> {
    oldest_calls_until(u64::MAX)
}

/// Returns [`oldest_calls`] that began at a time or before it, in ticks of the clock. Reads no
/// trace that began later.
pub(crate) fn oldest_calls_until(latest: u64) -> Vec<(&'static Site, u64)> {
    let mut oldest: HashMap<*const Site, (&'static Site, u64)> = HashMap::new();
    for trace in all().iter().filter(|trace| trace.began <= latest) {
        let calls = open_calls(trace);
        for (site, began) in calls.filter(|(_, began)| *began <= latest) {
            let known = oldest
                .entry(std::ptr::from_ref(site))
                .or_insert((site, began));
            known.1 = known.1.min(began);
        }
    }
    oldest.into_values().collect()
}

/// Returns the calls of a trace that run, each with its start in ticks of the clock.
fn open_calls(trace: &LocalTrace) -> impl Iterator<Item = (&'static Site, u64)> {
    let open = trace.slots.read().filter(|entry| entry.ended.is_none());
    open.filter_map(|entry| Some((entry.site?, entry.began)))
}

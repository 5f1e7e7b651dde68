//! The kept traces: the last ones of each route and reason, within eight megabytes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::judge::{AGE, MAX_KEPT, Reason, in_ticks};
use super::span::RootName;
use super::{LocalTrace, TraceId};
use crate::base::clock;

/// Bytes of all kept traces.
const MAX_BYTES: usize = 8 * 1024 * 1024;

type Group = (RootName, Reason);

/// A trace that is kept.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) trace: Arc<LocalTrace>,
    pub(super) name: RootName,
    pub(crate) reason: Reason,
    /// The duration of its root so far, in ticks of the clock.
    pub(super) ticks: u64,
    pub(super) bytes: usize,
}

/// A kept trace in its place.
struct Entry {
    kept: Kept,
    /// Its place in the order in which traces were kept.
    order: u64,
    /// The time at which it was kept, in ticks of the clock.
    at: u64,
}

#[derive(Default)]
struct Store {
    groups: HashMap<Group, VecDeque<Entry>>,
    /// The group of each kept trace, the oldest first.
    order: BTreeMap<u64, Group>,
    next: u64,
    bytes: usize,
}

static STORE: Mutex<Option<Store>> = Mutex::new(None);

/// Keeps a trace, in the place of an older one of its route and reason. A trace that was kept for
/// another reason is kept for this one instead.
pub(super) fn keep(kept: Kept) {
    let mut store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
    let dropped = store.get_or_insert_default().keep(kept);
    drop(store);
    // Freed only now: nothing waits for it.
    drop(dropped);
}

/// Returns the kept traces, the latest first.
pub(crate) fn all() -> Vec<Kept> {
    let store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
    let groups = store.iter().flat_map(|store| store.groups.values());
    let mut all: Vec<(u64, Kept)> = groups
        .flatten()
        .map(|entry| (entry.order, entry.kept.clone()))
        .collect();
    drop(store);
    all.sort_unstable_by_key(|(order, _)| std::cmp::Reverse(*order));
    all.into_iter().map(|(_, kept)| kept).collect()
}

/// Returns the traces that were kept within a time, the latest first. Both ends are in ticks of the
/// clock.
pub(crate) fn kept_within(from: u64, to: u64) -> Vec<Kept> {
    let store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
    let groups = store.iter().flat_map(|store| store.groups.values());
    let entries = groups
        .flatten()
        .filter(|entry| (from..=to).contains(&entry.at));
    let mut found: Vec<(u64, Kept)> = entries
        .map(|entry| (entry.order, entry.kept.clone()))
        .collect();
    drop(store);
    found.sort_unstable_by_key(|(order, _)| std::cmp::Reverse(*order));
    found.into_iter().map(|(_, kept)| kept).collect()
}

/// Returns the kept traces with an id, in the order of their ends: a trace has one for each request
/// of it that this process served.
pub(crate) fn find(id: TraceId) -> Vec<Kept> {
    let mut kept = all();
    kept.retain(|kept| kept.trace.ids.trace == id);
    kept.reverse();
    kept
}

impl Store {
    /// Returns the traces that made room.
    fn keep(&mut self, kept: Kept) -> Vec<Entry> {
        let mut dropped = Vec::new();
        let place = &kept.trace.place;
        // Its name may have changed since: the route of a request is known late.
        let before = place.load(Ordering::Relaxed);
        let known = self.order.get(&before).map(|(_, reason)| *reason);
        // A task may have failed while the verdict on the root was on its way here.
        if known == Some(Reason::Failed) && kept.reason != Reason::Failed {
            return dropped;
        }
        dropped.extend(self.remove(before));
        self.next += 1;
        let (group, order) = ((kept.name, kept.reason), self.next);
        place.store(order, Ordering::Relaxed);
        self.bytes += kept.bytes;
        self.order.insert(order, group);
        let at = clock::now();
        let list = self.groups.entry(group).or_default();
        list.push_back(Entry { kept, order, at });
        let surplus = (list.len() > MAX_KEPT).then(|| surplus(list, group.1));
        dropped.extend(surplus.and_then(|order| self.remove(order)));
        while self.bytes > MAX_BYTES
            && let Some((oldest, _)) = self.order.first_key_value()
        {
            let oldest = *oldest;
            dropped.extend(self.remove(oldest));
        }
        dropped
    }

    fn remove(&mut self, order: u64) -> Option<Entry> {
        let group = self.order.remove(&order)?;
        let list = self.groups.get_mut(&group)?;
        let place = list.iter().position(|entry| entry.order == order)?;
        let entry = list.remove(place)?;
        if list.is_empty() {
            self.groups.remove(&group);
        }
        self.bytes = self.bytes.saturating_sub(entry.kept.bytes);
        Some(entry)
    }
}

/// Returns the trace of a full list that leaves: the oldest, or the fastest of the slow ones that
/// are recent.
fn surplus(list: &VecDeque<Entry>, reason: Reason) -> u64 {
    let (now, age) = (clock::now(), in_ticks(AGE));
    let is_old = |entry: &&Entry| now.saturating_sub(entry.at) >= age;
    let fastest = || list.iter().min_by_key(|entry| entry.kept.ticks);
    let oldest = list.front();
    let leaves = match reason {
        Reason::Slow => oldest.filter(is_old).or_else(fastest),
        _ => oldest,
    };
    leaves.map_or(0, |entry| entry.order)
}

//! The table of the places that write lines.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::LocalKey;

use tracing::{Level, Metadata};

use crate::base::hooks;
use crate::base::rate_limit::Limit;
use crate::base::spread::Spread;
use crate::callsite::events::telling;
use crate::logs::counter;

/// Places that are told apart. The others share one.
const MAX_PLACES: usize = 4096;

/// The places so far, by the hash of what tells them apart.
static PLACES: LazyLock<Mutex<Places>> = LazyLock::new(Mutex::default);
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
/// The place of all others.
static OTHERS: LazyLock<Place> = LazyLock::new(Place::others);

type Places = HashMap<u64, &'static Place>;
type Known = RefCell<HashMap<u64, &'static Place, BuildHasherDefault<Spread>>>;

thread_local! {
    /// The places that this thread has used, by the address of their metadata.
    static EVENTS: Known = const { RefCell::new(HashMap::with_hasher(BuildHasherDefault::new())) };
    /// The places of records of the `log` crate, by the hash of what tells them apart.
    static RECORDS: Known = const { RefCell::new(HashMap::with_hasher(BuildHasherDefault::new())) };
}

/// A place in the code that writes lines.
pub(super) struct Place {
    pub(super) level: Level,
    pub(super) target: String,
    /// The file and the line; empty if they are not known.
    pub(super) source: String,
    pub(super) limit: Limit,
    written: [Written; 4],
}

/// Lines and bytes that some threads have written.
// Alone on its cache line.
#[derive(Default)]
#[repr(align(64))]
struct Written {
    lines: AtomicU64,
    bytes: AtomicU64,
}

/// The lines and bytes that a place has written since the start of the process.
pub(crate) struct Volume {
    pub(crate) level: Level,
    pub(crate) target: &'static str,
    pub(crate) source: &'static str,
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
}

impl Place {
    fn new(metadata: &Metadata<'_>) -> Self {
        let file = metadata.file().unwrap_or_default();
        let source = match metadata.line() {
            Some(line) => format!("{file}:{line}"),
            None => file.to_owned(),
        };
        Self {
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            source,
            limit: Limit::new(),
            written: Default::default(),
        }
    }

    /// Stands for all places beyond the first ones.
    fn others() -> Self {
        Self {
            level: Level::INFO,
            target: "other".to_owned(),
            source: "other places".to_owned(),
            limit: Limit::new(),
            written: Default::default(),
        }
    }

    /// Counts a line that was written.
    pub(super) fn count(&self, bytes: usize) {
        let written = &self.written[counter::stripe() % self.written.len()];
        written.lines.fetch_add(1, Ordering::Relaxed);
        written.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn volume(&'static self) -> Volume {
        let sum = |of: fn(&Written) -> &AtomicU64| {
            let all = self.written.iter().map(of);
            all.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        Volume {
            level: self.level,
            target: &self.target,
            source: &self.source,
            lines: sum(|written| &written.lines),
            bytes: sum(|written| &written.bytes),
        }
    }
}

/// Returns the places so far.
pub(super) fn all() -> Vec<&'static Place> {
    let places = lock().map(|places| places.values().copied().collect());
    let mut places: Vec<_> = places.unwrap_or_default();
    places.push(&OTHERS);
    places
}

pub(super) fn address(metadata: &Metadata<'_>) -> usize {
    std::ptr::from_ref(metadata).addr()
}

/// Returns the place of a line. The metadata of a record of the `log` crate is not its own.
pub(super) fn place(metadata: &Metadata<'_>, is_record: bool) -> &'static Place {
    if is_record {
        let parts = (metadata.target(), metadata.file(), metadata.line());
        known(&RECORDS, metadata, HASHER.hash_one(parts), |key| key)
    } else {
        let key = address(metadata) as u64;
        known(&EVENTS, metadata, key, |key| HASHER.hash_one(key))
    }
}

/// Returns the place that this thread knows under a key, or finds it under another one.
fn known(
    list: &'static LocalKey<Known>,
    metadata: &Metadata<'_>,
    key: u64,
    hash: fn(u64) -> u64,
) -> &'static Place {
    let look = |known: &Known| known.try_borrow().ok()?.get(&key).copied();
    if let Some(place) = list.try_with(look).ok().flatten() {
        return place;
    }
    // The allocator may be monitored itself. Its lines would wait for the lock.
    let place = telling(|| find(metadata, hash(key)));
    let _ = list.try_with(|known| {
        if let Ok(mut known) = known.try_borrow_mut()
            && known.len() < MAX_PLACES
        {
            known.insert(key, place);
        }
    });
    place
}

fn find(metadata: &Metadata<'_>, key: u64) -> &'static Place {
    let Some(mut places) = lock() else {
        return &OTHERS;
    };
    if let Some(place) = places.get(&key) {
        return place;
    }
    if places.len() >= MAX_PLACES {
        return &OTHERS;
    }
    let place = Box::leak(Box::new(Place::new(metadata)));
    places.insert(key, place);
    place
}

/// Locks the table; `None` in a forked process if a thread of the first one had locked it, which does not exist
/// in that process.
fn lock() -> Option<MutexGuard<'static, Places>> {
    if !hooks::is_forked() {
        return Some(PLACES.lock().unwrap_or_else(PoisonError::into_inner));
    }
    match PLACES.try_lock() {
        Ok(places) => Some(places),
        Err(TryLockError::Poisoned(places)) => Some(places.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

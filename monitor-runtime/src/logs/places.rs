//! The places in the code that write lines: how much each of them has written, and the limit on it.
//!
//! A place is a call site of `tracing`, or the file and line of a record of the `log` crate. The limit is
//! that of `MONITOR_LOG_LIMIT`. Lines beyond it are not written, and a summary follows.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, BuildHasherDefault, Hash};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};

use super::counter;
use crate::base::clock;
use crate::base::rate_limit::{Limit, Throttle};
use crate::base::spread::Spread;
use crate::callsite::events::telling;

/// Places that are told apart. The others share one.
const MAX_PLACES: usize = 4096;

/// The target of the lines that sum up suppressed ones.
pub(super) const TARGET: &str = "monitor_runtime::log_limit";

/// The limit of each place.
static EVENTS: AtomicU32 = AtomicU32::new(Throttle::OFF.events);
static NANOSECONDS: AtomicU64 = AtomicU64::new(Throttle::OFF.nanoseconds);
/// Lines that were not written because of it.
static SUPPRESSED: AtomicU64 = AtomicU64::new(0);

/// The places so far.
static PLACES: LazyLock<Mutex<Places>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Places {
    all: HashMap<u64, &'static Place>,
    hasher: RandomState,
}

type Known = HashMap<usize, &'static Place, BuildHasherDefault<Spread>>;

thread_local! {
    /// The places that this thread has used, by the address of their metadata.
    static KNOWN: RefCell<Known> = const { RefCell::new(HashMap::with_hasher(BuildHasherDefault::new())) };
    /// The address of the metadata of the event that is suppressed now; 0 without one.
    static IS_SUPPRESSED: Cell<usize> = const { Cell::new(0) };
    /// `true` while this thread writes a line that no limit applies to.
    static IS_EXEMPT: Cell<bool> = const { Cell::new(false) };
}

/// A place in the code that writes lines.
pub(crate) struct Place {
    level: Level,
    target: String,
    /// The file and the line; empty if they are not known.
    source: String,
    limit: Limit,
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

/// Sets the limit of each place.
pub(crate) fn set_limit(limit: Throttle) {
    NANOSECONDS.store(limit.nanoseconds, Ordering::Relaxed);
    EVENTS.store(limit.events, Ordering::Relaxed);
}

fn limit() -> Throttle {
    Throttle::new(
        EVENTS.load(Ordering::Relaxed),
        NANOSECONDS.load(Ordering::Relaxed),
    )
}

/// Returns `true` if places have a limit.
#[inline]
pub(super) fn are_limited() -> bool {
    limit() != Throttle::OFF || IS_SUPPRESSED.get() != 0
}

/// Returns the number of lines that were suppressed; `None` without a limit.
pub(crate) fn suppressed_lines() -> Option<u64> {
    let count = SUPPRESSED.load(Ordering::Relaxed);
    (limit() != Throttle::OFF || count > 0).then_some(count)
}

/// Runs code whose lines no limit applies to.
pub(crate) fn exempt<R>(write: impl FnOnce() -> R) -> R {
    let before = IS_EXEMPT.replace(true);
    let result = write();
    IS_EXEMPT.set(before);
    result
}

/// Decides whether the line of an event is written, and notes that for the layers. `metadata` is that of
/// the event itself, `normalized` that of a record of the `log` crate.
pub(super) fn decide(metadata: &Metadata<'_>, normalized: Option<&Metadata<'_>>) {
    let is_admitted = admits(normalized.unwrap_or(metadata), normalized.is_some());
    IS_SUPPRESSED.set(if is_admitted { 0 } else { address(metadata) });
}

/// Returns `true` if the line of the event that this thread dispatches is not written.
#[inline]
pub(super) fn is_suppressed(metadata: &Metadata<'_>) -> bool {
    let suppressed = IS_SUPPRESSED.get();
    suppressed != 0 && suppressed == address(metadata)
}

/// Returns `true` if a place may write one more line; otherwise counts the line.
#[inline]
pub(super) fn admits(metadata: &Metadata<'_>, is_record: bool) -> bool {
    let throttle = limit();
    throttle == Throttle::OFF || IS_EXEMPT.get() || admits_within(throttle, metadata, is_record)
}

#[cold]
fn admits_within(throttle: Throttle, metadata: &Metadata<'_>, is_record: bool) -> bool {
    // The lines of the limit itself are few.
    if metadata.target() == TARGET {
        return true;
    }
    let place = place(metadata, is_record);
    let is_admitted = place.limit.admit(throttle, now());
    if !is_admitted {
        SUPPRESSED.fetch_add(1, Ordering::Relaxed);
    }
    is_admitted
}

/// Counts a line that was written.
pub(super) fn count(metadata: &Metadata<'_>, is_record: bool, bytes: usize) {
    let place = place(metadata, is_record);
    let written = &place.written[counter::stripe() % place.written.len()];
    written.lines.fetch_add(1, Ordering::Relaxed);
    written.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// Writes a summary for each place whose period is over, or for all that have one. Returns once they are
/// written.
pub(crate) fn sum_up(last: bool) {
    let (throttle, now) = (limit(), now());
    let due: Vec<_> = lock()
        .all
        .values()
        .filter_map(|place| Some((*place, place.limit.summary(throttle, now, last)?)))
        .collect();
    for (place, (suppressed, nanoseconds)) in due {
        let seconds = Duration::from_nanos(nanoseconds).as_secs_f64();
        let (target, source) = (place.target.as_str(), place.source.as_str());
        let level = place.level.as_str();
        tracing::warn!(
            target: TARGET,
            suppressed, seconds, source, source_target = target, source_level = level,
            "{suppressed} lines were not written: {source} writes more than MONITOR_LOG_LIMIT allows"
        );
    }
}

/// Returns the places that have written the most bytes, and the bytes of all.
pub(crate) fn loudest(most: usize) -> (Vec<Volume>, u64) {
    let places = lock();
    let mut volumes: Vec<Volume> = places.all.values().map(|place| place.volume()).collect();
    drop(places);
    let all = volumes.iter().map(|volume| volume.bytes).sum();
    volumes.sort_by_key(|volume| std::cmp::Reverse(volume.bytes));
    volumes.truncate(most);
    volumes.retain(|volume| volume.lines > 0);
    (volumes, all)
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
    fn other() -> Self {
        Self {
            level: Level::INFO,
            target: "other".to_owned(),
            source: "other places".to_owned(),
            limit: Limit::new(),
            written: Default::default(),
        }
    }

    fn volume(&'static self) -> Volume {
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

fn address(metadata: &Metadata<'_>) -> usize {
    std::ptr::from_ref(metadata).addr()
}

/// Returns the place of a line. The metadata of a record of the `log` crate is not its own.
fn place(metadata: &Metadata<'_>, is_record: bool) -> &'static Place {
    if is_record {
        return find(
            metadata,
            (metadata.target(), metadata.file(), metadata.line()),
        );
    }
    let address = address(metadata);
    let known = |known: &RefCell<Known>| known.try_borrow().ok()?.get(&address).copied();
    if let Some(place) = KNOWN.try_with(known).ok().flatten() {
        return place;
    }
    let place = find(metadata, address);
    let _ = KNOWN.try_with(|known| {
        if let Ok(mut known) = known.try_borrow_mut() {
            known.insert(address, place);
        }
    });
    place
}

fn find(metadata: &Metadata<'_>, key: impl Hash) -> &'static Place {
    // The allocator may be monitored itself. Its lines would wait for this lock.
    telling(|| {
        let mut places = lock();
        let key = places.hasher.hash_one(key);
        if let Some(place) = places.all.get(&key) {
            return *place;
        }
        let (key, place) = if places.all.len() < MAX_PLACES {
            (key, Place::new(metadata))
        } else {
            (0, Place::other())
        };
        let place = || &*Box::leak(Box::new(place));
        places.all.entry(key).or_insert_with(place)
    })
}

/// Returns the present in nanoseconds since some moment of the process.
fn now() -> u64 {
    let nanoseconds = clock::seconds(clock::now()) * 1e9;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time"
    )]
    let nanoseconds = nanoseconds as u64;
    nanoseconds
}

fn lock() -> MutexGuard<'static, Places> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

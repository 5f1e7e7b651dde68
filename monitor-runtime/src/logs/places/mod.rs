//! The places in the code that write lines: how much each of them has written, and the limit on it.
//!
//! A place is a call site of `tracing`, or the file and line of a record of the `log` crate. The limit is
//! that of `MONITOR_LOG_LIMIT`. Lines beyond it are held back, and a summary follows.

mod table;

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};

pub(crate) use table::Volume;
use table::{Place, address, place};

use crate::base::clock;
use crate::base::hooks;
use crate::base::rate_limit::Throttle;

/// The target of the lines that sum up suppressed ones.
pub(super) const TARGET: &str = "monitor_runtime::log_limit";

/// The limit of each place.
static EVENTS: AtomicU32 = AtomicU32::new(Throttle::OFF.events);
static NANOSECONDS: AtomicU64 = AtomicU64::new(Throttle::OFF.nanoseconds);
/// Lines that were held back because of it.
static SUPPRESSED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The address of the metadata of the event that is suppressed now; 0 without one.
    static IS_SUPPRESSED: Cell<usize> = const { Cell::new(0) };
    /// `true` while this thread writes a line that no limit applies to.
    static IS_EXEMPT: Cell<bool> = const { Cell::new(false) };
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
    if tells_of_a_problem(metadata) {
        return true;
    }
    let place = place(metadata, is_record);
    let is_admitted = place.limit.admit(throttle, now());
    if !is_admitted {
        SUPPRESSED.fetch_add(1, Ordering::Relaxed);
    }
    is_admitted
}

/// Returns `true` for a line in which the runtime tells of a problem: a request that failed, a panic, a limit.
/// Requests of all routes, and all panics, have the same place.
fn tells_of_a_problem(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::WARN && metadata.target().starts_with("monitor_runtime::")
}

/// Counts a line that was written.
pub(super) fn count(metadata: &Metadata<'_>, is_record: bool, bytes: usize) {
    place(metadata, is_record).count(bytes);
}

/// Writes a summary for each place whose period is over, or for all that have one. Returns once they are
/// written.
pub(crate) fn sum_up(last: bool) {
    // A shutdown and the thread that does so every five seconds may meet here. The second one returns once the lines
    // of the first are written, or else the process could end before them. In a forked process the thread that holds
    // the lock may not exist.
    static SUMS_UP: Mutex<()> = Mutex::new(());
    let lock = || SUMS_UP.lock().unwrap_or_else(PoisonError::into_inner);
    let _one_at_a_time = (!hooks::is_forked()).then(lock);
    let (throttle, now) = (limit(), now());
    let due: Vec<_> = table::all()
        .into_iter()
        .filter_map(|place| Some((place, place.limit.summary(throttle, now, last)?)))
        .collect();
    for (place, (suppressed, nanoseconds)) in due {
        let seconds = Duration::from_nanos(nanoseconds).as_secs_f64();
        let (target, source) = (place.target.as_str(), place.source.as_str());
        let level = place.level.as_str();
        let lines = if suppressed == 1 {
            "line was"
        } else {
            "lines were"
        };
        tracing::warn!(
            target: TARGET,
            suppressed, seconds, source, source_target = target, source_level = level,
            "{suppressed} {lines} held back: {source} writes more than MONITOR_LOG_LIMIT allows"
        );
    }
}

/// Returns the places that have written the most bytes, and the bytes of all.
pub(crate) fn loudest(most: usize) -> (Vec<Volume>, u64) {
    let places = table::all().into_iter();
    let mut volumes: Vec<Volume> = places.map(Place::volume).collect();
    let all = volumes.iter().map(|volume| volume.bytes).sum();
    volumes.sort_by_key(|volume| std::cmp::Reverse(volume.bytes));
    volumes.truncate(most);
    volumes.retain(|volume| volume.lines > 0);
    (volumes, all)
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

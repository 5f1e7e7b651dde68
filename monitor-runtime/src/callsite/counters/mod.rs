//! Counts calls without locks or contention: each thread writes a shard of its own, and a scrape adds
//! them up.
//!
//! A thread claims a shard of a site on its first call of that site and gives it back when it ends.
//! The next thread that claims them goes on counting where the previous one stopped. So no count is
//! ever moved, nothing is lost with a thread, and memory grows with functions × concurrent threads.
//! A bump is a relaxed load and a store, never a read-modify-write.

mod cancelled;
pub(crate) mod fine;
mod list;
mod owner;
mod polls;
mod read;

use self::cancelled::Cancelled;
use self::fine::Fine;
pub(crate) use self::list::Shards;
pub(crate) use self::owner::Key;
use self::polls::Polls;
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::base::sync::OnceLock;
use crate::base::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU64, Ordering};
use crate::callsite::Site;
use crate::callsite::error_classes;

/// Attempts of a scrape to read numbers that match each other.
const MAX_ATTEMPTS: u32 = 100;

/// The counters of one thread for one site.
// Layout: bytes 0–63 hold the counters that every call writes. Bytes 64–127 hold the rest of what a
// scrape reads from a function whose calls all succeeded. CPUs prefetch cache lines in pairs, so
// the alignment of 128 keeps other threads' counters off both lines.
#[repr(C, align(128))]
pub(crate) struct Shard {
    // First, so that a pointer to either can be compared before it is known to which it points.
    pub(crate) key: Key,
    /// The state of the thread that counts here; its type belongs to a room above.
    owner: AtomicPtr<()>,
    started: AtomicU64,
    /// Ticks of the time stamp counter up to which a successful call needs nothing but
    /// [`ended_quickly`](Self::ended_quickly); 0 if another clock times the calls, or if they count in
    /// fine cells.
    pub(crate) quick: u64,
    ok: Ended,
    /// Ticks of the time stamp counter up to which a poll that leaves its future pending needs nothing but
    /// [`suspended_again`](Self::suspended_again), even if the limit of slow polls is changed; 0 if another
    /// clock times the calls.
    pub(crate) quick_poll: u64,
    /// Allocated by the owner's first call that is suspended.
    polls: OnceLock<Box<Polls>>,
    /// The next shard of the same site.
    next: OnceLock<&'static Shard>,
    failed: Ended,
    /// Allocated by the owner's first cancelled call.
    cancelled: OnceLock<Box<Cancelled>>,
    pub(crate) site: &'static Site,
    /// The index of this label set among those of the site; 0 without labels.
    pub(crate) label_set: usize,
    pub(crate) timing: Timing,
    /// `true` while a thread counts here.
    claimed: AtomicBool,
    /// By result: the number of times that the ticks have filled another half of their 64 bits.
    halves: [AtomicU16; Outcome::RESULTS],
    /// The cells that count the calls, if fine ones were switched on when it was made.
    fine: Option<Box<Fine>>,
    /// Like `quick`, in ticks of the clock that times the calls.
    pub(crate) brief: u64,
    /// Errors without a class, counted in addition to their histogram, which has no classes.
    errors: AtomicU64,
    panics: AtomicU64,
    /// By place; allocated by the owner's first error that has a class.
    classes: OnceLock<Box<[AtomicU64; error_classes::MAX_CLASSES]>>,
    /// The time at which it was made, before its first call, in milliseconds since the Unix epoch.
    created: u64,
}

/// The clock that times the calls of a site.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timing {
    None,
    /// The time stamp counter, read in place.
    Tsc,
    /// The operating system's clock.
    Clock,
}

/// Calls that ended with one result.
struct Ended {
    ticks: AtomicU64,
    /// The first bucket. Most functions use no other.
    first: AtomicU64,
    /// The other buckets, from the first slower call on.
    rest: OnceLock<Box<[AtomicU64]>>,
}

impl Ended {
    fn none() -> Self {
        Self {
            ticks: AtomicU64::new(0),
            first: AtomicU64::new(0),
            rest: OnceLock::new(),
        }
    }

    /// Counts a call and returns the ticks of all calls.
    #[inline]
    fn count(&self, bucket: &AtomicU64, ticks: u64) -> u64 {
        let all = add(&self.ticks, ticks, Ordering::Relaxed);
        // Release: a thread that sees this call as finished also sees it as started.
        add(bucket, 1, Ordering::Release);
        all
    }
}

impl Shard {
    fn new(site: &'static Site, label_set: usize) -> Self {
        let bounds = site.tick_bounds();
        // The upper half of all numbers are negative durations, of a counter that went back.
        let first = bounds.first().copied().unwrap_or(u64::MAX / 2);
        let timing = match (site.is_timed(), clock::is_tsc()) {
            (false, _) => Timing::None,
            (true, true) => Timing::Tsc,
            (true, false) => Timing::Clock,
        };
        let brief = (site.slow_ticks().min(first)).min(site.slow_poll_ticks());
        let is_fine = fine::is_on() && timing != Timing::None;
        let (id, is_plain) = (site.id() + label_set, timing == Timing::Tsc);
        let quick = if is_plain { brief } else { 0 };
        let fine = is_fine.then(|| Box::new(Fine::new(bounds, quick)));
        Self {
            key: Key {
                plain_id: if is_plain { id } else { usize::MAX },
                id,
            },
            owner: AtomicPtr::default(),
            started: AtomicU64::new(0),
            quick: if fine.is_none() { quick } else { 0 },
            ok: Ended::none(),
            quick_poll: quick.min(Site::least_slow_poll_ticks()),
            polls: OnceLock::new(),
            next: OnceLock::new(),
            failed: Ended::none(),
            cancelled: OnceLock::new(),
            site,
            label_set,
            timing,
            claimed: AtomicBool::new(true),
            halves: std::array::from_fn(|_| AtomicU16::new(0)),
            fine,
            brief,
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            classes: OnceLock::new(),
            created: clock::unix_millis(),
        }
    }

    /// Claims a shard of a label set that has counters of its own.
    #[cold]
    pub(crate) fn claim(site: &'static Site, label_set: usize) -> &'static Self {
        site.store(label_set).claim(site, label_set)
    }

    #[inline]
    pub(crate) fn started(&self) {
        add(&self.started, 1, Ordering::Relaxed);
    }

    /// Counts a call that is ok and took at most `quick` ticks.
    #[inline]
    pub(crate) fn ended_quickly(&self, ticks: u64) {
        self.ok.count(&self.ok.first, ticks);
    }

    /// Counts a call that is ok in fine cells, if it took as few ticks of the time stamp counter as a quick
    /// call.
    #[inline]
    pub(crate) fn ended_finely(&self, ticks: u64) -> bool {
        let Some(fine) = &self.fine else { return false };
        if ticks > fine.quick {
            return false;
        }
        add(&self.ok.ticks, ticks, Ordering::Relaxed);
        fine.count_quickly(ticks);
        true
    }

    /// Counts a call that is ok and took at most `brief` ticks.
    #[inline]
    pub(crate) fn ended_briefly(&self, ticks: u64) {
        match &self.fine {
            None => self.ended_quickly(ticks),
            Some(fine) => {
                add(&self.ok.ticks, ticks, Ordering::Relaxed);
                fine.count_ok(ticks);
            }
        }
    }

    /// Counts a call that is ok and not timed.
    #[inline]
    pub(crate) fn ended_untimed(&self) {
        add(&self.ok.first, 1, Ordering::Release);
    }

    /// Counts a call, by the place of the class of its error, or of the reason of its cancellation,
    /// if there is one. Of a call that was suspended, `last` is the duration of its last poll; the drop
    /// of a future is not one.
    pub(crate) fn ended(
        &self,
        outcome: Outcome,
        class: Option<usize>,
        ticks: u64,
        last: Option<u64>,
    ) {
        let (ended, class) = match (outcome, class) {
            (Outcome::Ok, _) => (&self.ok, None),
            (Outcome::Cancelled, reason) => {
                let new = || Box::new(Cancelled::none());
                let cancelled = self.cancelled.get_or_init(new);
                cancelled.count(reason);
                (&cancelled.ended, None)
            }
            (_, Some(place)) => {
                let new = || Box::new(std::array::from_fn(|_| AtomicU64::new(0)));
                (&self.failed, Some(&self.classes.get_or_init(new)[place]))
            }
            (Outcome::Error, None) => (&self.failed, Some(&self.errors)),
            (Outcome::Panic, None) => (&self.failed, Some(&self.panics)),
        };
        if let Some(class) = class {
            add(class, 1, Ordering::Relaxed);
        }
        // The first bound that is at least as large, as `le` demands.
        let bounds = self.site.tick_bounds();
        let bucket = || bounds.partition_point(|bound| *bound < ticks);
        let counter = match &self.fine {
            Some(fine) => fine.counter(outcome, ticks),
            None => match bucket() {
                0 => &ended.first,
                bucket => {
                    let new = || bounds.iter().map(|_| AtomicU64::new(0)).collect();
                    &ended.rest.get_or_init(new)[bucket - 1]
                }
            },
        };
        match last {
            None => carry(&self.halves[outcome.result()], ended.count(counter, ticks)),
            Some(last) => {
                self.add_suspended(outcome, ticks, last);
                add(counter, 1, Ordering::Release);
            }
        }
    }
}

/// Notes that ticks have filled another half of their 64 bits. That takes thousands of calls that last
/// for days.
///
/// The fast path does not note it: its calls are so brief that they would need years for one half, and
/// [`whole`] detects one half that was not noted.
fn carry(halves: &AtomicU16, all: u64) {
    let known = halves.load(Ordering::Relaxed);
    if u64::from(known & 1) != all >> 63 {
        halves.store(known.wrapping_add(1), Ordering::Release);
    }
}

/// Returns a sum of ticks, which may be more than 64 bits hold.
fn whole(halves: &AtomicU16, ticks: impl FnOnce() -> u64) -> u128 {
    // Read before the ticks, which are then at least as many as were noted.
    let noted = u64::from(halves.load(Ordering::Acquire));
    let ticks = ticks();
    let halves = noted + ((noted ^ (ticks >> 63)) & 1);
    (u128::from(halves >> 1) << 64) | u128::from(ticks)
}

/// Counts successful calls of so many seconds, for tests and measurements.
#[doc(hidden)]
pub fn count_ok(site: &'static Site, seconds: &[f64]) {
    let shard = Shard::claim(site, 0);
    for ticks in clock::in_ticks(seconds) {
        shard.started();
        shard.ended(Outcome::Ok, None, ticks, None);
    }
    shard.release();
}

/// Adds to a counter of the current thread, and returns the sum; a releasing store publishes everything
/// before it.
#[inline]
fn add(counter: &AtomicU64, amount: u64, order: Ordering) -> u64 {
    let sum = counter.load(Ordering::Relaxed).wrapping_add(amount);
    counter.store(sum, order);
    sum
}

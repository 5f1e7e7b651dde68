//! Counts calls without locks or contention: each thread writes a shard of its own, and a scrape adds
//! them up.
//!
//! A thread claims a shard of a site on its first call of that site and gives it back when it ends.
//! The next thread that claims them goes on counting where the previous one stopped. So no count is
//! ever moved, nothing is lost with a thread, and memory grows with functions × concurrent threads.
//! A bump is a relaxed load and a store, never a read-modify-write.

mod cancelled;
mod read;

use self::cancelled::Cancelled;
pub(crate) use self::cancelled::REASONS;
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::base::sync::OnceLock;
use crate::base::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use crate::callsite::Site;
use crate::callsite::error_classes;
use crate::callsite::snapshot::SiteSnapshot;

/// The counters of one thread for one site.
// Layout: bytes 0–63 hold the counters that every call writes. Bytes 64–127 hold the rest of what a
// scrape reads from a function whose calls all succeeded. CPUs prefetch cache lines in pairs, so
// the alignment of 128 keeps other threads' counters off both lines.
#[repr(C, align(128))]
pub(crate) struct Shard {
    /// The index in a thread's table.
    pub(crate) id: usize,
    /// Equal to `id` if calls are timed by the time stamp counter, read in place; else
    /// `usize::MAX`, which no look-up matches.
    pub(crate) plain_id: usize,
    started: AtomicU64,
    /// Ticks of the time stamp counter up to which a successful call needs nothing but
    /// [`ended_quickly`](Self::ended_quickly); 0 if another clock times the calls.
    pub(crate) quick: u64,
    ok: Ended,
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
    /// Like `quick`, in ticks of the clock that times the calls.
    pub(crate) brief: u64,
    /// Errors without a class, counted in addition to their histogram, which has no classes.
    errors: AtomicU64,
    panics: AtomicU64,
    /// By place; allocated by the owner's first error that has a class.
    classes: OnceLock<Box<[AtomicU64; error_classes::MAX_CLASSES]>>,
    /// Upper bounds of the buckets but the last, in ticks.
    bounds: &'static [u64],
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
        let brief = site.slow_ticks().min(first);
        let (id, is_plain) = (site.id() + label_set, timing == Timing::Tsc);
        Self {
            id,
            plain_id: if is_plain { id } else { usize::MAX },
            started: AtomicU64::new(0),
            quick: if is_plain { brief } else { 0 },
            ok: Ended::none(),
            next: OnceLock::new(),
            failed: Ended::none(),
            cancelled: OnceLock::new(),
            site,
            label_set,
            timing,
            claimed: AtomicBool::new(true),
            halves: std::array::from_fn(|_| AtomicU16::new(0)),
            brief,
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            classes: OnceLock::new(),
            bounds,
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

    /// Counts a call that is ok and not timed.
    #[inline]
    pub(crate) fn ended_untimed(&self) {
        add(&self.ok.first, 1, Ordering::Release);
    }

    /// Counts a call, by the place of the class of its error, or of the reason of its cancellation,
    /// if there is one.
    pub(crate) fn ended(&self, outcome: Outcome, class: Option<usize>, ticks: u64) {
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
        let all = match self.bounds.partition_point(|bound| *bound < ticks) {
            0 => ended.count(&ended.first, ticks),
            bucket => {
                let new = || self.bounds.iter().map(|_| AtomicU64::new(0)).collect();
                ended.count(&ended.rest.get_or_init(new)[bucket - 1], ticks)
            }
        };
        self.carry(outcome, all);
    }

    /// Notes that the ticks have filled another half of their 64 bits. That takes thousands of
    /// calls that last for days.
    ///
    /// The fast path does not note it: its calls are so brief that they would need years for one
    /// half, and [`Shard::ticks`](Self::ticks) detects one half that was not noted.
    fn carry(&self, outcome: Outcome, all: u64) {
        let halves = &self.halves[outcome.result()];
        let known = halves.load(Ordering::Relaxed);
        if u64::from(known & 1) != all >> 63 {
            halves.store(known.wrapping_add(1), Ordering::Release);
        }
    }
}

/// Adds to a counter of the current thread, and returns the sum; a releasing store publishes everything
/// before it.
#[inline]
fn add(counter: &AtomicU64, amount: u64, order: Ordering) -> u64 {
    let sum = counter.load(Ordering::Relaxed).wrapping_add(amount);
    counter.store(sum, order);
    sum
}

/// The shards of a site, in use or waiting for a thread: a list that only grows.
// Has a public field instead of a `const fn`, because a model checker's locks cannot be made in a
// constant.
pub(crate) struct Shards(pub(crate) OnceLock<&'static Shard>);

impl Shards {
    fn all(&self) -> impl Iterator<Item = &'static Shard> {
        std::iter::successors(self.0.get().copied(), |shard| shard.next.get().copied())
    }

    /// Returns `true` if nothing was ever counted here.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.get().is_none()
    }

    /// Returns a shard for the current thread alone, until it gives it back.
    #[cold]
    pub(crate) fn claim(&self, site: &'static Site, label_set: usize) -> &'static Shard {
        let mut end = &self.0;
        while let Some(shard) = end.get() {
            if shard.try_claim() {
                return shard;
            }
            end = &shard.next;
        }
        let new: &'static Shard = Box::leak(Box::new(Shard::new(site, label_set)));
        // Another thread may have appended a shard at the same end.
        while let Err(_taken) = end.set(new) {
            let Some(shard) = end.get() else { continue };
            end = &shard.next;
        }
        if self.0.get().is_some_and(|first| std::ptr::eq(*first, new)) {
            site.opened();
        }
        new
    }

    /// Adds the numbers of all threads, living and ended.
    pub(crate) fn add_to(&self, site: &Site, sum: &mut SiteSnapshot) {
        let ok: u64 = self.all().map(|shard| shard.add_ok_to(sum)).sum();
        let mut started = self.started();
        // If the successful calls are as many as the started ones, none had ended in another way
        // before this read.
        if started != ok {
            self.all().for_each(|shard| shard.add_others_to(site, sum));
            // Read last: a call that is seen as finished must also be seen as started, on any
            // thread.
            started = self.started();
        }
        sum.started += started;
    }

    /// Adds the successful calls of all threads, living and ended.
    pub(crate) fn add_ok_to(&self, sum: &mut SiteSnapshot) {
        self.all().for_each(|shard| _ = shard.add_ok_to(sum));
    }

    fn started(&self) -> u64 {
        let started = |shard: &Shard| shard.started.load(Ordering::Acquire);
        self.all().map(started).sum()
    }

    /// Touches the memory that a scrape is going to read. Many such reads at once take hardly
    /// longer than one, because nothing waits for their values.
    pub(crate) fn look(&self) -> u64 {
        self.started()
    }
}

impl Shard {
    fn try_claim(&self) -> bool {
        // A plain read first: most shards belong to another thread, and stay in its cache.
        if self.claimed.load(Ordering::Relaxed) {
            return false;
        }
        let exchange =
            self.claimed
                .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        exchange.is_ok()
    }

    /// Gives them back. The thread that claims them next sees all that was counted here.
    pub(crate) fn release(&self) {
        self.claimed.store(false, Ordering::Release);
    }
}

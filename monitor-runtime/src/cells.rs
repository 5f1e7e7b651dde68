//! Where calls are counted: cells that only their own thread writes, added up by a scrape.
//!
//! A thread claims cells of a site on its first call of that site and gives them back when it
//! ends; whoever claims them next goes on counting where it stopped. So no count is ever moved,
//! nothing is lost with a thread, and memory grows with functions × threads at once. A bump is a
//! relaxed load and a store, never a read-modify-write, so threads do not contend.

mod read;
mod table;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tracing::level_filters::LevelFilter;

use crate::outcome::Outcome;
use crate::site::Site;
use crate::tally::Sum;
use crate::{classes, clock};

pub(crate) use table::{claim, recent};

/// One thread's numbers of one site.
// What every call touches is on the first line of the cache; lines are fetched in pairs, and
// nobody else's numbers are on these.
#[repr(C, align(128))]
pub(crate) struct Cells {
    /// The site's place in a thread's table.
    id: usize,
    started: AtomicU64,
    /// Ticks up to which a call that is ok needs nothing but [`ended_quickly`](Self::ended_quickly).
    pub(crate) quick: u64,
    /// A log at this level, or a more verbose one, shows calls that are ok; `OFF`, which every log
    /// is at least, where there is more to a call than a counter that is read in place.
    pub(crate) watched: LevelFilter,
    /// Whether calls are timed.
    pub(crate) timed: bool,
    /// By result; the first is `ok`.
    ended: [Ended; Outcome::RESULTS],
    pub(crate) site: &'static Site,
    /// Errors without a class; they are counted beside their histogram, which has no class.
    errors: AtomicU64,
    panics: AtomicU64,
    /// By place; allocated by the owner's first error that has a class.
    classes: OnceLock<Box<[AtomicU64; classes::MOST]>>,
    /// Upper bounds of the buckets but the last, in ticks.
    bounds: &'static [u64],
    /// Whether a thread counts here now.
    claimed: AtomicBool,
    /// The next of the same site.
    next: OnceLock<&'static Cells>,
}

/// What stands where a thread has no cells yet.
static NOWHERE: Cells = Cells {
    id: usize::MAX,
    started: AtomicU64::new(0),
    quick: 0,
    watched: LevelFilter::OFF,
    timed: false,
    ended: [const { Ended::none() }; Outcome::RESULTS],
    site: &NOBODY,
    errors: AtomicU64::new(0),
    panics: AtomicU64::new(0),
    classes: OnceLock::new(),
    bounds: &[],
    claimed: AtomicBool::new(true),
    next: OnceLock::new(),
};

static NOBODY: Site = Site::new(|| "", "", "", 0);

/// Calls that ended with one result.
struct Ended {
    ticks: AtomicU64,
    /// The first bucket: most functions know no other.
    first: AtomicU64,
    /// The others, from the first call on that was slower.
    rest: OnceLock<Box<[AtomicU64]>>,
}

impl Ended {
    const fn none() -> Self {
        Self {
            ticks: AtomicU64::new(0),
            first: AtomicU64::new(0),
            rest: OnceLock::new(),
        }
    }

    #[inline]
    fn count(&self, bucket: &AtomicU64, ticks: u64) {
        add(&self.ticks, ticks, Ordering::Relaxed);
        // Whoever sees this call finished also sees it started, on whichever thread that was.
        add(bucket, 1, Ordering::Release);
    }
}

impl Cells {
    fn new(site: &'static Site) -> Self {
        let bounds = site.tick_bounds();
        // Half of all numbers are negative durations: those of a counter that went back.
        let first = bounds.first().copied().unwrap_or(u64::MAX / 2);
        let timed = site.is_timed();
        let watched = if timed && !clock::is_tsc() {
            LevelFilter::OFF
        } else {
            site.watched().into()
        };
        Self {
            id: site.id(),
            started: AtomicU64::new(0),
            quick: site.slow_ticks().min(first),
            watched,
            timed,
            ended: [const { Ended::none() }; Outcome::RESULTS],
            site,
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            classes: OnceLock::new(),
            bounds,
            claimed: AtomicBool::new(true),
            next: OnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn started(&self) {
        add(&self.started, 1, Ordering::Relaxed);
    }

    /// Counts a call that is ok and took at most `quick` ticks.
    #[inline]
    pub(crate) fn ended_quickly(&self, ticks: u64) {
        let [ok, ..] = &self.ended;
        ok.count(&ok.first, ticks);
    }

    /// Counts a call, by the place of its class if it is an error that has one.
    pub(crate) fn ended(&self, outcome: Outcome, class: Option<usize>, ticks: u64) {
        match (outcome, class) {
            (_, Some(place)) => {
                let new = || Box::new([const { AtomicU64::new(0) }; classes::MOST]);
                add(&self.classes.get_or_init(new)[place], 1, Ordering::Relaxed);
            }
            (Outcome::Error, None) => add(&self.errors, 1, Ordering::Relaxed),
            (Outcome::Panic, None) => add(&self.panics, 1, Ordering::Relaxed),
            (Outcome::Ok | Outcome::Cancelled, None) => {}
        }
        let ended = &self.ended[outcome.result()];
        // The first bound that is not below it, as `le` demands.
        match self.bounds.partition_point(|bound| *bound < ticks) {
            0 => ended.count(&ended.first, ticks),
            bucket => {
                let new = || self.bounds.iter().map(|_| AtomicU64::new(0)).collect();
                ended.count(&ended.rest.get_or_init(new)[bucket - 1], ticks);
            }
        }
    }
}

/// Adds to a cell of the current thread; a releasing store publishes everything before it.
#[inline]
fn add(cell: &AtomicU64, amount: u64, order: Ordering) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), order);
}

/// The cells of a site, in use or waiting for a thread: a list that only grows.
pub(crate) struct Store(OnceLock<&'static Cells>);

impl Store {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn all(&self) -> impl Iterator<Item = &'static Cells> {
        std::iter::successors(self.0.get().copied(), |cells| cells.next.get().copied())
    }

    /// Cells for the current thread alone, until it gives them back.
    #[cold]
    fn claim(&self, site: &'static Site) -> &'static Cells {
        let mut end = &self.0;
        while let Some(cells) = end.get() {
            if cells.try_claim() {
                return cells;
            }
            end = &cells.next;
        }
        let new: &'static Cells = Box::leak(Box::new(Cells::new(site)));
        // Somebody else may have found the same end.
        while let Err(_taken) = end.set(new) {
            let Some(cells) = end.get() else { continue };
            end = &cells.next;
        }
        new
    }

    /// Adds the numbers of all threads, living and ended.
    pub(crate) fn add_to(&self, site: &Site, sum: &mut Sum) {
        for cells in self.all() {
            cells.add_to(site, sum);
        }
        // Last: a call seen as finished must not be missing from those started, on any thread.
        for cells in self.all() {
            sum.started += cells.started.load(Ordering::Acquire);
        }
    }
}

impl Cells {
    fn try_claim(&self) -> bool {
        let exchange =
            self.claimed
                .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        exchange.is_ok()
    }

    /// Gives them back: the thread that claims them next sees all that was counted here.
    pub(crate) fn release(&self) {
        self.claimed.store(false, Ordering::Release);
    }
}

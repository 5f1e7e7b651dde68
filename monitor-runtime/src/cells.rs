//! Where calls are counted: cells that only their own thread writes, added up by a scrape.
//!
//! A thread's cells of a site are allocated on its first call of that site. A bump is a relaxed
//! load and a store, never a read-modify-write, so threads do not contend. A thread that ends
//! folds its cells into the site's retired total, under the same lock as a scrape reads them:
//! no count is seen twice or not at all.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::metrics::BUCKETS;
use crate::outcome::Outcome;
use crate::site::Site;

/// Buckets of one histogram, `+Inf` included.
pub(crate) const SLOTS: usize = BUCKETS.len() + 1;

/// Cells of one histogram: the sum of ticks, then the buckets.
const HISTOGRAM: usize = 1 + SLOTS;

const STARTED: usize = 0;
/// Errors are counted by class beside their histogram, which has no class.
const ERRORS: usize = 1;
const PANICS: usize = 2;
const HISTOGRAMS: usize = 3;
const CELLS: usize = HISTOGRAMS + Outcome::RESULTS * HISTOGRAM;

/// One thread's numbers of one site.
pub(crate) struct Cells([AtomicU64; CELLS]);

impl Cells {
    fn new() -> Self {
        Self([const { AtomicU64::new(0) }; CELLS])
    }

    /// Adds to a cell of the current thread; the store publishes everything before it.
    #[inline]
    fn add(&self, cell: usize, amount: u64, order: Ordering) {
        let cell = &self.0[cell];
        cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), order);
    }

    #[inline]
    pub(crate) fn started(&self) {
        self.add(STARTED, 1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn finished(&self, outcome: Outcome, ticks: u64, bucket: usize) {
        match outcome {
            Outcome::Error => self.add(ERRORS, 1, Ordering::Relaxed),
            Outcome::Panic => self.add(PANICS, 1, Ordering::Relaxed),
            Outcome::Ok | Outcome::Cancelled => {}
        }
        let histogram = HISTOGRAMS + outcome.result() * HISTOGRAM;
        self.add(histogram, ticks, Ordering::Relaxed);
        // Whoever sees this call finished also sees it started, on whichever thread that was.
        self.add(histogram + 1 + bucket, 1, Ordering::Release);
    }
}

/// The cells of a site: those of living threads, and the sum of those of threads that ended.
pub(crate) struct Store(Mutex<Shelf>);

struct Shelf {
    live: Vec<Arc<Cells>>,
    /// `None` until a thread that called the site has ended.
    retired: Option<Box<Total>>,
}

impl Store {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Shelf {
            live: Vec::new(),
            retired: None,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // Nothing under this lock can leave the numbers half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn open(&self) -> Arc<Cells> {
        let cells = Arc::new(Cells::new());
        self.lock().live.push(Arc::clone(&cells));
        cells
    }

    /// Adds the cells of an ending thread to the retired total.
    fn retire(&self, cells: &Arc<Cells>) {
        let mut kept = self.lock();
        kept.live.retain(|live| !Arc::ptr_eq(live, cells));
        let retired = kept.retired.get_or_insert_with(|| Box::new(Total::ZERO));
        for (total, cell) in retired.0.iter_mut().zip(&cells.0) {
            *total = total.wrapping_add(cell.load(Ordering::Relaxed));
        }
    }

    /// The sum over all threads, living and ended.
    pub(crate) fn total(&self) -> Total {
        let kept = self.lock();
        let Total(mut sum) = kept.retired.as_deref().cloned().unwrap_or(Total::ZERO);
        // `started` last: a call seen as finished must not be missing from those started.
        for cells in &kept.live {
            for index in (ERRORS..CELLS).rev() {
                sum[index] = sum[index].wrapping_add(cells.0[index].load(Ordering::Acquire));
            }
        }
        for cells in &kept.live {
            sum[STARTED] = sum[STARTED].wrapping_add(cells.0[STARTED].load(Ordering::Acquire));
        }
        Total(sum)
    }
}

/// What a site has counted at one moment.
#[derive(Clone)]
pub(crate) struct Total([u64; CELLS]);

impl Total {
    pub(crate) const ZERO: Self = Self([0; CELLS]);

    pub(crate) fn merge(&mut self, other: &Self) {
        for (cell, more) in self.0.iter_mut().zip(&other.0) {
            *cell = cell.wrapping_add(*more);
        }
    }

    /// Calls with this outcome.
    pub(crate) fn calls(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Error => self.0[ERRORS],
            Outcome::Panic => self.0[PANICS],
            Outcome::Ok | Outcome::Cancelled => self.buckets(outcome).iter().sum(),
        }
    }

    /// Calls that have begun and not ended.
    pub(crate) fn concurrent(&self) -> u64 {
        let finished = [Outcome::Ok, Outcome::Error, Outcome::Cancelled]
            .into_iter()
            .flat_map(|outcome| self.buckets(outcome))
            .sum();
        self.0[STARTED].saturating_sub(finished)
    }

    /// Calls per bucket (not cumulative) of the result this outcome belongs to.
    pub(crate) fn buckets(&self, outcome: Outcome) -> &[u64] {
        let first = HISTOGRAMS + outcome.result() * HISTOGRAM + 1;
        &self.0[first..first + SLOTS]
    }

    /// The sum of durations, in ticks, of the result this outcome belongs to.
    pub(crate) fn sum(&self, outcome: Outcome) -> u64 {
        self.0[HISTOGRAMS + outcome.result() * HISTOGRAM]
    }
}

/// The cells of the current thread, by site; its destructor retires them.
struct Table(RefCell<Vec<Option<Owned>>>);

/// Cells of this thread, and the site they count for.
type Owned = (&'static Site, Arc<Cells>);

impl Drop for Table {
    fn drop(&mut self) {
        for (site, cells) in self.0.take().into_iter().flatten() {
            site.store().retire(&cells);
        }
    }
}

thread_local! {
    static TABLE: Table = const { Table(RefCell::new(Vec::new())) };
}

/// Runs `write` on the current thread's cells of `site`.
#[inline]
pub(crate) fn with(site: &'static Site, write: impl Fn(&Cells)) {
    let index = site.id();
    let done = TABLE.try_with(|table| {
        let Ok(slots) = table.0.try_borrow() else {
            return false;
        };
        let Some(Some((_, cells))) = slots.get(index) else {
            drop(slots);
            return first(site, index, table, &write);
        };
        write(cells);
        true
    });
    if done != Ok(true) {
        late(site, &write);
    }
}

/// The first call of `site` on this thread.
#[cold]
fn first(site: &'static Site, index: usize, table: &Table, write: &impl Fn(&Cells)) -> bool {
    let Ok(mut slots) = table.0.try_borrow_mut() else {
        return false;
    };
    if slots.len() <= index {
        slots.resize(index + 1, None);
    }
    let cells = site.store().open();
    write(&cells);
    slots[index] = Some((site, cells));
    true
}

/// A call in the destructor of another thread-local, after this thread's table has gone.
#[cold]
fn late(site: &'static Site, write: &impl Fn(&Cells)) {
    let cells = site.store().open();
    write(&cells);
    site.store().retire(&cells);
}

//! Where calls are counted: cells that only their own thread writes, added up by a scrape.
//!
//! A thread's cells of a site are allocated on its first call of that site. A bump is a relaxed
//! load and a store, never a read-modify-write, so threads do not contend. A thread that ends
//! folds its cells into the site's retired total, under the same lock as a scrape reads them:
//! no count is seen twice or not at all.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::classes;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::tally::Sum;

const STARTED: usize = 0;
/// Errors without a class; they are counted beside their histogram, which has no class.
const ERRORS: usize = 1;
const PANICS: usize = 2;
const HISTOGRAMS: usize = 3;

/// Cells of a site whose histograms have this many buckets: each is a sum of ticks, then they.
const fn cells(slots: usize) -> usize {
    HISTOGRAMS + Outcome::RESULTS * (1 + slots)
}

/// What a call adds when it ends.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub(crate) outcome: Outcome,
    /// Place of an error's class, if it has one.
    pub(crate) class: Option<usize>,
    pub(crate) ticks: u64,
    /// Which of how many buckets.
    pub(crate) bucket: usize,
    pub(crate) slots: usize,
}

/// One thread's numbers of one site.
pub(crate) struct Cells<N: ?Sized = [AtomicU64]> {
    /// By place; allocated by the owner's first error that has a class.
    classes: OnceLock<Box<[AtomicU64; classes::MOST]>>,
    numbers: N,
}

impl Cells {
    /// One allocation, of one of a few sizes: the default's is exact.
    fn new(slots: usize) -> Arc<Self> {
        match slots {
            ..=1 => Self::sized::<{ cells(1) }>(),
            2..=10 => Self::sized::<{ cells(10) }>(),
            11..=18 => Self::sized::<{ cells(18) }>(),
            19..=28 => Self::sized::<{ cells(28) }>(),
            _ => Self::sized::<{ cells(41) }>(),
        }
    }

    fn sized<const N: usize>() -> Arc<Self> {
        Arc::new(Cells {
            classes: OnceLock::new(),
            numbers: [const { AtomicU64::new(0) }; N],
        })
    }

    #[inline]
    pub(crate) fn started(&self) {
        add(&self.numbers[STARTED], 1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn finished(&self, end: End) {
        match end {
            End {
                class: Some(place), ..
            } => self.failed(place),
            End {
                outcome: Outcome::Error,
                ..
            } => add(&self.numbers[ERRORS], 1, Ordering::Relaxed),
            End {
                outcome: Outcome::Panic,
                ..
            } => add(&self.numbers[PANICS], 1, Ordering::Relaxed),
            End {
                outcome: Outcome::Ok | Outcome::Cancelled,
                ..
            } => {}
        }
        let histogram = HISTOGRAMS + end.outcome.result() * (1 + end.slots);
        add(&self.numbers[histogram], end.ticks, Ordering::Relaxed);
        // Whoever sees this call finished also sees it started, on whichever thread that was.
        add(
            &self.numbers[histogram + 1 + end.bucket],
            1,
            Ordering::Release,
        );
    }

    #[cold]
    fn failed(&self, place: usize) {
        let new = || Box::new([const { AtomicU64::new(0) }; classes::MOST]);
        add(&self.classes.get_or_init(new)[place], 1, Ordering::Relaxed);
    }

    fn class(&self, place: usize) -> u64 {
        let classes = self.classes.get();
        classes.map_or(0, |classes| classes[place].load(Ordering::Acquire))
    }
}

/// Adds to a cell of the current thread; a releasing store publishes everything before it.
#[inline]
fn add(cell: &AtomicU64, amount: u64, order: Ordering) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), order);
}

/// The cells of a site: those of living threads, and the sum of those of threads that ended.
pub(crate) struct Store(Mutex<Shelf>);

struct Shelf {
    live: Vec<Arc<Cells>>,
    /// `None` until a thread that called the site has ended.
    retired: Option<Box<Sum>>,
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
    fn open(&self, slots: usize) -> Arc<Cells> {
        let cells = Cells::new(slots);
        self.lock().live.push(Arc::clone(&cells));
        cells
    }

    /// Adds the cells of an ending thread to the retired total.
    fn retire(&self, site: &Site, cells: &Arc<Cells>) {
        let mut kept = self.lock();
        kept.live.retain(|live| !Arc::ptr_eq(live, cells));
        let retired = kept
            .retired
            .get_or_insert_with(|| Box::new(Sum::zero(site.slots())));
        take(retired, site, &[Arc::clone(cells)]);
    }

    /// The sum over all threads, living and ended.
    pub(crate) fn sum(&self, site: &Site) -> Sum {
        let kept = self.lock();
        let retired = kept.retired.as_deref().cloned();
        let mut sum = retired.unwrap_or_else(|| Sum::zero(site.slots()));
        take(&mut sum, site, &kept.live);
        sum
    }
}

/// Adds these cells to a sum.
fn take(sum: &mut Sum, site: &Site, threads: &[Arc<Cells>]) {
    let slots = site.slots();
    let load = |cells: &Arc<Cells>, cell: usize| cells.numbers[cell].load(Ordering::Acquire);
    // What is bumped last is read first: a call seen as finished must not be missing from the
    // errors, nor from those started, and the whole of one comes before the other for all threads.
    for cells in threads {
        for result in 0..Outcome::RESULTS {
            let first = HISTOGRAMS + result * (1 + slots);
            for bucket in 0..slots {
                sum.add_to_bucket(result, bucket, load(cells, first + 1 + bucket));
            }
            sum.ticks[result] = sum.ticks[result].wrapping_add(load(cells, first));
        }
        sum.panics += load(cells, PANICS);
        sum.errors += load(cells, ERRORS);
        for (place, class) in site.classes().names() {
            sum.add_to_class(class, cells.class(place));
        }
    }
    for cells in threads {
        sum.started += load(cells, STARTED);
    }
}

/// The cells of the current thread, by site; its destructor retires them.
struct Table(RefCell<Vec<Option<Owned>>>);

/// Cells of this thread, and the site they count for.
type Owned = (&'static Site, Arc<Cells>);

impl Drop for Table {
    fn drop(&mut self) {
        for (site, cells) in self.0.take().into_iter().flatten() {
            site.store().retire(site, &cells);
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
    let cells = site.store().open(site.slots());
    write(&cells);
    slots[index] = Some((site, cells));
    true
}

/// A call in the destructor of another thread-local, after this thread's table has gone.
#[cold]
fn late(site: &'static Site, write: &impl Fn(&Cells)) {
    let cells = site.store().open(site.slots());
    write(&cells);
    site.store().retire(site, &cells);
}

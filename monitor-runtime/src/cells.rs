//! Where calls are counted: cells that only their own thread writes, added up by a scrape.
//!
//! A thread's cells of a site are allocated on its first call of that site. A bump is a relaxed
//! load and a store, never a read-modify-write, so threads do not contend. A thread that ends
//! folds its cells into the site's retired total, under the same lock as a scrape reads them:
//! no count is seen twice or not at all.

mod table;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::classes;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::tally::Sum;

pub(crate) use table::with;

const STARTED: usize = 0;
/// Errors without a class; they are counted beside their histogram, which has no class.
const ERRORS: usize = 1;
const PANICS: usize = 2;
const HISTOGRAMS: usize = 3;

/// How often a scrape looks again at numbers that do not match.
const PATIENCE: u32 = 100;

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
    let mut buckets = vec![0; slots];
    for cells in threads {
        for result in 0..Outcome::RESULTS {
            let counts = cells.settled(site, result, &mut buckets);
            if result == Outcome::Error.result() {
                sum.panics += counts.panics;
                sum.errors += counts.errors;
                for (class, calls) in counts.classes {
                    sum.add_to_class(class, calls);
                }
            }
            for (bucket, calls) in buckets.iter().enumerate() {
                sum.add_to_bucket(result, bucket, *calls);
            }
            let ticks = cells.load(HISTOGRAMS + result * (1 + slots));
            sum.ticks[result] = sum.ticks[result].wrapping_add(ticks);
        }
    }
    // Last: a call seen as finished must not be missing from those started, on any thread.
    for cells in threads {
        sum.started += cells.load(STARTED);
    }
}

/// Errors as they are counted beside their histogram.
struct Failures {
    /// Without a class.
    errors: u64,
    panics: u64,
    classes: Vec<(&'static str, u64)>,
}

impl Cells {
    fn load(&self, cell: usize) -> u64 {
        self.numbers[cell].load(Ordering::Acquire)
    }

    /// Reads a result's buckets, and for errors their counts, at a moment when both are the same.
    ///
    /// The owner bumps a count just before the bucket. Where it is held up between the two, the
    /// call is in the count and not yet in the histogram, as on a page it may be.
    fn settled(&self, site: &Site, result: usize, buckets: &mut [u64]) -> Failures {
        let first = HISTOGRAMS + result * (1 + buckets.len()) + 1;
        let mut attempts = 0;
        loop {
            for (bucket, calls) in buckets.iter_mut().enumerate() {
                *calls = self.load(first + bucket);
            }
            let panics = self.load(PANICS);
            let classes = site.classes().names();
            let classes: Vec<_> = classes
                .map(|(place, name)| (name, self.class(place)))
                .collect();
            let others = panics + classes.iter().map(|(_, calls)| calls).sum::<u64>();
            let finished: u64 = buckets.iter().sum();
            // With no other kind of error, the histogram alone knows.
            let errors = if others == 0 {
                finished
            } else {
                self.load(ERRORS)
            };
            let counts = Failures {
                errors,
                panics,
                classes,
            };
            let same = errors + others == finished;
            if same || result != Outcome::Error.result() || attempts == PATIENCE {
                return counts;
            }
            attempts += 1;
            // The owner may be waiting for this very core.
            std::thread::yield_now();
        }
    }
}

//! Finer counters, from which a page makes native histograms.
//!
//! While they are switched on, a call counts in a cell between two neighbouring bounds, which are
//! those of the function's classic buckets and those of native buckets. A cell lies in one bucket of
//! either kind, so one count serves both, and they always agree.

pub(crate) mod bounds;

// Decided at the start of the process: no event of a model.
use std::sync::atomic::{AtomicBool as Switch, Ordering::Relaxed};

pub(in crate::callsite) use self::bounds::Bounds;
use self::bounds::{LOWEST, Parts};
use super::{MAX_ATTEMPTS, add};
use crate::base::outcome::Outcome;
use crate::base::sync::OnceLock;
use crate::base::sync::atomic::{AtomicU64, Ordering};
use crate::base::sync::yield_now;

static ON: Switch = Switch::new(false);

/// Returns `true` while counters are made with fine cells.
pub(super) fn is_on() -> bool {
    ON.load(Relaxed)
}

/// Decides whether counters are made with fine cells. Returns `true` if that is another decision than
/// before.
///
/// A thread that has counters of a function keeps them.
#[doc(hidden)]
pub fn switch(on: bool) -> bool {
    ON.swap(on, Relaxed) != on
}

/// Returns the index of a native bucket in its schema; `None` for the bucket of 0.
pub(crate) fn index(slot: usize) -> Option<i32> {
    let above = i32::try_from(slot.checked_sub(1)?).ok()?;
    Some(LOWEST + above)
}

/// The fine cells of one thread for one label set of a function.
pub(in crate::callsite) struct Fine {
    pub(super) bounds: &'static Bounds,
    parts: &'static Parts,
    /// Ticks of the time stamp counter up to which a successful call may take the
    /// [quick](Self::count_quickly) way; 0 if another clock times the calls.
    pub(super) quick: u64,
    /// The ticks of the last quick call, which is not in its cell yet; [`NONE`] without one, and with [`MOVES`]
    /// while its owner counts it there.
    last: AtomicU64,
    results: [OnceLock<Cells>; Outcome::RESULTS],
}

/// No call waits for its cell.
const NONE: u64 = u64::MAX;
/// Set while a call is on its way to its cell.
const MOVES: u64 = 1 << 63;

/// The calls that ended with one result.
struct Cells {
    /// A bit for each octave that has had a call: most functions use a few of them.
    octaves: AtomicU64,
    calls: Box<[AtomicU64]>,
}

impl Fine {
    #[cold]
    pub(in crate::callsite) fn new(classic: &'static [u64], quick: u64) -> Self {
        Self {
            bounds: Bounds::beside(classic),
            parts: Parts::get(),
            quick,
            last: AtomicU64::new(NONE),
            results: std::array::from_fn(|_| OnceLock::new()),
        }
    }

    /// Counts a successful call, for its owner, if it took at most `quick` ticks.
    ///
    /// The call waits in `last`, and its cell counts it at the next such call. The address of a cell depends
    /// on the clock: a processor holds back the next read of the clock until it knows the addresses of
    /// the stores before, which costs a third of a call. That of the call before is known by now.
    #[expect(clippy::inline_always, reason = "a few instructions of every call")]
    #[inline(always)]
    pub(in crate::callsite) fn count_quickly(&self, ticks: u64) -> bool {
        if ticks > self.quick {
            return false;
        }
        let before = self.last.load(Ordering::Relaxed);
        match self.quick_counter(before) {
            Some(counter) => self.replace(before, counter, ticks),
            None => self.replace_first(before, ticks),
        }
        true
    }

    /// Counts a successful call, for its owner.
    #[inline]
    pub(in crate::callsite) fn count_ok(&self, ticks: u64) {
        if !self.count_quickly(ticks) {
            add(self.counter(Outcome::Ok, ticks), 1, Ordering::Release);
        }
    }

    /// Counts the call before in its cell, and lets this one wait.
    #[expect(clippy::inline_always, reason = "a few instructions of every call")]
    #[inline(always)]
    fn replace(&self, before: u64, counter: &AtomicU64, ticks: u64) {
        self.last.store(before | MOVES, Ordering::Relaxed);
        // A scrape that sees the call in its cell sees that it waits no more.
        add(counter, 1, Ordering::Release);
        self.last.store(ticks, Ordering::Release);
    }

    /// Does the same where nothing waits, or the call before is the first in its cell.
    #[cold]
    #[inline(never)]
    fn replace_first(&self, before: u64, ticks: u64) {
        if before == NONE {
            self.last.store(ticks, Ordering::Release);
        } else {
            self.replace(before, self.counter(Outcome::Ok, before), ticks);
        }
    }

    /// Returns the counter of a successful call that took at most `quick` ticks and is not the first in its
    /// cell.
    // Anything else takes another way, so that this one calls nothing and needs no stack.
    #[expect(clippy::inline_always, reason = "a few instructions of every call")]
    #[inline(always)]
    fn quick_counter(&self, ticks: u64) -> Option<&AtomicU64> {
        if ticks > self.quick {
            return None;
        }
        let cells = self.results[const { Outcome::Ok.result() }].get()?;
        let counter = cells.calls.get(self.parts.cell(ticks))?;
        (counter.load(Ordering::Relaxed) > 0).then_some(counter)
    }

    /// Returns the counter of a duration, for its owner.
    pub(in crate::callsite) fn counter(&self, outcome: Outcome, ticks: u64) -> &AtomicU64 {
        let cells = self.results[outcome.result()].get_or_init(|| Cells {
            octaves: AtomicU64::new(0),
            calls: (0..self.bounds.cells())
                .map(|_| AtomicU64::new(0))
                .collect(),
        });
        let octaves = cells.octaves.load(Ordering::Relaxed);
        let octave = 1 << (ticks | 1).ilog2();
        if octaves & octave == 0 {
            cells.octaves.store(octaves | octave, Ordering::Release);
        }
        &cells.calls[self.bounds.cell(ticks)]
    }

    /// Passes on the calls of each cell that may have any; a cell may come twice.
    pub(in crate::callsite) fn each(&self, outcome: Outcome, mut take: impl FnMut(usize, u64)) {
        let waited = match outcome {
            Outcome::Ok => self.waiting(),
            _ => NONE,
        };
        let its_cell = (waited != NONE).then(|| self.bounds.cell(waited));
        let mut in_its_cell = 0;
        self.each_cell(outcome, |cell, calls| {
            if its_cell == Some(cell) {
                in_its_cell = calls;
            }
            take(cell, calls);
        });
        let Some(cell) = its_cell else { return };
        if self.waiting() == waited {
            // It has waited all the time, or a later call of the same duration waits.
            take(cell, 1);
        } else {
            // It has come to its cell meanwhile, maybe after that was read.
            take(cell, self.calls(outcome, cell) - in_its_cell);
        }
    }

    /// Returns the ticks of the call that waits for its cell; [`NONE`] without one.
    fn waiting(&self) -> u64 {
        let mut attempts = 0;
        loop {
            let last = self.last.load(Ordering::Acquire);
            if last == NONE || last & MOVES == 0 {
                return last;
            }
            if attempts == MAX_ATTEMPTS {
                return last & !MOVES;
            }
            attempts += 1;
            // The owner may be waiting for this very core.
            yield_now();
        }
    }

    fn calls(&self, outcome: Outcome, cell: usize) -> u64 {
        let cells = self.results[outcome.result()].get();
        cells.map_or(0, |cells| cells.calls[cell].load(Ordering::Acquire))
    }

    fn each_cell(&self, outcome: Outcome, mut take: impl FnMut(usize, u64)) {
        let Some(cells) = self.results[outcome.result()].get() else {
            return;
        };
        let octaves = cells.octaves.load(Ordering::Acquire);
        let mut next = 0;
        for octave in (0..64).filter(|octave| octaves >> octave & 1 == 1) {
            let (first, last) = self.bounds.octave(octave);
            for cell in first.max(next)..=last {
                take(cell, cells.calls[cell].load(Ordering::Acquire));
            }
            next = last + 1;
        }
    }
}

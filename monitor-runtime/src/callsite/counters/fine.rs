//! Finer counters, from which a page makes native histograms.
//!
//! While they are switched on, a call counts in a cell between two neighbouring bounds, which are
//! those of the function's classic buckets and those of native buckets. A cell lies in one bucket of
//! either kind, so one count serves both, and they always agree.

use std::collections::HashMap;
use std::sync::Mutex;
// Decided at the start of the process: no event of a model.
use std::sync::atomic::{AtomicBool as Switch, Ordering::Relaxed};
use std::sync::{OnceLock as Once, PoisonError};

use super::add;
use super::read::MAX_ATTEMPTS;
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::base::sync::OnceLock;
use crate::base::sync::atomic::{AtomicU64, Ordering};
use crate::base::sync::yield_now;

/// The schema of the buckets: each bound is 2^(1/8) times the one below it.
pub(crate) const SCHEMA: i32 = 3;
const PER_OCTAVE: i32 = 8;

/// The largest duration that is as good as 0, in seconds.
pub(crate) const ZERO_THRESHOLD: f64 = 1.0 / (1 << 30) as f64;

/// Indices of the lowest and the highest bound: 2^-22 s or 238 ns, and 2^10 s or 17 minutes. Of
/// briefer calls the lowest bucket is all that is known, of longer ones the bucket above the highest
/// bound.
pub(in crate::callsite) const LOWEST: i32 = -22 * PER_OCTAVE;
pub(in crate::callsite) const HIGHEST: i32 = 10 * PER_OCTAVE;

/// The number of native buckets: that of 0, those up to the highest bound, and one above it.
pub(crate) const SLOTS: usize = (HIGHEST - LOWEST) as usize + 3;

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

/// Returns the upper bounds of the native buckets but the last, in seconds.
pub(in crate::callsite) fn native_bounds() -> Vec<f64> {
    let bound = |index| (f64::from(index) / f64::from(PER_OCTAVE)).exp2();
    [ZERO_THRESHOLD]
        .into_iter()
        .chain((LOWEST..=HIGHEST).map(bound))
        .collect()
}

/// The bounds of cells: those of classic and of native buckets together, in ticks.
pub(in crate::callsite) struct Bounds {
    ticks: Box<[u64]>,
    /// By power of two: the first bound that is not below it; the first of all at 1.
    octaves: [u16; 65],
    /// By cell: its classic bucket, and its native one.
    places: Box<[(u16, u16)]>,
    /// By classic bucket: the native one of its upper bound.
    native: Box<[u16]>,
}

impl Bounds {
    /// Returns the bounds beside these classic ones. Functions with the same bounds share them.
    #[cold]
    pub(in crate::callsite) fn beside(classic: &'static [u64]) -> &'static Self {
        static KNOWN: Mutex<Option<HashMap<&'static [u64], &'static Bounds>>> = Mutex::new(None);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        let new = || &*Box::leak(Box::new(Self::new(classic, native_ticks())));
        known.entry(classic).or_insert_with(new)
    }

    pub(in crate::callsite) fn new(classic: &[u64], native: &[u64]) -> Self {
        let mut ticks = [classic, native].concat();
        ticks.sort_unstable();
        ticks.dedup();
        let below = |bounds: &[u64], bound: u64| number(bounds.partition_point(|it| *it < bound));
        let ends = || ticks.iter().copied().chain([u64::MAX]);
        let place = |end| (below(classic, end), below(native, end));
        let coarse = classic.iter().copied().chain([u64::MAX]);
        Self {
            octaves: std::array::from_fn(|octave| match octave {
                0 => 0,
                1..64 => below(&ticks, 1 << octave),
                _ => number(ticks.len()),
            }),
            places: ends().map(place).collect(),
            native: coarse.map(|end| below(native, end)).collect(),
            ticks: ticks.into(),
        }
    }

    /// Returns the first cell of an octave, and the last one.
    fn octave(&self, octave: usize) -> (usize, usize) {
        let ends = (self.octaves[octave], self.octaves[octave + 1]);
        (ends.0.into(), ends.1.into())
    }

    /// Returns the cell of a duration, the first whose bound is at least as large.
    pub(in crate::callsite) fn cell(&self, ticks: u64) -> usize {
        self.ticks.partition_point(|bound| *bound < ticks)
    }

    /// Returns the native bucket of calls that were counted in a classic one: that of its upper
    /// bound, so that no call is shown as faster than it was.
    pub(in crate::callsite) fn native_of(&self, bucket: usize) -> usize {
        self.native[bucket].into()
    }

    /// Returns the classic bucket and the native one that a cell lies in.
    pub(in crate::callsite) fn place(&self, cell: usize) -> (usize, usize) {
        let (classic, native) = self.places[cell];
        (classic.into(), native.into())
    }
}

/// The cells of durations below the first classic bound, where cells are native buckets: by part of an
/// octave, found without a search.
struct Parts(Box<[Part; 1024]>);

/// A sixteenth of an octave. It is narrower than the space between two bounds, so it has one at most.
#[derive(Clone, Copy)]
struct Part {
    /// The cell of its least duration, and that cell's bound.
    cell: usize,
    bound: u64,
}

impl Parts {
    fn get() -> &'static Self {
        static PARTS: Once<Parts> = Once::new();
        PARTS.get_or_init(|| {
            let native = native_ticks();
            let part = |number: usize| {
                let octave = (number / 16).saturating_sub(1);
                let least =
                    ((number - octave * 16) as u64).checked_shl(u32::try_from(octave).ok()?)?;
                let cell = native.partition_point(|bound| *bound < least);
                let bound = *native.get(cell)?;
                Some(Part { cell, bound })
            };
            let beyond = Part {
                cell: usize::MAX,
                bound: u64::MAX,
            };
            // On the heap from the start: a thread of a model has a small stack.
            let parts: Box<[Part]> = (0..1024)
                .map(|number| part(number).unwrap_or(beyond))
                .collect();
            Self(
                parts
                    .try_into()
                    .unwrap_or_else(|_| unreachable!("1024 parts")),
            )
        })
    }

    /// Returns the cell of a duration.
    #[expect(clippy::inline_always, reason = "a few instructions of every call")]
    #[inline(always)]
    fn cell(&self, ticks: u64) -> usize {
        let octave = (ticks | 16).ilog2() - 4;
        #[expect(clippy::cast_possible_truncation, reason = "less than 32")]
        let within = (ticks >> octave) as usize;
        let part = self.0[(octave as usize * 16 + within) % 1024];
        part.cell.wrapping_add(usize::from(part.bound < ticks))
    }
}

/// Returns the upper bounds of the native buckets but the last, in ticks.
fn native_ticks() -> &'static [u64] {
    static NATIVE: Once<Box<[u64]>> = Once::new();
    NATIVE.get_or_init(|| clock::in_ticks(&native_bounds()))
}

fn number(place: usize) -> u16 {
    u16::try_from(place).expect("some three hundred bounds")
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
            calls: (self.bounds.places.iter().map(|_| AtomicU64::new(0))).collect(),
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

//! The bounds of fine cells, and the cell of a duration.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock as Once, PoisonError};

use crate::base::clock;

/// The schema of the buckets: each bound is 2^(1/8) times the one below it.
pub(crate) const SCHEMA: i32 = 3;
pub(super) const PER_OCTAVE: i32 = 8;

/// The largest duration that is as good as 0, in seconds.
pub(crate) const ZERO_THRESHOLD: f64 = 1.0 / (1 << 30) as f64;

/// Indices of the lowest and the highest bound: 2^-22 s or 238 ns, and 2^10 s or 17 minutes. Of
/// briefer calls the lowest bucket is all that is known, of longer ones the bucket above the highest
/// bound.
pub(in crate::callsite) const LOWEST: i32 = -22 * PER_OCTAVE;
pub(in crate::callsite) const HIGHEST: i32 = 10 * PER_OCTAVE;

/// The number of native buckets: that of 0, those up to the highest bound, and one above it.
pub(crate) const SLOTS: usize = (HIGHEST - LOWEST) as usize + 3;

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

    /// Returns the number of cells.
    pub(super) fn cells(&self) -> usize {
        self.places.len()
    }

    /// Returns the first cell of an octave, and the last one.
    pub(super) fn octave(&self, octave: usize) -> (usize, usize) {
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
pub(super) struct Parts(Box<[Part; 1024]>);

/// A sixteenth of an octave. It is narrower than the space between two bounds, so it has one at most.
#[derive(Clone, Copy)]
struct Part {
    /// The cell of its least duration, and that cell's bound.
    cell: usize,
    bound: u64,
}

impl Parts {
    pub(super) fn get() -> &'static Self {
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
    pub(super) fn cell(&self, ticks: u64) -> usize {
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

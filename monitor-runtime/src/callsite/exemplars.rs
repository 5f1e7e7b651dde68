//! Exemplars: for each bucket of a histogram, one trace whose call fell into it.
//!
//! Only a call that has a trace comes here. It reads two words and returns unless its bucket's
//! exemplar is a second old. It never waits for a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::callsite::Site;

/// Seconds a bucket keeps its exemplar before the next may replace it.
const MIN_SECONDS: f64 = 1.0;

/// A call that is in a bucket, and the trace it was part of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) trace_id: [u8; 16],
    /// The span of the call; all zero if it is not known.
    pub(crate) span_id: [u8; 8],
    /// The duration of the call.
    pub(crate) seconds: f64,
    /// The end of the call.
    pub(crate) at: SystemTime,
}

/// By site, and within it by label set.
static KEPT: Grid<Grid<Results>> = Grid::new();

/// By result.
#[derive(Default)]
struct Results([OnceLock<Box<[Slot]>>; Outcome::RESULTS]);

/// The exemplar of one bucket.
#[derive(Default)]
struct Slot {
    /// The time at which the exemplar was taken, in ticks; 0 for never.
    taken: AtomicU64,
    kept: Mutex<Option<Exemplar>>,
}

/// Offers a call that has just ended, as one of those of its bucket.
///
/// A call whose trace id is all zero is ignored: W3C Trace Context calls that id invalid.
pub(crate) fn offer(
    site: &'static Site,
    label_set: usize,
    outcome: Outcome,
    ticks: u64,
    (trace_id, span_id): ([u8; 16], [u8; 8]),
) {
    if trace_id == [0; 16] {
        return;
    }
    let label_sets = KEPT.get_or_init(site.id(), Grid::new);
    let Some(results) =
        label_sets.and_then(|label_sets| label_sets.get_or_init(label_set, Results::default))
    else {
        return;
    };
    let slots = results.0[outcome.result()]
        .get_or_init(|| (0..site.slots()).map(|_| Slot::default()).collect());
    let seconds = clock::seconds(ticks);
    let bucket = site.bounds().partition_point(|bound| *bound < seconds);
    slots[bucket].offer(clock::now(), || Exemplar {
        trace_id,
        span_id,
        seconds,
        at: SystemTime::now(),
    });
}

/// Passes on every exemplar of a result, for the site with this id.
pub(crate) fn each(
    site: usize,
    label_set: usize,
    outcome: Outcome,
    mut take: impl FnMut(Exemplar),
) {
    let results = KEPT
        .get(site)
        .and_then(|label_sets| label_sets.get(label_set));
    let slots = results.and_then(|results| results.0[outcome.result()].get());
    for slot in slots.into_iter().flatten() {
        let kept = slot.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().copied().for_each(&mut take);
    }
}

/// Offers a successful call of so many seconds, for tests.
#[doc(hidden)]
pub fn offer_ok(site: &'static Site, seconds: f64, trace_id: [u8; 16]) {
    let ticks = clock::in_ticks(&[seconds])[0];
    offer(site, 0, Outcome::Ok, ticks, (trace_id, [0; 8]));
}

impl Slot {
    fn offer(&self, now: u64, make: impl FnOnce() -> Exemplar) {
        let is_young = || {
            let taken = self.taken.load(Ordering::Relaxed);
            taken != 0 && clock::seconds(now.saturating_sub(taken)) < MIN_SECONDS
        };
        if is_young() {
            return;
        }
        let Ok(mut kept) = self.kept.try_lock() else {
            return;
        };
        // Another thread may have replaced it meanwhile.
        if !is_young() {
            *kept = Some(make());
            self.taken.store(now.max(1), Ordering::Relaxed);
        }
    }
}

/// A list that only grows and is read without a lock: part `n` has 2^n places.
struct Grid<T>([OnceLock<Part<T>>; PARTS]);

type Part<T> = Box<[OnceLock<Box<T>>]>;

/// Up to 16 million places. Sites beyond them have no exemplars.
const PARTS: usize = 24;

impl<T> Grid<T> {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; PARTS])
    }

    fn place(index: usize) -> (usize, usize) {
        let part = (index + 1).ilog2() as usize;
        (part, index + 1 - (1 << part))
    }

    fn get(&self, index: usize) -> Option<&T> {
        let (part, place) = Self::place(index);
        self.0.get(part)?.get()?[place].get().map(Box::as_ref)
    }

    fn get_or_init(&self, index: usize, new: impl FnOnce() -> T) -> Option<&T> {
        let (part, place) = Self::place(index);
        let empty = || (0..1 << part).map(|_| OnceLock::new()).collect();
        let places = self.0.get(part)?.get_or_init(empty);
        Some(places[place].get_or_init(|| Box::new(new())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callsite::Settings;

    #[test]
    fn a_grid_gives_every_index_a_place_of_its_own() {
        let grid: Grid<usize> = Grid::new();
        assert_eq!(grid.get(0), None);
        for index in (0..200).rev() {
            assert_eq!(grid.get_or_init(index, || index), Some(&index));
        }
        for index in 0..200 {
            assert_eq!(grid.get_or_init(index, || usize::MAX), Some(&index));
            assert_eq!(grid.get(index), Some(&index));
        }
        assert_eq!(grid.get(1 << PARTS), None);
        assert_eq!(grid.get_or_init(1 << PARTS, || 0), None);
    }

    fn exemplar(seconds: f64) -> Exemplar {
        Exemplar {
            trace_id: [7; 16],
            span_id: [7; 8],
            seconds,
            at: SystemTime::now(),
        }
    }

    #[test]
    fn a_bucket_takes_one_exemplar_a_second() {
        let second = clock::in_ticks(&[1.0])[0];
        let slot = Slot::default();
        let seconds = |now, seconds| {
            slot.offer(now, || exemplar(seconds));
            slot.kept.lock().unwrap().unwrap().seconds
        };
        let first = seconds(second * 9, 0.1);
        let same = [second * 9, second * 9 + second / 2, second * 3].map(|now| seconds(now, 0.2));
        let next = seconds(second * 10 + 1_000, 0.3);
        assert_eq!((first, same, next), (0.1, [0.1; 3], 0.3));
    }

    #[test]
    fn an_offer_never_waits() {
        let slot = Slot::default();
        let reader = slot.kept.lock().unwrap();
        slot.offer(1, || exemplar(0.1));
        assert_eq!(*reader, None);
        drop(reader);
        slot.offer(2, || exemplar(0.2));
        assert!(
            slot.kept.lock().unwrap().is_some(),
            "it was not held against it"
        );
    }

    #[test]
    fn an_exemplar_is_kept_where_its_call_is_counted() {
        const NONE: [u8; 0] = [];
        static SETTINGS: Settings = Settings::new().name("kept");
        static SITE: Site = Site::new(|| "", "exemplar::tests").with(&SETTINGS);
        let ticks = |seconds| clock::in_ticks(&[seconds])[0];
        let kept = |label_set, outcome| {
            let mut kept = Vec::new();
            each(SITE.id(), label_set, outcome, |exemplar| {
                kept.push(exemplar.trace_id[0]);
            });
            kept
        };
        offer(&SITE, 0, Outcome::Ok, ticks(3.0), ([0; 16], [0; 8]));
        assert_eq!(kept(0, Outcome::Ok), NONE);
        offer(&SITE, 0, Outcome::Ok, ticks(3.0), ([1; 16], [0; 8]));
        offer(&SITE, 0, Outcome::Ok, ticks(4.0), ([2; 16], [0; 8]));
        offer(&SITE, 0, Outcome::Ok, ticks(0.0001), ([3; 16], [0; 8]));
        offer(&SITE, 0, Outcome::Panic, ticks(1000.0), ([4; 16], [0; 8]));
        offer(&SITE, 5, Outcome::Ok, ticks(3.0), ([5; 16], [0; 8]));
        assert_eq!(kept(0, Outcome::Ok), [3, 1]);
        assert_eq!(kept(0, Outcome::Error), [4]);
        assert_eq!(kept(0, Outcome::Cancelled), NONE);
        assert_eq!(kept(5, Outcome::Ok), [5]);
        assert_eq!(kept(4, Outcome::Ok), NONE);
    }
}

//! The numbers of one page. They are read once, and all families are printed from them.

use std::hint::black_box;
use std::ops::Range;

use super::layout::{Layout, Series};
use super::text_format::index;
use crate::base::outcome::{CancelReason, Outcome};
use crate::callsite::exemplars;
use crate::callsite::exemplars::Exemplar;
use crate::callsite::snapshot::{Snapshot, Source};

/// The results a histogram may have, in the order of the page.
pub(crate) const RESULTS: [Outcome; Outcome::RESULTS] =
    [Outcome::Ok, Outcome::Error, Outcome::Cancelled];

/// Series whose numbers are fetched at once before they are read. They fit into the nearest cache.
const LOOKED_AT: usize = 32;

/// The counts of all series, each read at one moment.
#[derive(Default)]
pub(super) struct Readings {
    /// By series.
    pub(super) series: Vec<Reading>,
    /// Errors by class; each reading has a range of them.
    classes: Vec<(&'static str, u64)>,
    /// By series and result. A result that never happened has none.
    histograms: Vec<Histogram>,
    /// Buckets; each histogram has a range of them, up to the last one with calls.
    buckets: Vec<u64>,
    /// Native buckets and their calls; each histogram has a range of them.
    native: Vec<(usize, u64)>,
    /// By the index of their bucket, ascending.
    exemplars: Vec<(usize, Exemplar)>,
}

/// The counts of one series.
pub(super) struct Reading {
    /// By result, errors and cancelled calls without those that have a class.
    pub(super) calls: [u64; Outcome::RESULTS],
    /// Cancelled calls by reason.
    pub(super) cancelled: [u64; CancelReason::ALL.len()],
    /// Errors and panics of any class.
    pub(super) errors: u64,
    pub(super) concurrent: u64,
    /// `None` for a function that is not `async`.
    pub(super) polls: Option<Polls>,
    classes: Range<u32>,
    histograms: Range<u32>,
}

/// The polls of futures.
#[derive(Clone, Copy)]
pub(super) struct Polls {
    pub(super) polls: u64,
    /// The time inside them, in ticks, and those that were slow; `None` if calls are not timed.
    pub(super) timed: Option<(u128, u64)>,
}

/// The durations of one result.
pub(super) struct Histogram {
    pub(super) outcome: Outcome,
    pub(super) ticks: u128,
    buckets: Range<u32>,
    native: Range<u32>,
}

impl Polls {
    fn of(tally: &Snapshot) -> Self {
        let timed = (tally.busy(), tally.slow_polls());
        Self {
            polls: tally.polls(),
            timed: tally.is_timed().then_some(timed),
        }
    }
}

impl Readings {
    /// Reads every series, with exemplars and native buckets if these are `true`.
    pub(super) fn take(layout: &Layout, exemplars: bool, native: bool) -> Self {
        let mut all = Self::default();
        all.series.reserve_exact(layout.series.len());
        let mut tally = if native {
            Snapshot::with_native()
        } else {
            Snapshot::default()
        };
        for some in layout.series.chunks(LOOKED_AT) {
            let sources = some.iter().flat_map(|series| layout.sources(series));
            black_box(sources.map(Source::look).fold(0, u64::wrapping_add));
            for series in some {
                tally.read(layout.sources(series));
                let reading = all.keep(&tally, series);
                if exemplars {
                    all.keep_exemplars(layout, series, &reading);
                }
                all.series.push(reading);
            }
        }
        all
    }

    /// Keeps the counts of a series. If its functions have an objective, its histograms exist from
    /// the start.
    fn keep(&mut self, tally: &Snapshot, series: &Series) -> Reading {
        let has_objective = series.has_objective();
        let (classes, histograms) = (self.classes.len(), self.histograms.len());
        self.classes.extend(tally.classes());
        for outcome in RESULTS {
            if tally.is_timed() && (has_objective || tally.ended(outcome) > 0) {
                let (buckets, native) = (self.buckets.len(), self.native.len());
                self.native.extend(tally.native(outcome));
                self.buckets.extend_from_slice(tally.used_buckets(outcome));
                self.histograms.push(Histogram {
                    outcome,
                    ticks: tally.ticks(outcome),
                    buckets: stretch(buckets, &self.buckets),
                    native: stretch(native, &self.native),
                });
            }
        }
        let mut cancelled = [0; CancelReason::ALL.len()];
        for (count, (_, calls)) in cancelled.iter_mut().zip(tally.cancelled()) {
            *count = calls;
        }
        Reading {
            cancelled,
            calls: RESULTS.map(|outcome| tally.calls(outcome)),
            errors: tally.ended(Outcome::Error),
            concurrent: tally.concurrent(),
            polls: series.is_future.then(|| Polls::of(tally)),
            classes: stretch(classes, &self.classes),
            histograms: stretch(histograms, &self.histograms),
        }
    }

    /// Keeps the latest exemplar of each bucket that has calls.
    fn keep_exemplars(&mut self, layout: &Layout, series: &Series, reading: &Reading) {
        let bounds = layout.bounds(series).seconds;
        for histogram in &self.histograms[places(&reading.histograms)] {
            let start = self.exemplars.len();
            let within = places(&histogram.buckets);
            let calls = &self.buckets[within.clone()];
            for source in layout.sources(series) {
                let Some(site) = source.id() else { continue };
                exemplars::each(site, source.label_set, histogram.outcome, |exemplar| {
                    let bucket = bounds.partition_point(|bound| *bound < exemplar.seconds);
                    if calls.get(bucket).is_some_and(|calls| *calls > 0) {
                        self.exemplars.push((within.start + bucket, exemplar));
                    }
                });
            }
            let found = &mut self.exemplars[start..];
            found.sort_by_key(|(place, exemplar)| (*place, std::cmp::Reverse(exemplar.at)));
        }
    }

    /// Returns the calls by class of error.
    pub(super) fn classes(&self, reading: &Reading) -> &[(&'static str, u64)] {
        &self.classes[places(&reading.classes)]
    }

    /// Returns the durations of each result that has any.
    pub(super) fn histograms(&self, reading: &Reading) -> &[Histogram] {
        &self.histograms[places(&reading.histograms)]
    }

    /// Returns a histogram's native buckets that have calls, ascending, if they were read.
    pub(super) fn native(&self, histogram: &Histogram) -> &[(usize, u64)] {
        &self.native[places(&histogram.native)]
    }

    /// Returns a histogram's calls by bucket, not cumulative, and their exemplars, up to the last
    /// bucket that has calls.
    pub(super) fn buckets(
        &self,
        histogram: &Histogram,
    ) -> impl Iterator<Item = (u64, Option<&Exemplar>)> {
        let within = places(&histogram.buckets);
        let calls = &self.buckets[within.clone()];
        let exemplars = &self.exemplars;
        let mut next = exemplars.partition_point(|(place, _)| *place < within.start);
        within.zip(calls).map(move |(place, calls)| {
            let found = exemplars.get(next).filter(|(of, _)| *of == place);
            // The latest comes first. Those of other functions with this name are skipped.
            while exemplars.get(next).is_some_and(|(of, _)| *of == place) {
                next += 1;
            }
            (*calls, found.map(|(_, exemplar)| exemplar))
        })
    }
}

/// Returns the range of a list that was added since it had `first` entries.
fn stretch<T>(first: usize, list: &[T]) -> Range<u32> {
    index(first)..index(list.len())
}

fn places(stretch: &Range<u32>) -> Range<usize> {
    stretch.start as usize..stretch.end as usize
}

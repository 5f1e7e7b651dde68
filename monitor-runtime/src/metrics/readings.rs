//! The numbers of one page, read once: its families are printed one after the other from these.

use std::hint::black_box;
use std::ops::Range;

use super::layout::{Layout, Series};
use crate::exemplar::{self, Exemplar};
use crate::outcome::Outcome;
use crate::tally::{Source, Tally};

/// The results a histogram may have, in the order of the page.
pub(crate) const RESULTS: [Outcome; Outcome::RESULTS] =
    [Outcome::Ok, Outcome::Error, Outcome::Cancelled];

/// Series whose numbers are fetched at once before they are read: what they take stays in the
/// nearest cache.
const LOOKED_AT: usize = 32;

/// What all series had counted, each at one moment.
#[derive(Default)]
pub(super) struct Readings {
    /// By series.
    pub(super) series: Vec<Reading>,
    /// Errors by class; every reading has a stretch of them.
    classes: Vec<(&'static str, u64)>,
    /// Buckets; every histogram has a stretch of them.
    buckets: Vec<u64>,
    /// By place of their bucket, in rising order.
    exemplars: Vec<(usize, Exemplar)>,
}

/// What one series had counted.
pub(super) struct Reading {
    /// By result, errors without those that have a class.
    pub(super) calls: [u64; Outcome::RESULTS],
    pub(super) concurrent: u64,
    classes: Range<u32>,
    /// By result; a result that never happened costs nothing.
    histograms: [Option<Histogram>; Outcome::RESULTS],
}

/// The durations of one result.
#[derive(Clone, Copy)]
pub(super) struct Histogram {
    first: u32,
    pub(super) ticks: u64,
}

impl Readings {
    /// Reads every series; with `exemplars`, those too.
    pub(super) fn take(layout: &Layout, exemplars: bool) -> Self {
        let mut all = Self::default();
        all.series.reserve_exact(layout.series.len());
        let mut tally = Tally::default();
        for some in layout.series.chunks(LOOKED_AT) {
            let sources = some.iter().flat_map(|series| layout.sources(series));
            black_box(sources.map(Source::look).fold(0, u64::wrapping_add));
            for series in some {
                tally.read(layout.sources(series));
                let reading = all.keep(&tally);
                if exemplars {
                    all.keep_exemplars(layout, series, &reading);
                }
                all.series.push(reading);
            }
        }
        all
    }

    fn keep(&mut self, tally: &Tally) -> Reading {
        let first = index(self.classes.len());
        self.classes.extend(tally.classes());
        let mut histogram = |outcome| {
            let buckets = tally.buckets(outcome);
            let shown = tally.is_timed() && buckets.iter().any(|calls| *calls > 0);
            shown.then(|| {
                let first = index(self.buckets.len());
                self.buckets.extend_from_slice(buckets);
                let ticks = tally.ticks(outcome);
                Histogram { first, ticks }
            })
        };
        Reading {
            histograms: RESULTS.map(&mut histogram),
            calls: RESULTS.map(|outcome| tally.calls(outcome)),
            concurrent: tally.concurrent(),
            classes: first..index(self.classes.len()),
        }
    }

    /// Keeps the latest exemplar of each bucket that has calls.
    fn keep_exemplars(&mut self, layout: &Layout, series: &Series, reading: &Reading) {
        let bounds = layout.bounds(series).seconds;
        for (outcome, Histogram { first, .. }) in reading.histograms() {
            let start = self.exemplars.len();
            for source in layout.sources(series) {
                exemplar::each(source.site, source.lane, outcome, |exemplar| {
                    let bucket = bounds.partition_point(|bound| *bound < exemplar.seconds);
                    let place = first as usize + bucket;
                    if self.buckets[place] > 0 {
                        self.exemplars.push((place, exemplar));
                    }
                });
            }
            let found = &mut self.exemplars[start..];
            found.sort_by_key(|(place, exemplar)| (*place, std::cmp::Reverse(exemplar.at)));
        }
    }

    /// Calls by class of error.
    pub(super) fn classes(&self, reading: &Reading) -> &[(&'static str, u64)] {
        &self.classes[reading.classes.start as usize..reading.classes.end as usize]
    }

    /// A histogram's calls by bucket, not cumulative, and their exemplars.
    pub(super) fn buckets(
        &self,
        histogram: Histogram,
        slots: usize,
    ) -> impl Iterator<Item = (u64, Option<&Exemplar>)> {
        let first = histogram.first as usize;
        let calls = &self.buckets[first..first + slots];
        let exemplars = &self.exemplars;
        let mut next = exemplars.partition_point(|(place, _)| *place < first);
        calls.iter().enumerate().map(move |(bucket, calls)| {
            let place = first + bucket;
            let found = exemplars.get(next).filter(|(of, _)| *of == place);
            // The latest is the first; those of other functions with this name are passed over.
            while exemplars.get(next).is_some_and(|(of, _)| *of == place) {
                next += 1;
            }
            (*calls, found.map(|(_, exemplar)| exemplar))
        })
    }
}

impl Reading {
    /// The durations of each result that has any.
    pub(super) fn histograms(&self) -> impl Iterator<Item = (Outcome, Histogram)> + use<> {
        let all = RESULTS.into_iter().zip(self.histograms);
        all.filter_map(|(outcome, histogram)| Some((outcome, histogram?)))
    }
}

pub(super) fn index(place: usize) -> u32 {
    u32::try_from(place).expect("fewer than 2^32 of them on a page")
}

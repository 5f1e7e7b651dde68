//! The room `callsite` of the runtime, as far as the counters use it.

#[path = "../../../../monitor-runtime/src/callsite/counters/mod.rs"]
#[expect(dead_code, reason = "the runtime uses more of it than a model has to")]
pub(crate) mod counters;

/// The fine cells of a function with one bound, beyond all durations of a model.
pub(crate) struct FineCells(counters::fine::Fine);

impl FineCells {
    pub(crate) fn new() -> Self {
        Self(counters::fine::Fine::new(&[1 << 30], 1 << 30))
    }

    pub(crate) fn count(&self, ticks: u64) {
        self.0.count_ok(ticks);
    }

    /// Returns the calls by cell, as a scrape reads them.
    pub(crate) fn read(&self) -> BTreeMap<usize, u64> {
        let mut cells = BTreeMap::new();
        self.0.each(Outcome::Ok, |cell, calls| {
            *cells.entry(cell).or_default() += calls;
        });
        cells
    }
}

pub(crate) mod error_classes {
    pub(crate) const MAX_CLASSES: usize = 1;
}

use std::collections::BTreeMap;

use crate::base::outcome::Outcome;
use crate::base::sync::OnceLock;
use crate::callsite::counters::Shards;

/// A function with one bound, whose errors have one class.
pub(crate) struct Site(Shards);

impl Site {
    pub(crate) fn new() -> Self {
        Self(Shards(OnceLock::new()))
    }

    pub(crate) fn id(&self) -> usize {
        1
    }

    pub(crate) fn tick_bounds(&self) -> &'static [u64] {
        &[10]
    }

    pub(crate) fn slow_ticks(&self) -> u64 {
        u64::MAX
    }

    pub(crate) fn least_slow_poll_ticks() -> u64 {
        u64::MAX
    }

    pub(crate) fn slow_poll_ticks(&self) -> u64 {
        u64::MAX
    }

    pub(crate) fn is_timed(&self) -> bool {
        true
    }

    pub(crate) fn opened(&self) {}

    pub(crate) fn store(&self, _: usize) -> &Shards {
        &self.0
    }

    pub(crate) fn classes(&self) -> &Self {
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (usize, &'static str)> {
        [(0, "class")].into_iter()
    }
}

pub(crate) mod site_snapshot {
    use crate::base::outcome::{CancelReason, Outcome};

    /// The sum that a scrape computes.
    #[derive(Debug, Default)]
    pub(crate) struct SiteSnapshot {
        pub(crate) started: u64,
        pub(crate) errors: u64,
        pub(crate) panics: u64,
        pub(crate) classed: u64,
        pub(crate) reasons: [u64; CancelReason::PLACES],
        pub(crate) ticks: [u128; Outcome::RESULTS],
        pub(crate) polls: u64,
        pub(crate) busy: u128,
        pub(crate) slow_polls: u64,
        pub(crate) ended: [u64; Outcome::RESULTS],
    }

    impl SiteSnapshot {
        pub(crate) fn add_to_bucket(&mut self, result: usize, _: usize, calls: u64) {
            self.ended[result] += calls;
        }

        pub(crate) fn add_to_native(&mut self, _: usize, _: u64, _: impl FnOnce() -> usize) {}

        pub(crate) fn add_to_class(&mut self, _: &'static str, calls: u64) {
            self.classed += calls;
        }

        pub(crate) fn add_reasons(&mut self, reasons: [u64; CancelReason::PLACES]) {
            for (sum, calls) in self.reasons.iter_mut().zip(reasons) {
                *sum += calls;
            }
        }
    }
}

//! The counts of functions without their buckets, for readers that compare longer times.

use std::time::Duration;

use super::counts::Counts;
use super::failures::chosen;
use super::{Live, WINDOWS};
use crate::base::outcome::Outcome;
use crate::callsite::Site;
use crate::callsite::recent_calls::Failure;
use crate::callsite::snapshot::Snapshot;

/// The calls of a function, over all its labels and threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::server) struct Totals {
    /// Calls that have ended, by result.
    pub(in crate::server) ended: [u64; Outcome::RESULTS],
    /// The sum of all durations.
    pub(in crate::server) seconds: f64,
}

impl Totals {
    pub(in crate::server) fn calls(&self) -> u64 {
        self.ended.iter().sum()
    }

    /// Returns the calls that were added since `before`.
    pub(in crate::server) fn since(&self, before: &Self) -> Self {
        let ended = |result: usize| self.ended[result].saturating_sub(before.ended[result]);
        Self {
            ended: std::array::from_fn(ended),
            seconds: (self.seconds - before.seconds).max(0.0),
        }
    }
}

impl From<&Counts> for Totals {
    fn from(counts: &Counts) -> Self {
        Self {
            ended: counts.ended,
            seconds: counts.seconds,
        }
    }
}

/// The calls that ended with an outcome and one class of error, or for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct Class {
    /// An error, or cancelled.
    pub(in crate::server) outcome: Outcome,
    /// Empty for calls without a class or reason.
    pub(in crate::server) name: &'static str,
    pub(in crate::server) calls: u64,
}

/// The calls of the last minute.
pub(in crate::server) struct Minute {
    /// The time that it covers: a little more than a minute, or less right after the start.
    pub(in crate::server) length: Duration,
    /// The calls that ended in it, by function.
    pub(in crate::server) calls: Vec<Totals>,
}

impl Live {
    /// Returns the counts of each function, as old as those that the page shows.
    pub(in crate::server) fn totals(&self) -> Vec<Totals> {
        let mut state = self.state();
        state.refresh(&self.functions);
        let counts = state.now.counts.iter();
        counts.map(|counts| Totals::from(&**counts)).collect()
    }

    /// Returns the calls of the last minute, by function.
    pub(in crate::server) fn minute(&self) -> Minute {
        let mut state = self.state();
        state.refresh(&self.functions);
        let base = state.base(WINDOWS[1]);
        let both = state.now.counts.iter().zip(&base.counts);
        Minute {
            length: state.now.at - base.at,
            calls: both
                .map(|(now, before)| Totals::from(&**now).since(&Totals::from(&**before)))
                .collect(),
        }
    }

    /// Returns the number of functions.
    pub(in crate::server) fn functions(&self) -> usize {
        self.functions.len()
    }

    /// Returns the name and the module of a function.
    pub(in crate::server) fn name(&self, function: usize) -> (&str, &'static str) {
        let function = &self.functions[function];
        (&function.name, function.module)
    }

    /// Returns all annotated functions of one name.
    pub(in crate::server) fn sites(&self, function: usize) -> &[&'static Site] {
        &self.functions[function].sites
    }

    /// Returns the place of a function among all, by one of its call sites.
    pub(in crate::server) fn place(&self, site: &'static Site) -> Option<usize> {
        let is_of = |function: &super::Function| {
            let mut sites = function.sites.iter();
            sites.any(|one| std::ptr::eq(*one, site))
        };
        self.functions.iter().position(is_of)
    }

    /// Returns the errors of a function by class, and its cancelled calls by reason, since the start.
    pub(in crate::server) fn classes(&self, function: usize) -> Vec<Class> {
        let function = &self.functions[function];
        let mut tally = Snapshot::default();
        tally.read_in(function.bounds(), &function.sources().collect::<Vec<_>>());
        let errors = tally.classes().chain([("", tally.calls(Outcome::Error))]);
        let reasons = tally.cancelled();
        let reasons = reasons.map(|(reason, calls)| (reason.as_str(), calls));
        let reasons = reasons.chain([("", tally.calls(Outcome::Cancelled))]);
        let of = |outcome| {
            move |(name, calls)| Class {
                outcome,
                name,
                calls,
            }
        };
        let all = errors
            .map(of(Outcome::Error))
            .chain(reasons.map(of(Outcome::Cancelled)));
        all.filter(|class| class.calls > 0).collect()
    }

    /// Returns the latest kinds of failure of the process, the latest first, each with its function.
    pub(in crate::server) fn failures(&self) -> Vec<(usize, &'static Site, Failure)> {
        chosen(self)
    }
}

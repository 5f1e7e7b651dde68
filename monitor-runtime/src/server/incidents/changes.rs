//! The functions whose calls changed against the hour before, as figures and ratios.
//!
//! The order is by how much they changed and how much they weigh. It names no cause. Three things
//! put an inner function before those around it, which change with it:
//!
//! * An error that only passed through a function weighs half of one that came out of it first.
//! * A time that is added to both is a larger part of the shorter one.
//! * Of two that are alike, the one whose calls are shorter is first.

use super::hour::Before;
use super::numbers::{Numbers, Sums, numbers};
use crate::base::outcome::Outcome;
use crate::server::live::{Minute, Totals};

/// The ratio from which a number has changed.
const LEAST_RATIO: f64 = 2.0;
/// The calls without which a number of calls is no evidence.
const LEAST_CALLS: f64 = 10.0;
/// The ratio beyond which a change is no stronger.
const HIGHEST_RATIO: f64 = 1000.0;

/// The number of a function that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Calls that ended with an error or a panic.
    Errors,
    /// Calls that were dropped.
    Cancelled,
    /// The mean duration.
    Duration,
    /// Calls that ended, in any way.
    Calls,
}

/// The route that an error took to the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The error first came out of monitored code here, or its origin is not known.
    Here,
    /// An inner function had it before.
    PassedOn,
    /// It is part of the function's work.
    Expected,
}

/// A number that changed, in calls a minute or in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) kind: Kind,
    pub(super) now: f64,
    /// `None` if there is no time to compare with.
    pub(super) before: Option<f64>,
    score: f64,
}

/// A function and its changes, the greatest first.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) function: usize,
    pub(super) changes: Vec<Change>,
    /// The calls of the last minute.
    pub(super) calls: Totals,
}

/// The numbers that are the same for all functions.
struct Scale {
    minutes: f64,
    has_before: bool,
    /// By kind, the greatest surplus of a function.
    most: [f64; KINDS.len()],
    /// By kind, its weight beside the others.
    weight: [f64; KINDS.len()],
}

const KINDS: [Kind; 4] = [Kind::Errors, Kind::Cancelled, Kind::Duration, Kind::Calls];

/// Returns the functions that changed, the greatest change first. Asks for the origin of errors only
/// where they changed.
pub(super) fn compare(
    minute: &Minute,
    before: Option<&Before>,
    origin: impl Fn(usize) -> Origin,
) -> Vec<Changed> {
    let numbers = numbers(minute, before);
    let minutes = minute.length.as_secs_f64().max(1.0) / 60.0;
    let scale = Scale::new(minutes, before.is_some(), &numbers);
    let changed = |(function, of): (usize, &Numbers)| {
        let changes = KINDS.iter().filter_map(|kind| {
            let mut change = scale.change(*kind, of)?;
            if *kind == Kind::Errors {
                change.score *= origin(function).factor();
            }
            Some(change)
        });
        let mut changes: Vec<Change> = changes.collect();
        changes.sort_by(|a, b| b.score.total_cmp(&a.score));
        let calls = minute.calls[function];
        (!changes.is_empty()).then_some(Changed {
            function,
            changes,
            calls,
        })
    };
    let mut found: Vec<Changed> = numbers.iter().enumerate().filter_map(changed).collect();
    found.sort_by(|a, b| {
        let by_score = b.steps().cmp(&a.steps());
        by_score.then_with(|| a.mean().total_cmp(&b.mean()))
    });
    found
}

impl Scale {
    fn new(minutes: f64, has_before: bool, numbers: &[Numbers]) -> Self {
        let mut scale = Self {
            minutes,
            has_before,
            most: [0.0; KINDS.len()],
            weight: [0.0; KINDS.len()],
        };
        for (place, kind) in KINDS.iter().enumerate() {
            let surplus = |of: &Numbers| scale.surplus(*kind, of);
            let most = numbers.iter().map(surplus).fold(0.0, f64::max);
            let large = numbers.iter().filter(|of| surplus(of) * 2.0 >= most);
            let weight = large
                .map(|of| scale.weight_of(*kind, of))
                .fold(0.0, f64::max);
            scale.most[place] = most;
            scale.weight[place] = weight;
        }
        scale
    }

    /// Returns the amount of a number that is new: calls, or seconds.
    fn surplus(&self, kind: Kind, of: &Numbers) -> f64 {
        let (now, expected) = (&of.now, &of.expected);
        let surplus = match kind {
            Kind::Errors => now.errors - expected.errors,
            Kind::Cancelled => now.cancelled - expected.cancelled,
            Kind::Duration if !self.has_before => now.seconds,
            Kind::Duration if of.is_comparable() => (now.mean() - expected.mean()) * now.calls,
            Kind::Calls if self.has_before => (now.calls - expected.calls).abs(),
            Kind::Duration | Kind::Calls => 0.0,
        };
        surplus.max(0.0)
    }

    /// Returns the weight of a kind beside others, as one of its functions sees it.
    fn weight_of(&self, kind: Kind, of: &Numbers) -> f64 {
        let (now, expected) = (&of.now, &of.expected);
        let share = |calls: f64| (calls / now.calls.max(1.0)).sqrt();
        match kind {
            Kind::Errors => share(now.errors),
            Kind::Cancelled => share(now.cancelled) * 0.9,
            Kind::Duration if self.has_before => {
                let new = 1.0 - expected.mean() / now.mean().max(f64::MIN_POSITIVE);
                // A call that was dropped took as long as its caller waited.
                let whole = 1.0 - now.cancelled / now.calls.max(1.0);
                new.max(0.0) * whole * 0.8
            }
            Kind::Duration => 0.3,
            Kind::Calls => 0.1,
        }
    }

    fn change(&self, kind: Kind, of: &Numbers) -> Option<Change> {
        let (now, expected) = match kind {
            Kind::Errors => (of.now.errors, of.expected.errors),
            Kind::Cancelled => (of.now.cancelled, of.expected.cancelled),
            Kind::Duration => (of.now.mean(), of.expected.mean()),
            Kind::Calls => (of.now.calls, of.expected.calls),
        };
        let surplus = self.surplus(kind, of);
        let share = surplus / self.most[kind as usize].max(f64::MIN_POSITIVE);
        let more = now >= expected * LEAST_RATIO;
        // Beyond what chance makes of a small number.
        let is_clear = surplus > 3.0 * expected.sqrt();
        let has_changed = match kind {
            Kind::Errors | Kind::Cancelled => now >= 1.0 && more && is_clear,
            Kind::Duration if self.has_before => of.is_comparable() && more && share > 0.01,
            Kind::Duration => surplus > 0.0 && share >= 0.5,
            Kind::Calls => {
                let is_other = more || expected >= now * LEAST_RATIO;
                is_other && is_clear && now.max(expected) >= LEAST_CALLS
            }
        };
        // The rate of a minute, or the mean as it is.
        let unit = if kind == Kind::Duration {
            1.0
        } else {
            self.minutes
        };
        has_changed.then(|| Change {
            kind,
            now: now / unit,
            before: self.has_before.then_some(expected / unit),
            score: self.weight[kind as usize] * (2.0 * share).min(1.0) * strength(now, expected),
        })
    }
}

/// Returns the strength of a change, from 0 to 1; 1 if the number was 0.
fn strength(now: f64, expected: f64) -> f64 {
    let (less, more) = if now < expected {
        (now, expected)
    } else {
        (expected, now)
    };
    let ratio = (more / less.max(f64::MIN_POSITIVE)).min(HIGHEST_RATIO);
    ratio.ln_1p() / HIGHEST_RATIO.ln_1p()
}

impl Kind {
    /// Returns the outcome of the calls that it counts, if they have classes or reasons.
    pub(super) fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Errors => Some(Outcome::Error),
            Self::Cancelled => Some(Outcome::Cancelled),
            Self::Duration | Self::Calls => None,
        }
    }
}

impl Origin {
    fn factor(self) -> f64 {
        match self {
            Self::Here => 1.0,
            Self::PassedOn => 0.5,
            Self::Expected => 0.2,
        }
    }
}

impl Change {
    /// Returns the number in parts of the one before; `None` without one, or if that was 0.
    pub(super) fn ratio(&self) -> Option<f64> {
        let before = self.before.filter(|before| *before > 0.0)?;
        Some(self.now / before)
    }
}

impl Changed {
    /// Returns the score in steps, within which functions are alike.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to 1"
    )]
    fn steps(&self) -> u64 {
        let score = self.changes.first().map_or(0.0, |change| change.score);
        (score * 16.0).ceil() as u64
    }

    fn mean(&self) -> f64 {
        Sums::new(&self.calls, 1.0).mean()
    }
}

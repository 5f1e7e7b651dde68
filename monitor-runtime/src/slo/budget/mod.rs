//! The part of each error budget that is left, computed from the counters of this process alone.

mod burning;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::promise::{Promise, promises};
use super::window::{BURNS, Burn, D1, D3, H1, H2, H6, M5, M30, PERIOD, Severity, WINDOWS, Window};
use crate::callsite;
use crate::callsite::Site;
use crate::callsite::objective_counts::{Counter, Counts};
use crate::inventory;
use crate::settings::objective::Kind;
pub(crate) use burning::{Burning, burning};

/// The state of one promise, computed from the calls of this process since it began.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ObjectiveStatus {
    /// The objective's name.
    pub name: &'static str,
    /// The kind of promise.
    pub kind: Kind,
    /// The percentage of calls that have to keep it.
    pub target_percent: f64,
    /// The threshold of a latency.
    pub threshold_seconds: Option<f64>,
    /// The functions that promise it, by name.
    pub functions: Vec<String>,
    /// The share of the budget of 30 days that is left, from 0 to 1; `None` before the first call.
    pub budget_left: Option<f64>,
    /// The speed at which the budget is spent; 1 uses it up in exactly its period. 0 without calls.
    pub burn_rate: BurnRate,
    /// The severity of the alert that would fire now.
    pub alert: Option<Severity>,
}

/// Burn rates over the windows of the alerts, all of which end now. A rate of 1 uses up the budget
/// in exactly its period.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct BurnRate {
    /// Over 5 minutes.
    #[serde(rename = "5m")]
    pub five_minutes: f64,
    /// Over 30 minutes.
    #[serde(rename = "30m")]
    pub half_an_hour: f64,
    /// Over an hour.
    #[serde(rename = "1h")]
    pub one_hour: f64,
    /// Over 2 hours.
    #[serde(rename = "2h")]
    pub two_hours: f64,
    /// Over 6 hours.
    #[serde(rename = "6h")]
    pub six_hours: f64,
    /// Over a day.
    #[serde(rename = "1d")]
    pub one_day: f64,
    /// Over 3 days.
    #[serde(rename = "3d")]
    pub three_days: f64,
}

impl fmt::Display for ObjectiveStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, kind) = (self.name, self.kind.as_str());
        let (hour, left) = (self.burn_rate.one_hour, self.budget_left.unwrap_or(1.0));
        write!(
            f,
            "{name} ({kind}): error budget burning at {hour:.1}x; {:.0}% left",
            left * 100.0
        )
    }
}

/// Returns the state of each objective of this process; empty before `start()` and without
/// objectives.
///
/// Calls of other instances and of earlier runs are not included. Prometheus has those, and its
/// [`rules`](super::rules) fire on the same burn rates.
///
/// ```no_run
/// for objective in monitor_runtime::slo::status() {
///     println!("{objective}");
/// }
/// ```
pub fn status() -> Vec<ObjectiveStatus> {
    let tracked = TRACKED.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    tracked.iter().map(|tracked| tracked.status(now)).collect()
}

static TRACKED: Mutex<Vec<Tracked>> = Mutex::new(Vec::new());

/// Begins to remember counts over time. Returns `true` if there is anything to sample.
///
/// A second start continues with the samples of the first.
pub(crate) fn begin() -> bool {
    let mut tracked = TRACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if tracked.is_empty() {
        let now = Instant::now();
        let inventory = inventory::collect();
        let promises = promises(&inventory).into_iter();
        tracked.extend(promises.map(|(promise, _)| Tracked::new(promise, now)));
    }
    !tracked.is_empty()
}

/// Takes a sample of all counts; called every few seconds.
pub(crate) fn sample() {
    let mut tracked = TRACKED.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    for tracked in &mut *tracked {
        tracked.sample(now);
    }
}

/// A promise and its samples.
struct Tracked {
    promise: Promise,
    sites: Vec<&'static Site>,
    past: Past,
}

impl Tracked {
    fn new(promise: Promise, now: Instant) -> Self {
        let makes = |site: &&Site| {
            let made = site
                .objective
                .and_then(|made| Promise::new(made, promise.kind));
            made.as_ref() == Some(&promise)
        };
        Self {
            sites: callsite::all().filter(makes).collect(),
            past: Past::new(now),
            promise,
        }
    }

    fn sample(&mut self, now: Instant) {
        let count = self.count();
        self.past.remember(now, count);
    }

    fn count(&self) -> Counts {
        let (mut counter, mut count) = (Counter::default(), Counts::default());
        for site in &self.sites {
            let (counts, _) = counter.read(site);
            let of_kind = Kind::ALL.into_iter().zip(counts);
            of_kind
                .filter(|(kind, _)| *kind == self.promise.kind)
                .for_each(|(_, counts)| count += counts);
        }
        count
    }

    fn status(&self, now: Instant) -> ObjectiveStatus {
        let (promise, count) = (&self.promise, self.count());
        let since = |window| self.past.since(window, now, count);
        let budget = promise.budget();
        let burn = |window| ratio(since(window)).unwrap_or(0.0) / budget;
        let burns = |alert: &&Burn| burning::rate(promise, alert, since).is_some();
        let recent = since(D3);
        let is_all = promise.all_failed > 0
            && recent.failures == recent.calls
            && recent.calls >= u64::from(promise.all_failed);
        let mut functions: Vec<String> = self
            .sites
            .iter()
            .map(|site| site.function().to_owned())
            .collect();
        functions.sort_unstable();
        functions.dedup();
        let spent = ratio(since(PERIOD)).map(|ratio| ratio / budget);
        ObjectiveStatus {
            name: promise.name,
            kind: promise.kind,
            target_percent: promise.percent,
            threshold_seconds: promise.threshold,
            functions,
            budget_left: spent.map(|spent| (1.0 - spent).clamp(0.0, 1.0)),
            burn_rate: BurnRate {
                five_minutes: burn(M5),
                half_an_hour: burn(M30),
                one_hour: burn(H1),
                two_hours: burn(H2),
                six_hours: burn(H6),
                one_day: burn(D1),
                three_days: burn(D3),
            },
            // Pages are listed first.
            alert: BURNS
                .iter()
                .find(burns)
                .map(|alert| alert.severity)
                .or(is_all.then_some(Severity::Ticket)),
        }
    }
}

/// Returns the share of calls that broke the promise; `None` without calls.
#[expect(clippy::cast_precision_loss, reason = "a share needs no 53 bits")]
fn ratio(count: Counts) -> Option<f64> {
    (count.calls > 0).then(|| count.failures as f64 / count.calls as f64)
}

/// Samples for each window, spaced so that about sixty of them cover it.
struct Past(Vec<(Window, VecDeque<(Instant, Counts)>)>);

/// The number of steps that a window is divided into.
const STEPS: u64 = 60;

impl Past {
    /// Begins with counts of zero: nothing was counted before the process began.
    fn new(now: Instant) -> Self {
        let windows = WINDOWS.into_iter().chain([PERIOD]);
        let begun = |window| (window, VecDeque::from([(now, Counts::default())]));
        Self(windows.map(begun).collect())
    }

    fn remember(&mut self, now: Instant, count: Counts) {
        let age = |then: Instant| now.saturating_duration_since(then);
        for (window, samples) in &mut self.0 {
            let length = Duration::from_secs(window.seconds);
            let step = Duration::from_secs(window.seconds / STEPS);
            if samples.back().is_none_or(|(then, _)| age(*then) >= step) {
                samples.push_back((now, count));
            }
            // The first sample is the youngest one that is at least as old as the window.
            while samples.get(1).is_some_and(|(then, _)| age(*then) >= length) {
                samples.pop_front();
            }
        }
    }

    /// Returns the calls counted in a window that ends now, or since the process began if that is
    /// shorter.
    fn since(&self, window: Window, now: Instant, count: Counts) -> Counts {
        let known = self.0.iter().find(|(known, _)| *known == window);
        let samples = known.into_iter().flat_map(|(_, samples)| samples);
        let length = Duration::from_secs(window.seconds);
        let old = |then: Instant| now.saturating_duration_since(then) >= length;
        let first = samples.clone().next();
        let then = samples.take_while(|(then, _)| old(*then)).last().or(first);
        let then = then.map_or_else(Counts::default, |(_, count)| *count);
        Counts {
            calls: count.calls.saturating_sub(then.calls),
            failures: count.failures.saturating_sub(then.failures),
        }
    }
}

#[cfg(test)]
mod tests;

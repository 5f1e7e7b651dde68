//! The objectives that burn their budget so fast that their alert would page.

use std::sync::PoisonError;
use std::time::Instant;

use super::{TRACKED, Tracked, ratio};
use crate::callsite::objective_counts::Counts;
use crate::slo::promise::Promise;
use crate::slo::window::{BURNS, Burn, Severity, Window};

/// A promise whose alert would page now.
pub(crate) struct Burning {
    /// The objective's name.
    pub(crate) name: &'static str,
    /// The kind of promise, in words.
    pub(crate) kind: &'static str,
    /// The burn rate over the alert's long window.
    pub(crate) rate: f64,
    /// The burn rate above which it pages.
    pub(crate) limit: f64,
    /// The long window, such as `1h`.
    pub(crate) window: &'static str,
}

/// Returns the promises whose alerts would page now.
pub(crate) fn burning() -> Vec<Burning> {
    let tracked = TRACKED.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    let pages = tracked.iter();
    pages.filter_map(|tracked| tracked.burning(now)).collect()
}

impl Tracked {
    fn burning(&self, now: Instant) -> Option<Burning> {
        let (promise, count) = (&self.promise, self.count());
        let since = |window| self.past.since(window, now, count);
        let pages = BURNS
            .iter()
            .filter(|alert| alert.severity == Severity::Page);
        let mut burning = pages.filter_map(|alert| Some((alert, rate(promise, alert, since)?)));
        let (alert, rate) = burning.next()?;
        let budget = promise.budget();
        Some(Burning {
            name: promise.name,
            kind: promise.kind_in_words(),
            rate,
            limit: alert.threshold(budget) / budget,
            window: alert.long.name,
        })
    }
}

/// Returns the burn rate over the long window of an alert while the alert would fire.
pub(super) fn rate(
    promise: &Promise,
    alert: &Burn,
    since: impl Fn(Window) -> Counts,
) -> Option<f64> {
    let threshold = alert.threshold(promise.budget());
    let over = |counts| ratio(counts).filter(|ratio| *ratio > threshold);
    let long = since(alert.long);
    let enough = long.failures >= u64::from(promise.min_failures);
    let rate = over(long).filter(|_| enough && over(since(alert.short)).is_some())?;
    Some(rate / promise.budget())
}

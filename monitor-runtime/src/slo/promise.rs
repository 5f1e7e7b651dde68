//! The promises in an inventory: each success rate and each latency of an objective by itself.

use std::collections::BTreeMap;

use serde::Serialize;

use super::window::decimal;
use crate::inventory::Inventory;
use crate::metrics::LabelValues;
use crate::objective::Objective;

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// That calls do not fail.
    SuccessRate,
    /// That calls do not take longer than a threshold.
    Latency,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::SuccessRate, Self::Latency];

    /// The `slo` label.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::SuccessRate => "success_rate",
            Self::Latency => "latency",
        }
    }
}

/// One promise of an objective, for all functions that have it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Promise {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Of calls that are good.
    pub(super) percent: f64,
    /// In seconds, of a latency.
    pub(super) threshold: Option<f64>,
    /// The labels by which its series are told.
    pub(super) labels: LabelValues,
}

impl Promise {
    /// What an objective says of this; `None` if nothing.
    pub(super) fn of(objective: &Objective, kind: Kind) -> Option<Self> {
        let (percent, threshold, labels) = match kind {
            Kind::SuccessRate => (objective.success_rate?, None, objective.call_labels()?),
            Kind::Latency => {
                let latency = objective.latency?;
                let labels = objective.duration_labels()?;
                (latency.percent, Some(latency.seconds), labels)
            }
        };
        Some(Self {
            name: objective.name,
            kind,
            percent,
            threshold,
            labels,
        })
    }

    /// The share of calls that may be bad.
    pub(super) fn budget(&self) -> f64 {
        decimal((100.0 - self.percent) / 100.0)
    }

    /// In words: `99.9 % of calls succeed`.
    pub(super) fn in_words(&self) -> String {
        let percent = self.percent;
        match self.threshold {
            None => format!("{percent} % of calls succeed"),
            Some(seconds) => format!("{percent} % of calls take at most {seconds} s"),
        }
    }
}

/// A promise, and the functions that make it.
pub(super) type Promised<'a> = (Promise, Vec<&'a str>);

/// Every promise of these functions, in the order of names, and who makes it.
pub(super) fn promises(inventory: &Inventory) -> Vec<Promised<'_>> {
    let mut found: BTreeMap<(Kind, LabelValues), Promised<'_>> = BTreeMap::new();
    for function in &inventory.functions {
        let Some(objective) = &function.objective else {
            continue;
        };
        for kind in Kind::ALL {
            if let Some(promise) = Promise::of(objective, kind) {
                let key = (kind, promise.labels.clone());
                let (_, functions) = found.entry(key).or_insert((promise, Vec::new()));
                functions.push(&function.function);
            }
        }
    }
    let mut promises: Vec<_> = found.into_values().collect();
    for (_, functions) in &mut promises {
        functions.sort_unstable();
        functions.dedup();
    }
    promises.sort_by_key(|(promise, _)| promise.name);
    promises
}

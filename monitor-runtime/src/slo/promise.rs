//! Splits the objectives of an inventory into promises: one for each success rate and each latency.

use std::collections::BTreeMap;

use super::window::{decimal, duration};
use crate::inventory::Inventory;
use crate::settings::objective::{Kind, Objective};

/// One promise of an objective, for all functions that have it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Promise {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The percentage of calls that have to be good.
    pub(super) percent: f64,
    /// The threshold of a latency, in seconds.
    pub(super) threshold: Option<f64>,
    /// Calls that have to break it in an alert's long window before the alert fires.
    pub(super) min_failures: u32,
    /// Calls in 3 days that have to break it, all of them, for a ticket; 0 for no such ticket.
    pub(super) all_failed: u32,
}

impl Promise {
    /// Returns an objective's promise of this kind, if it makes one.
    pub(super) fn new(objective: &Objective, kind: Kind) -> Option<Self> {
        let (percent, threshold) = match kind {
            Kind::SuccessRate => (objective.success_rate?, None),
            Kind::Latency => {
                let latency = objective.latency?;
                (latency.percent, Some(latency.seconds))
            }
        };
        Some(Self {
            name: objective.name,
            kind,
            percent,
            threshold,
            min_failures: objective.min_failures,
            all_failed: objective.all_failed,
        })
    }

    /// Returns the share of calls that may be bad.
    pub(super) fn budget(&self) -> f64 {
        decimal((100.0 - self.percent) / 100.0)
    }

    /// Returns everything that rules are made of, in words.
    fn in_full(&self) -> String {
        format!(
            "{}, min_failures({}), all_failed({})",
            self.in_words(),
            self.min_failures,
            self.all_failed
        )
    }

    /// Returns the promise in words: `99.9% of calls succeed`.
    pub(super) fn in_words(&self) -> String {
        let percent = self.percent;
        match self.threshold {
            None => format!("{percent}% of calls succeed"),
            Some(threshold) => {
                let threshold = duration(threshold);
                format!("{percent}% of calls take at most {threshold}")
            }
        }
    }

    /// Returns the behaviour of a call that broke it: `failed`, `took longer than 10 ms`.
    pub(super) fn broke(&self) -> String {
        match self.threshold {
            None => "failed".to_owned(),
            Some(threshold) => format!("took longer than {}", duration(threshold)),
        }
    }

    /// Returns the kind in words: `success rate`.
    pub(super) fn kind_in_words(&self) -> &'static str {
        match self.kind {
            Kind::SuccessRate => "success rate",
            Kind::Latency => "latency",
        }
    }
}

/// A promise, and the functions that make it.
pub(super) type Promised<'a> = (Promise, Vec<&'a str>);

/// Returns every promise of these functions in the order of names, with the functions that make it.
pub(super) fn promises(inventory: &Inventory) -> Vec<Promised<'_>> {
    let mut found: BTreeMap<(&str, Kind), Promised<'_>> = BTreeMap::new();
    for function in &inventory.functions {
        let Some(objective) = &function.objective else {
            continue;
        };
        for kind in Kind::ALL {
            if let Some(promise) = Promise::new(objective, kind) {
                let key = (promise.name, kind);
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
    promises
}

/// Returns an error for two objectives with one name and different promises: their calls would be
/// added up.
pub(crate) fn agree(inventory: &Inventory) -> Result<(), String> {
    let mut known: BTreeMap<(&str, Kind), (Promise, &str)> = BTreeMap::new();
    for function in &inventory.functions {
        let promises = Kind::ALL.map(|kind| Promise::new(function.objective.as_ref()?, kind));
        for promise in promises.into_iter().flatten() {
            let key = (promise.name, promise.kind);
            let (first, first_function) = known
                .entry(key)
                .or_insert_with(|| (promise.clone(), &function.function));
            if *first != promise {
                return Err(format!(
                    "two objectives have the name `{}`: for `{first_function}` it says {}, for `{}` {}; \
                     give one of them another name",
                    promise.name,
                    first.in_full(),
                    function.function,
                    promise.in_full(),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::callsite::{Bounds, Settings, Site};

    macro_rules! sites {
        ($($site:ident: $objective:expr;)*) => {$(
            static $site: Site = Site::new(|| stringify!($site), "").with(&const {
                const OBJECTIVE: Objective = $objective;
                const BOUNDS: Bounds = Bounds::of(&[1.0], &OBJECTIVE);
                Settings::new().name(stringify!($site)).objective(&OBJECTIVE, &BOUNDS)
            });
        )*};
    }

    sites! {
        FIRST: Objective::new("api").success_rate(99.9);
        SAME: Objective::new("api").success_rate(99.9);
        OTHER_KIND: Objective::new("api").latency(Duration::from_secs(2), 99.0);
        OTHER_TARGET: Objective::new("api").success_rate(99.5);
        OTHER_THRESHOLD: Objective::new("api").latency(Duration::from_secs(3), 99.0);
        OTHER_LIMIT: Objective::new("api").success_rate(99.9).min_failures(5);
    }

    #[test]
    fn objectives_of_one_name_promise_the_same() {
        let agree = |sites: &[&'static Site]| {
            let sites = sites.iter().copied();
            agree(&Inventory::new("shop".into(), "1".into(), sites))
        };
        assert_eq!(agree(&[&FIRST, &SAME, &OTHER_KIND]), Ok(()));
        let refused = agree(&[&FIRST, &OTHER_TARGET]).expect_err("two targets");
        for part in ["`api`", "`FIRST`", "99.9%", "`OTHER_TARGET`", "99.5%"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        agree(&[&OTHER_KIND, &OTHER_THRESHOLD]).expect_err("two thresholds");
        agree(&[&FIRST, &OTHER_LIMIT]).expect_err("two limits");
    }
}

//! The families of objectives, computed by a scrape from the counters of threads.

use std::collections::BTreeMap;

use super::objective_labels::OBJECTIVE_NAME;
use super::text_format::label;
use super::{
    Family, LabelValues, Number, OBJECTIVE_CALLS, OBJECTIVE_FAILURES, OBJECTIVE_IN_FLIGHT,
    OBJECTIVE_TARGET, OBJECTIVE_THRESHOLD, RuntimeFamily,
};
use crate::callsite::Site;
use crate::callsite::objective_counts::{Counter, Counts};
use crate::settings::objective::{Kind, Objective};

/// The counts of all functions with one name and one objective.
struct Counted {
    objective: &'static Objective,
    by_kind: [Counts; Kind::ALL.len()],
    in_flight: u64,
}

/// A family of objectives and its series.
pub(crate) type Series = (&'static Family<'static>, Vec<(LabelValues, Number)>);

/// Reads the families of the objectives of these functions.
pub(crate) fn objective_series(
    service: &str,
    sites: impl Iterator<Item = &'static Site>,
) -> [Series; 5] {
    let mut reader = Counter::default();
    let mut functions = BTreeMap::new();
    for site in sites.filter(|site| site.is_counted()) {
        let Some(objective) = site.objective else {
            continue;
        };
        let (counts, in_flight) = reader.read(site);
        let name = (objective.name, site.module(), site.function());
        let counted = functions.entry(name).or_insert(Counted {
            objective,
            by_kind: [Counts::default(); Kind::ALL.len()],
            in_flight: 0,
        });
        for (sum, counts) in counted.by_kind.iter_mut().zip(counts) {
            *sum += counts;
        }
        counted.in_flight += in_flight;
    }
    let (mut calls, mut failures, mut in_flight) = (Vec::new(), Vec::new(), Vec::new());
    let (mut targets, mut thresholds) = (BTreeMap::new(), BTreeMap::new());
    for ((objective, module, function), counted) in functions {
        let of_objective: LabelValues = vec![
            ("service_name", service.to_owned()),
            (OBJECTIVE_NAME, objective.to_owned()),
        ];
        let of_function: LabelValues = vec![
            ("function", function.to_owned()),
            ("module", module.to_owned()),
        ];
        for (kind, counts) in Kind::ALL.into_iter().zip(counted.by_kind) {
            let Some(target) = counted.objective.target_ratio(kind) else {
                continue;
            };
            let promise = [&*of_objective, &[("slo", kind.as_str().to_owned())]].concat();
            let labels = [&*promise, &*of_function].concat();
            targets.insert(promise, Number::Measure(target));
            failures.push((labels.clone(), Number::Count(counts.failures)));
            calls.push((labels, Number::Count(counts.calls)));
        }
        let labels = [&*of_objective, &*of_function].concat();
        in_flight.push((labels, Number::Count(counted.in_flight)));
        if let Some(latency) = counted.objective.latency {
            thresholds.insert(of_objective, Number::Measure(latency.seconds));
        }
    }
    [
        (&OBJECTIVE_CALLS, calls),
        (&OBJECTIVE_FAILURES, failures),
        (&OBJECTIVE_TARGET, targets.into_iter().collect()),
        (&OBJECTIVE_THRESHOLD, thresholds.into_iter().collect()),
        (&OBJECTIVE_IN_FLIGHT, in_flight),
    ]
}

/// Reads the families for a page, without those that have no series.
pub(crate) fn objectives(
    service: &str,
    sites: impl Iterator<Item = &'static Site>,
) -> impl Iterator<Item = RuntimeFamily> {
    let families = objective_series(service, sites).into_iter();
    let families = families.filter(|(_, series)| !series.is_empty());
    families.map(|(family, series)| {
        let values = series.into_iter().map(|(labels, value)| {
            let labels = labels.iter().map(|(key, value)| label(key, value));
            (labels.collect::<Vec<_>>().join(","), value)
        });
        RuntimeFamily {
            family,
            values: values.collect(),
        }
    })
}

//! The names that families of the page own, so that another exporter's family takes none of them.

use std::collections::BTreeMap;

use super::family::{Family, Kind};
use super::sample::is_key;
use super::{
    BUILD_INFO, BUSY, CALLS, CAPTURES, CHECK_DURATION, CHECK_UP, CONCURRENT, DURATION, ERRORS,
    INCIDENTS, LABEL_OVERFLOW, LOG_DROPPED, LOG_EVENTS, LOG_SUPPRESSED, OBJECTIVE_CALLS,
    OBJECTIVE_FAILURES, OBJECTIVE_IN_FLIGHT, OBJECTIVE_TARGET, OBJECTIVE_THRESHOLD, OLDEST_CALL,
    OTLP_ITEMS, POLLS, SLOW_POLLS, SPANS_LEFT_OUT, TRACES,
};

/// Families of which every page may have series, so that the service must not define them.
pub(super) const FAMILIES: [&Family<'static>; 25] = [
    &BUILD_INFO,
    &CALLS,
    &ERRORS,
    &DURATION,
    &CONCURRENT,
    &BUSY,
    &POLLS,
    &SLOW_POLLS,
    &LOG_EVENTS,
    &LOG_DROPPED,
    &LOG_SUPPRESSED,
    &LABEL_OVERFLOW,
    &CAPTURES,
    &OTLP_ITEMS,
    &TRACES,
    &SPANS_LEFT_OUT,
    &INCIDENTS,
    &OLDEST_CALL,
    &CHECK_UP,
    &CHECK_DURATION,
    &OBJECTIVE_CALLS,
    &OBJECTIVE_FAILURES,
    &OBJECTIVE_TARGET,
    &OBJECTIVE_THRESHOLD,
    &OBJECTIVE_IN_FLIGHT,
];

/// The owner of each name on the page.
pub(super) struct Names<'t> {
    /// Names that no other family may have, or have samples of, with the family that owns them.
    taken: BTreeMap<String, String>,
    ours: Vec<(&'t str, Kind)>,
}

/// The place of another exporter's family on the page.
pub(super) enum Placed {
    /// It stands by itself, as a family of this kind.
    As(Kind),
    /// Its samples are part of a runtime family.
    InOurs,
    Nowhere(String),
}

impl<'t> Names<'t> {
    pub(super) fn new(ours: impl Iterator<Item = &'t Family<'t>>) -> Self {
        let mut names = Self {
            taken: BTreeMap::new(),
            ours: Vec::new(),
        };
        for family in ours {
            names.ours.push((family.name, family.kind));
            names.take(family);
        }
        names
    }

    /// Takes all names of a family, or returns the family that already owns one of them.
    pub(super) fn take(&mut self, family: &Family<'_>) -> Option<String> {
        let names: Vec<String> = family.claims().collect();
        let taken = names.iter().find_map(|name| self.taken.get(name));
        if let Some(taken) = taken {
            return Some(taken.clone());
        }
        let with = |name| (name, family.name.to_owned());
        self.taken.extend(names.into_iter().map(with));
        None
    }

    pub(super) fn place(&mut self, family: &Family<'_>) -> Placed {
        if !is_name(family.name) {
            return Placed::Nowhere("it is not a valid name of a Prometheus metric".to_owned());
        }
        let same = |(name, kind): &(&str, Kind)| {
            let gauge = *kind == Kind::Info && family.kind == Kind::Gauge;
            *name == family.name && (*kind == family.kind || gauge)
        };
        if self.ours.iter().any(same) {
            return Placed::InOurs;
        }
        let Some(taken) = self.take(family) else {
            return Placed::As(family.kind);
        };
        // `x_total` beside `x`: OpenMetrics calls both a family `x`, unless the first is not a
        // counter.
        let unnamed = Family {
            kind: Kind::Unnamed,
            ..*family
        };
        if family.kind == Kind::Counter && self.take(&unnamed).is_none() {
            return Placed::As(Kind::Unnamed);
        }
        let is_ours = |family: &&Family<'_>| family.name == taken;
        let known = self.ours.iter().any(|(name, _)| *name == taken);
        Placed::Nowhere(if known || FAMILIES.iter().any(is_ours) {
            format!("the runtime has a family `{taken}`, of another type or name")
        } else {
            format!(
                "the service has another family, `{taken}`, whose samples could be taken for these"
            )
        })
    }
}

/// Returns `true` for a valid name of a family.
fn is_name(name: &str) -> bool {
    is_key(&name.replace(':', "_"))
}

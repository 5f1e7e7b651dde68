//! Limits the Sentry events of a function, by class: `sentry(throttle = "10/min")`.

use std::sync::OnceLock;

use crate::base::rate_limit::Limit;
use crate::callsite::error_classes;

/// The limits of one function: one per class, one for errors without a class, one for panics.
pub(crate) struct Limits(OnceLock<Box<[Limit; PLACES]>>);

const PLACES: usize = error_classes::MAX_CLASSES + 2;

/// The kind of events that a limit is for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// An error of the class at this place.
    Class(usize),
    Unclassified,
    Panic,
}

impl Kind {
    const fn place(self) -> usize {
        match self {
            Self::Class(place) => place,
            Self::Unclassified => error_classes::MAX_CLASSES,
            Self::Panic => error_classes::MAX_CLASSES + 1,
        }
    }

    fn at(place: usize) -> Self {
        match place {
            error_classes::MAX_CLASSES => Self::Unclassified,
            place if place > error_classes::MAX_CLASSES => Self::Panic,
            place => Self::Class(place),
        }
    }
}

impl Limits {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn get(&self, kind: Kind) -> &Limit {
        let all = self
            .0
            .get_or_init(|| Box::new([const { Limit::new() }; PLACES]));
        &all[kind.place()]
    }

    /// Returns the limits that were used, with their kinds; none for a function without errors.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Kind, &Limit)> {
        let all = self.0.get().into_iter().flat_map(|all| all.iter());
        all.enumerate()
            .map(|(place, limit)| (Kind::at(place), limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rate_limit::Throttle;

    const THREE_A_MINUTE: Throttle = Throttle {
        events: 3,
        nanoseconds: 60_000_000_000,
    };

    #[test]
    fn every_class_has_a_limit_of_its_own() {
        let limits = Limits::new();
        assert_eq!(limits.all().count(), 0, "no error, no memory");
        let kinds = [
            Kind::Class(0),
            Kind::Class(error_classes::MAX_CLASSES - 1),
            Kind::Unclassified,
            Kind::Panic,
        ];
        for kind in kinds {
            assert!((0..3).all(|_| limits.get(kind).admit(THREE_A_MINUTE, 1)));
            assert!(!limits.get(kind).admit(THREE_A_MINUTE, 1));
        }
        let summed = limits
            .all()
            .filter(|(_, limit)| limit.summary(THREE_A_MINUTE, 2, true).is_some());
        let places: Vec<usize> = summed.map(|(kind, _)| kind.place()).collect();
        assert_eq!(places, kinds.map(Kind::place));
    }
}

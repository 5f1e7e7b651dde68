//! PromQL selectors for the series of one promise.

use super::Rules;
use crate::slo::promise::Promise;
use crate::slo::scope::Scope;

/// A promise within the scope of the rules.
pub(super) struct Own<'a> {
    scope: &'a Scope,
    promise: &'a Promise,
}

impl Rules {
    pub(super) fn own<'a>(&'a self, promise: &'a Promise) -> Own<'a> {
        Own {
            scope: &self.scope,
            promise,
        }
    }
}

impl Own<'_> {
    /// Returns the selector of the counters, and of everything recorded from them.
    pub(super) fn selector(&self) -> String {
        let name = ("objective_name", "=", self.promise.name);
        self.scope
            .selector(&[name, ("slo", "=", self.promise.kind.as_str())])
    }

    /// Returns the selector of series that both kinds of an objective share.
    pub(super) fn objective(&self) -> String {
        let name = ("objective_name", "=", self.promise.name);
        self.scope.selector(&[name])
    }

    /// Returns the labels of recorded series.
    pub(super) fn labels(&self) -> String {
        self.scope.group(&["objective_name", "slo"])
    }
}

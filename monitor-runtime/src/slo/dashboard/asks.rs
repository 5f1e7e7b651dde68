//! Selectors and queries that panels share.

use crate::metrics::{BUILD_INFO, OBJECTIVE_THRESHOLD};
use crate::slo::scope::Scope;

/// The queries of one dashboard; `$…` in them are its variables.
pub(super) struct Asks<'a> {
    pub(super) scope: &'a Scope,
}

/// The window of a rate: as long as the panel's points are apart.
const RANGE: &str = "$__rate_interval";

impl<'a> Asks<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        Self { scope }
    }

    /// Returns matchers for the selected service and its groups, which all recorded series have.
    pub(super) fn service(&self) -> String {
        let mut matchers = vec!["service_name=\"$service\"".to_owned()];
        matchers.extend(self.scope.matchers.iter().map(ToString::to_string));
        matchers.extend(
            self.scope
                .by
                .iter()
                .map(|label| format!("{label}=~\"${label}\"")),
        );
        matchers.join(",")
    }

    /// Returns [`service`](Self::service)'s matchers, and those of the selected instances.
    pub(super) fn instances(&self) -> String {
        format!("{},instance=~\"$instance\"", self.service())
    }

    /// Returns [`instances`](Self::instances)' matchers, and those of the selected functions.
    pub(super) fn functions(&self) -> String {
        format!("{},function=~\"$function\"", self.instances())
    }

    /// Returns the rate of a counter of functions, with more matchers.
    pub(super) fn rate(&self, counter: &str, more: &str) -> String {
        format!("rate({counter}{{{}{more}}}[{RANGE}])", self.functions())
    }

    /// Returns the increase of a counter of functions from one point of the panel to the next.
    pub(super) fn increase(&self, counter: &str) -> String {
        format!("increase({counter}{{{}}}[{RANGE}])", self.functions())
    }

    /// Returns the rate of a counter of the same targets that does not have the service's name.
    pub(super) fn rate_of_target(&self, counter: &str, more: &str) -> String {
        self.of_target(&format!(
            "rate({counter}{{instance=~\"$instance\"{more}}}[{RANGE}])"
        ))
    }

    /// Restricts series to the targets for which `build_info` has the service's name.
    pub(super) fn of_target(&self, series: &str) -> String {
        let build = BUILD_INFO.name;
        format!(
            "({series} and on (job, instance) {build}{{{}}})",
            self.instances()
        )
    }

    /// Puts the version of its instance on each series, even if `build_info` exists twice.
    pub(super) fn with_version(&self, series: &str) -> String {
        let build = BUILD_INFO.name;
        format!(
            "({series} * on (job, instance) group_left (version) topk by (job, instance) (1, {build}{{{}}}))",
            self.instances()
        )
    }

    /// Returns a quantile by `labels`, from classic buckets if Prometheus stores them, otherwise
    /// from a native histogram. `rates` returns the rate of the histogram's series with a suffix.
    pub(super) fn quantile(quantile: &str, labels: &str, rates: impl Fn(&str) -> String) -> String {
        let (classic, native) = (rates("_bucket"), rates(""));
        format!(
            "histogram_quantile({quantile}, sum by ({labels}, le) ({classic})) \
             or histogram_quantile({quantile}, sum by ({labels}) ({native}))"
        )
    }

    /// Returns the thresholds that objectives set for latencies.
    pub(super) fn thresholds(&self) -> String {
        let mut by = vec!["objective_name".to_owned()];
        by.extend(self.scope.by.iter().cloned());
        format!(
            "max by ({}) ({}{{{}}})",
            by.join(", "),
            OBJECTIVE_THRESHOLD.name,
            self.service()
        )
    }

    /// Returns the part of a legend that names the group.
    pub(super) fn group_legend(&self) -> String {
        let by = self.scope.by.iter();
        by.map(|label| format!(" {{{{{label}}}}}"))
            .collect::<Vec<_>>()
            .concat()
    }
}

/// Keeps the largest series of a query, as many as the dashboard is to show.
pub(super) fn top(query: &str) -> String {
    format!("topk($top, {query})")
}

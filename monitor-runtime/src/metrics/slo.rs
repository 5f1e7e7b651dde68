//! Names of the series that the rules for objectives record, after
//! <https://prometheus.io/docs/practices/rules/>.

/// The share of calls that may break the promise, and the share of that budget which is left.
pub(crate) const BUDGET: &str = "monitor_slo:error_budget:ratio";
pub(crate) const BUDGET_LEFT: &str = "monitor_slo:error_budget_left:ratio";
/// By function: the number of calls in 3 days, and the number of those that broke the promise.
pub(crate) const FUNCTION_CALLS: &str = "monitor_slo:function_calls:increase3d";
pub(crate) const FUNCTION_FAILURES: &str = "monitor_slo:function_failures:increase3d";

/// Returns the name of the share of calls that break it, over a window.
pub(crate) fn ratio(window: &str) -> String {
    format!("monitor_slo:failures:ratio_rate{window}")
}

/// Returns the name of the burn rate over a window; 1 uses the budget up in exactly its period.
pub(crate) fn burn_rate(window: &str) -> String {
    format!("monitor_slo:error_budget:burn_rate{window}")
}

/// Returns the name of the number of calls that break it in a window.
pub(crate) fn failures(window: &str) -> String {
    format!("monitor_slo:failures:increase{window}")
}

/// Returns the name of the number of calls in a window.
pub(crate) fn calls(window: &str) -> String {
    format!("monitor_slo:calls:increase{window}")
}

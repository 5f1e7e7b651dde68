//! The labels of an objective.

use super::canonical;
use crate::settings::objective::Objective;

/// Labels that an objective adds to the series of its functions, after the autometrics
/// specification.
pub(super) const OBJECTIVE_NAME: &str = "objective_name";
const OBJECTIVE_PERCENTILE: &str = "objective_percentile";
const OBJECTIVE_THRESHOLD: &str = "objective_latency_threshold";

/// Names of labels and their values.
pub(crate) type LabelValues = Vec<(&'static str, String)>;

impl Objective {
    /// Returns the labels of the counter; `None` without a success rate.
    pub(crate) fn call_labels(&self) -> Option<LabelValues> {
        let percent = self.success_rate?;
        Some(vec![
            (OBJECTIVE_NAME, self.name.to_owned()),
            (OBJECTIVE_PERCENTILE, percent.to_string()),
        ])
    }

    /// Returns the labels of the histogram; `None` without a latency. The threshold is spelled as
    /// the `le` of its bucket.
    pub(crate) fn duration_labels(&self) -> Option<LabelValues> {
        let latency = self.latency?;
        Some(vec![
            (OBJECTIVE_NAME, self.name.to_owned()),
            (OBJECTIVE_PERCENTILE, latency.percent.to_string()),
            (OBJECTIVE_THRESHOLD, canonical(latency.seconds)),
        ])
    }
}

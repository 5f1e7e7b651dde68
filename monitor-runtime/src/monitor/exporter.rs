//! The exporter that records the series of the `metrics` facade, and the buckets of its histograms.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

use crate::metrics::HTTP_DURATION;
use crate::settings::buckets::{HTTP_BUCKETS, by_unit};
use crate::settings::config::ConfigError;

/// Bounds that the builder was given, by the name of a histogram.
pub(crate) type Bounds = Vec<(String, Vec<f64>)>;

/// Returns an error for bounds that a histogram cannot have.
pub(crate) fn check(all: &Bounds) -> Result<(), ConfigError> {
    const ALLOWED: &str = "a name, and 1 to 100 finite numbers, each higher than the one before";
    for (name, bounds) in all {
        let problem = if name.is_empty() {
            "has no name"
        } else if bounds.is_empty() || bounds.len() > 100 {
            "has none, or too many"
        } else if !bounds.iter().all(|bound| bound.is_finite()) {
            "has a bound that is not finite"
        } else if !bounds.windows(2).all(|pair| pair[0] < pair[1]) {
            "does not rise"
        } else {
            continue;
        };
        let shown = format!("{name}: {bounds:?}");
        let method = "histogram_buckets";
        return Err(ConfigError::of_builder(method, &shown, problem, ALLOWED));
    }
    Ok(())
}

/// Returns the exporter to install: the one given, or one with buckets for known units.
pub(crate) fn configure(given: Option<PrometheusBuilder>, bounds: &Bounds) -> PrometheusBuilder {
    let mut exporter = given.unwrap_or_else(|| {
        let mut exporter = PrometheusBuilder::new();
        for (unit, bounds) in by_unit() {
            exporter = with(exporter, Matcher::Suffix(unit.into()), &bounds);
        }
        with(exporter, Matcher::Full(HTTP_DURATION.into()), &HTTP_BUCKETS)
    });
    for (name, bounds) in bounds {
        exporter = with(exporter, Matcher::Full(name.clone()), bounds);
    }
    exporter
}

fn with(exporter: PrometheusBuilder, matcher: Matcher, bounds: &[f64]) -> PrometheusBuilder {
    let set: Result<_, BuildError> = exporter.set_buckets_for_metric(matcher, bounds);
    set.expect("bounds were checked: there are some")
}

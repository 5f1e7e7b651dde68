//! The settings of the OTLP exporter.

use super::Builder;

impl Builder {
    /// Sets a variable of OpenTelemetry for the OTLP exporter, as if the environment had it. Wins over the
    /// environment.
    ///
    /// A name that the exporter does not read is an error of [`start`](Self::start).
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!()
    ///     .otel("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    ///     .otel("OTEL_TRACES_SAMPLER_ARG", "0.1");
    /// ```
    pub fn otel(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.overrides.otel.push((variable.into(), value.into()));
        self
    }
}

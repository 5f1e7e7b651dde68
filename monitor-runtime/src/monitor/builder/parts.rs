//! Parts that a builder takes: health checks, and the recorder of the `metrics` facade.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::Builder;
use crate::health::Check;

impl Builder {
    /// Adds a health check with defaults: not critical, every 10 s, with a time-out of 5 s.
    ///
    /// ```no_run
    /// # async fn ping() -> std::io::Result<()> { Ok(()) }
    /// let builder = monitor_runtime::builder!().check("database", || async { ping().await });
    /// ```
    pub fn check<F, Fut, T, E>(self, name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        self.check_with(Check::new(name, check))
    }

    /// Adds a health check with settings of its own: critical, or with another interval or
    /// time-out.
    pub fn check_with(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Sets the exporter to install as the `metrics` recorder, with buckets and labels of your own.
    ///
    /// Without one, `http_server_request_duration_seconds` gets the buckets that OpenTelemetry advises.
    /// Other histograms get buckets by the unit that their name ends in:
    ///
    /// | end of the name | buckets |
    /// |---|---|
    /// | `_seconds` | those of `function_calls_duration_seconds`: 500 µs to 10 s |
    /// | `_milliseconds`, `_ms`, `_microseconds`, `_us` | the same times in that unit |
    /// | `_bytes` | 256 B to 1 GiB, by factors of four |
    ///
    /// The rest are summaries, unless [`histogram_buckets`](Self::histogram_buckets) names them.
    pub fn exporter(mut self, exporter: PrometheusBuilder) -> Self {
        self.exporter = Some(exporter);
        self
    }

    /// Sets the upper bounds of a histogram of the `metrics` facade, by its name.
    ///
    /// They apply to the exporter that `start()` installs, which may be that of
    /// [`exporter`](Self::exporter). They do not change an exporter that is already installed, and
    /// the log then has a warning. Bounds that do not rise are an error of `start()`.
    ///
    /// ```no_run
    /// let builder = monitor_runtime::builder!()
    ///     .histogram_buckets("basket_items", [1.0, 2.0, 5.0, 10.0, 20.0, 50.0]);
    /// // metrics::histogram!("basket_items").record(3.0);
    /// ```
    pub fn histogram_buckets(
        mut self,
        name: impl Into<String>,
        bounds: impl IntoIterator<Item = f64>,
    ) -> Self {
        let bounds = bounds.into_iter().collect();
        self.buckets.push((name.into(), bounds));
        self
    }

    /// Sets the handle of an exporter that is already installed, so that its series are on the
    /// page.
    pub fn exporter_handle(mut self, handle: PrometheusHandle) -> Self {
        self.others = Some(handle);
        self
    }

    /// Publishes call sites through the `metrics` facade, too, at this interval (10 ms to 1 h): for
    /// a process whose recorder is not a Prometheus exporter.
    ///
    /// Names and labels are those of `/metrics`. Counters and the gauge are exact; durations arrive
    /// as samples from their buckets, because a call site keeps only buckets. With the exporter
    /// that `start()` installs nothing is published, and the log has a warning.
    pub fn publish_to_facade(mut self, interval: Duration) -> Self {
        self.facade = Some(interval);
        self
    }
}

//! Bounds of histograms, in seconds.

/// Default buckets, in seconds: OpenTelemetry's advice for HTTP, with three finer ones below.
pub const BUCKETS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];

/// `buckets = fast`: for what takes microseconds, from 1 µs to 100 ms.
pub const FAST_BUCKETS: &[f64] = &[
    0.000_001,
    0.000_002_5,
    0.000_005,
    0.000_01,
    0.000_025,
    0.000_05,
    0.000_1,
    0.000_25,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
];

/// `buckets = slow`: for jobs, from 100 ms to 10 min.
pub const SLOW_BUCKETS: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

/// OpenTelemetry's advice for `http.server.request.duration`, in seconds:
/// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>.
pub(crate) const HTTP_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

//! Bounds of histograms, in seconds unless stated otherwise.

/// Default buckets, in seconds: OpenTelemetry's advice for HTTP, with three finer ones below.
pub const BUCKETS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];

/// `buckets = fast`: for functions that take microseconds, from 1 µs to 100 ms.
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

/// Sizes, in bytes: each is four times the one before.
const BYTES: [f64; 12] = [
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
];

/// Returns bounds for histograms of the `metrics` facade, by the unit that their names end in.
pub(crate) fn by_unit() -> impl Iterator<Item = (&'static str, Vec<f64>)> {
    let seconds = |unit, per_second: f64| {
        // Rounded to nine digits: the rest of a product is noise.
        let bounds = BUCKETS.map(|bound| (bound * per_second * 1e9).round() / 1e9);
        (unit, bounds.to_vec())
    };
    [
        seconds("_seconds", 1.0),
        seconds("_milliseconds", 1e3),
        seconds("_ms", 1e3),
        seconds("_microseconds", 1e6),
        seconds("_us", 1e6),
        ("_bytes", BYTES.to_vec()),
    ]
    .into_iter()
}

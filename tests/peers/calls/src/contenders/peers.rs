//! The peers, each as its manual says.

use std::sync::LazyLock;
use std::time::Instant;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{Answer, Contender, Kind, block_on, monitored_contenders, work};

/// Returns the contenders that need nothing global.
pub fn bare() -> Vec<Contender> {
    let mut all = super::clocks_and_ours();
    all.extend([
        sync!("prometheus, cached", prometheus_cached),
        sync!("prometheus-client, cached", client_cached),
        sync!("opentelemetry", open_telemetry),
        sync!("metered", metered_call),
        sync!("fastrace, no parent", fastrace_call),
        asynchronous!("fastrace, async ready", AsyncReady, fastrace_ready),
        sync!("autometrics (prometheus)", autometrics_call),
        asynchronous!("autometrics, async ready", AsyncReady, autometrics_ready),
    ]);
    all
}

/// Returns the contenders that depend on the subscriber.
pub fn logged() -> Vec<Contender> {
    let mut all = monitored_contenders();
    all.extend(instrumented_contenders());
    all.push(sync!(
        "tracing::instrument, one event with its duration",
        instrumented_and_timed
    ));
    all
}

/// Returns the contenders of `tracing`.
pub fn instrumented_contenders() -> [Contender; 3] {
    [
        sync!("tracing::instrument(err)", instrumented),
        asynchronous!(
            "tracing::instrument(err), async ready",
            AsyncReady,
            instrumented_ready
        ),
        sync!("tracing::instrument, one event", instrumented_event),
    ]
}

/// Returns the contenders that depend on the recorder of the `metrics` facade.
pub fn recorded() -> Vec<Contender> {
    let mut all = monitored_contenders();
    all.extend([
        sync!("metrics, cached", metrics_cached),
        sync!("metrics, macros", metrics_macros),
    ]);
    all
}

/// A service as it runs, whose log shows errors only and whose Sentry never hears of any.
pub fn sentry_on() {
    let builder = monitor_runtime::builder!().log_filter("error");
    super::serve(builder.sentry_dsn("http://key@127.0.0.1:9/1"));
}

pub fn log_off() {
    let filter = tracing_subscriber::EnvFilter::new("off");
    tracing_subscriber::registry()
        .with(filter)
        .with(json_layer())
        .init();
}

pub fn registry() {
    tracing_subscriber::registry().init();
}

/// Spans that are recorded, and then dropped in batches.
pub fn tracing_opentelemetry() {
    use opentelemetry::trace::TracerProvider;
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder()
        .with_batch_exporter(Dropped)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("calls"));
    tracing_subscriber::registry().with(layer).init();
    std::mem::forget(provider);
}

#[derive(Debug)]
struct Dropped;

impl opentelemetry_sdk::trace::SpanExporter for Dropped {
    async fn export(
        &self,
        _: Vec<opentelemetry_sdk::trace::SpanData>,
    ) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}

pub fn json() {
    tracing_subscriber::registry().with(json_layer()).init();
}

pub fn our_json() {
    tracing_subscriber::registry()
        .with(monitor_runtime::logs::json_layer(std::io::sink))
        .init();
}

fn json_layer<S>() -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .json()
        .with_writer(std::io::sink)
}

/// Bounds of the peers' own advice for durations, in seconds.
const BOUNDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

pub fn recorder() {
    let exporter = metrics_exporter_prometheus::PrometheusBuilder::new().set_buckets(&BOUNDS);
    let recorder = exporter.expect("bounds").build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).expect("the first recorder");
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
            handle.run_upkeep();
        }
    });
}

struct Prometheus {
    calls: prometheus::IntCounter,
    errors: prometheus::IntCounter,
    seconds: prometheus::Histogram,
    running: prometheus::IntGauge,
}

static PROMETHEUS: LazyLock<Prometheus> = LazyLock::new(|| {
    let options = prometheus::HistogramOpts::new("seconds", "h").buckets(BOUNDS.to_vec());
    Prometheus {
        calls: prometheus::IntCounter::new("calls", "h").expect("a name"),
        errors: prometheus::IntCounter::new("errors", "h").expect("a name"),
        seconds: prometheus::Histogram::with_opts(options).expect("a name"),
        running: prometheus::IntGauge::new("running", "h").expect("a name"),
    }
});

#[inline(never)]
fn prometheus_cached(x: u64) -> Answer {
    let metrics = &*PROMETHEUS;
    metrics.running.inc();
    let start = Instant::now();
    let answer = work(x);
    metrics.seconds.observe(start.elapsed().as_secs_f64());
    if answer.is_ok() {
        metrics.calls.inc()
    } else {
        metrics.errors.inc()
    }
    metrics.running.dec();
    answer
}

struct Client {
    calls: prometheus_client::metrics::counter::Counter,
    seconds: prometheus_client::metrics::histogram::Histogram,
    running: prometheus_client::metrics::gauge::Gauge,
}

static CLIENT: LazyLock<Client> = LazyLock::new(|| Client {
    calls: Default::default(),
    seconds: prometheus_client::metrics::histogram::Histogram::new(BOUNDS),
    running: Default::default(),
});

#[inline(never)]
fn client_cached(x: u64) -> Answer {
    let metrics = &*CLIENT;
    metrics.running.inc();
    let start = Instant::now();
    let answer = work(x);
    metrics.seconds.observe(start.elapsed().as_secs_f64());
    metrics.calls.inc();
    metrics.running.dec();
    answer
}

struct OpenTelemetry {
    calls: opentelemetry::metrics::Counter<u64>,
    seconds: opentelemetry::metrics::Histogram<f64>,
    running: opentelemetry::metrics::UpDownCounter<i64>,
}

static OPEN_TELEMETRY: LazyLock<OpenTelemetry> = LazyLock::new(|| {
    use opentelemetry::metrics::MeterProvider;
    let reader = opentelemetry_sdk::metrics::ManualReader::builder().build();
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder()
        .with_reader(reader)
        .build();
    let meter = provider.meter("calls");
    let this = OpenTelemetry {
        calls: meter.u64_counter("calls").build(),
        seconds: meter.f64_histogram("seconds").build(),
        running: meter.i64_up_down_counter("running").build(),
    };
    std::mem::forget(provider);
    this
});

#[inline(never)]
fn open_telemetry(x: u64) -> Answer {
    use opentelemetry::KeyValue;
    let metrics = &*OPEN_TELEMETRY;
    let labels = [KeyValue::new("function", "f"), KeyValue::new("module", "m")];
    metrics.running.add(1, &labels);
    let start = Instant::now();
    let answer = work(x);
    metrics
        .seconds
        .record(start.elapsed().as_secs_f64(), &labels);
    let result = if answer.is_ok() { "ok" } else { "error" };
    let [function, module] = labels.clone();
    metrics
        .calls
        .add(1, &[function, module, KeyValue::new("result", result)]);
    metrics.running.add(-1, &labels);
    answer
}

#[derive(Default)]
struct Metered {
    metrics: MeteredRegistry,
}

#[metered::metered(registry = MeteredRegistry)]
#[measure([HitCount, ErrorCount, InFlight, ResponseTime])]
impl Metered {
    #[inline(never)]
    #[measure]
    fn call(&self, x: u64) -> Answer {
        work(x)
    }
}

use metered::{ErrorCount, HitCount, InFlight, ResponseTime};

fn metered_call(x: u64) -> Answer {
    static METERED: LazyLock<Metered> = LazyLock::new(Metered::default);
    METERED.call(x)
}

#[inline(never)]
#[fastrace::trace]
pub(super) fn fastrace_call(x: u64) -> Answer {
    work(x)
}

#[fastrace::trace]
pub(super) async fn fastrace_ready(x: u64) -> Answer {
    work(x)
}

#[inline(never)]
#[autometrics::autometrics(track_concurrency)]
fn autometrics_call(x: u64) -> Answer {
    work(x)
}

#[autometrics::autometrics(track_concurrency)]
async fn autometrics_ready(x: u64) -> Answer {
    work(x)
}

#[inline(never)]
#[tracing::instrument(skip_all, err)]
pub(super) fn instrumented(x: u64) -> Answer {
    work(x)
}

/// With what the completion event of a monitored function has, but the measured duration.
#[inline(never)]
#[tracing::instrument(skip_all)]
fn instrumented_event(x: u64) -> Answer {
    let answer = work(x);
    let result = if answer.is_ok() { "ok" } else { "error" };
    tracing::info!(
        function = "call",
        result,
        duration_ms = 0.001,
        "call {result}"
    );
    answer
}

/// With the duration, too.
#[inline(never)]
#[tracing::instrument(skip_all)]
fn instrumented_and_timed(x: u64) -> Answer {
    let began = Instant::now();
    let answer = work(x);
    let duration_ms = began.elapsed().as_micros() as f64 / 1e3;
    let result = if answer.is_ok() { "ok" } else { "error" };
    tracing::info!(function = "call", result, duration_ms, "call {result}");
    answer
}

#[tracing::instrument(skip_all, err)]
async fn instrumented_ready(x: u64) -> Answer {
    work(x)
}

struct Cached {
    calls: metrics::Counter,
    errors: metrics::Counter,
    seconds: metrics::Histogram,
    running: metrics::Gauge,
}

#[inline(never)]
fn metrics_cached(x: u64) -> Answer {
    static CACHED: LazyLock<Cached> = LazyLock::new(|| Cached {
        calls: metrics::counter!("cached_calls", "result" => "ok"),
        errors: metrics::counter!("cached_calls", "result" => "error"),
        seconds: metrics::histogram!("cached_seconds"),
        running: metrics::gauge!("cached_running"),
    });
    let cached = &*CACHED;
    cached.running.increment(1.0);
    let start = Instant::now();
    let answer = work(x);
    cached.seconds.record(start.elapsed());
    if answer.is_ok() {
        cached.calls.increment(1)
    } else {
        cached.errors.increment(1)
    }
    cached.running.decrement(1.0);
    answer
}

#[inline(never)]
fn metrics_macros(x: u64) -> Answer {
    metrics::gauge!("running", "function" => "f", "module" => "m").increment(1.0);
    let start = Instant::now();
    let answer = work(x);
    metrics::histogram!("seconds", "function" => "f", "module" => "m").record(start.elapsed());
    let result = if answer.is_ok() { "ok" } else { "error" };
    metrics::counter!("calls", "function" => "f", "module" => "m", "result" => result).increment(1);
    metrics::gauge!("running", "function" => "f", "module" => "m").decrement(1.0);
    answer
}

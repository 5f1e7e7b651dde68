//! Programs that make spans, with and without an exporter.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use http::{Request, Response};
use monitor_runtime::monitored;
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tower::ServiceExt;

pub const NAMES: [&str; 6] = [
    "monitor, nothing exported",
    "monitor",
    "monitor, gzip",
    "monitor, no collector",
    "opentelemetry, no exporter",
    "opentelemetry-otlp",
];

/// The cost of a run.
pub struct Cost {
    /// CPU time of the process, in seconds.
    pub cpu: f64,
    /// CPU time of the thread that makes the requests.
    pub own: f64,
    pub requests: u32,
    /// The most memory that the process had, in MB.
    pub memory: f64,
}

pub fn measure(contender: &str, endpoint: &str, rate: u32, time: Duration) -> Cost {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let is_monitor = contender.starts_with("monitor");
    if is_monitor {
        let mut builder = monitor_runtime::builder!().log_filter("off");
        builder = builder.addr("off");
        if contender != NAMES[0] {
            let endpoint = if contender == NAMES[3] {
                // Nothing listens there.
                "http://127.0.0.1:1"
            } else {
                endpoint
            };
            let gzip = if contender == NAMES[2] {
                "gzip"
            } else {
                "none"
            };
            builder = builder
                .otel("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
                .otel("OTEL_EXPORTER_OTLP_COMPRESSION", gzip)
                .otel("OTEL_METRICS_EXPORTER", "none")
                .otel("OTEL_LOGS_EXPORTER", "none");
        }
        let monitor = builder.start_blocking().expect("it starts");
        let service = monitor_runtime::http::layer()
            .routes(["/items"])
            .wrap(tower::service_fn(handle));
        let cost = pace(rate, time, || {
            let request = Request::get("/items")
                .body(String::new())
                .expect("a request");
            runtime
                .block_on(service.clone().oneshot(request))
                .expect("infallible");
        });
        runtime.block_on(monitor.shutdown());
        return finish(cost);
    }
    let mut provider = SdkTracerProvider::builder();
    if contender == NAMES[5] {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_headers(std::collections::HashMap::new())
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .build();
        provider = provider.with_batch_exporter(exporter.expect("an exporter"));
    }
    let provider = provider.build();
    let scope = InstrumentationScope::builder("otlp").build();
    let tracer = provider.tracer_with_scope(scope);
    let cost = pace(rate, time, || request(&tracer));
    provider.shutdown().expect("it is flushed");
    finish(cost)
}

/// Makes requests at a rate, as late as possible in each millisecond. Returns their number, and the CPU time
/// of this thread.
fn pace(rate: u32, time: Duration, request: impl Fn()) -> (u32, f64) {
    let (before, _) = usage(libc::RUSAGE_THREAD);
    let began = Instant::now();
    let mut made = 0;
    while began.elapsed() < time {
        let due = f64::from(rate) * began.elapsed().as_secs_f64();
        while f64::from(made) < due {
            request();
            made += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    (made, usage(libc::RUSAGE_THREAD).0 - before)
}

/// Reads what the process used, what was flushed included.
fn finish((requests, own): (u32, f64)) -> Cost {
    let (cpu, memory) = usage(libc::RUSAGE_SELF);
    Cost {
        cpu,
        own,
        requests,
        memory,
    }
}

/// Returns CPU time in seconds, and memory in MB.
fn usage(of: libc::c_int) -> (f64, f64) {
    // SAFETY: it fills the struct that it is given.
    let usage = unsafe {
        let mut usage = std::mem::zeroed();
        libc::getrusage(of, &raw mut usage);
        usage
    };
    let time = |of: libc::timeval| of.tv_sec as f64 + of.tv_usec as f64 / 1e6;
    (
        time(usage.ru_utime) + time(usage.ru_stime),
        usage.ru_maxrss as f64 / 1e3,
    )
}

async fn handle(_: Request<String>) -> Result<Response<String>, Infallible> {
    call(6);
    Ok(Response::new(String::new()))
}

#[monitored(level = "info")]
fn call(depth: u32) -> u32 {
    if depth == 0 {
        0
    } else {
        1 + std::hint::black_box(call(depth - 1))
    }
}

/// Makes the request of `handle` by OpenTelemetry's API, with the attributes that it has there.
fn request(tracer: &SdkTracer) {
    let mut span = tracer
        .span_builder("GET /items")
        .with_kind(SpanKind::Server)
        .with_attributes([
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("http.route", "/items"),
        ])
        .start(tracer);
    span.set_attribute(KeyValue::new("http.response.status_code", 200));
    let context = Context::current_with_span(span);
    let _entered = context.attach();
    inner(tracer, 6);
}

fn inner(tracer: &SdkTracer, depth: u32) -> u32 {
    let span = tracer
        .span_builder("call")
        .with_attributes([
            KeyValue::new("code.function.name", "otlp::contenders::call"),
            KeyValue::new("code.file.path", "src/contenders.rs"),
            KeyValue::new("code.line.number", 117),
        ])
        .start(tracer);
    let context = Context::current_with_span(span);
    let _entered = context.attach();
    if depth == 0 {
        0
    } else {
        1 + std::hint::black_box(inner(tracer, depth - 1))
    }
}

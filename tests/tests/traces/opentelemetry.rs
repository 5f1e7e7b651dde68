//! A subscriber with an OpenTelemetry layer of the service's own: one trace id in its spans, the log's
//! lines and the headers that are passed on.

use std::sync::{Arc, Mutex};

use monitor_runtime::logs::{json_layer, request_layer};
use monitor_runtime::{monitored, task, trace};
use monitor_tests::alone;
use opentelemetry::trace::{SpanId, TraceId, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, SdkTracerProvider, Span, SpanData, SpanProcessor,
};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::request;

/// The generator of `docs/otlp.md`.
#[derive(Debug, Default)]
struct MonitorIds(RandomIdGenerator);

impl IdGenerator for MonitorIds {
    fn new_trace_id(&self) -> TraceId {
        match trace::current_trace_id() {
            Some(id) => TraceId::from_bytes(id.to_bytes()),
            None => self.0.new_trace_id(),
        }
    }
    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// The names and trace ids of the spans that OpenTelemetry has ended.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<(String, String)>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}
    fn on_end(&self, span: SpanData) {
        let id = span.span_context.trace_id().to_string();
        self.0
            .lock()
            .expect("not poisoned")
            .push((span.name.into(), id));
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[monitored]
async fn handle() -> String {
    query().await;
    task::spawn(background()).await.expect("it ends");
    let mut headers = http::HeaderMap::new();
    trace::inject(&mut headers);
    headers["traceparent"].to_str().expect("ASCII")[3..35].to_owned()
}

#[monitored]
async fn background() {
    tracing::info!("in the task");
}

#[tracing::instrument]
async fn query() {
    tracing::info!("in the query");
}

#[tokio::test]
async fn one_trace_id_is_everywhere() {
    alone!();
    let (ended, lines) = (Ended::default(), Lines::default());
    let provider = SdkTracerProvider::builder()
        .with_id_generator(MonitorIds::default())
        .with_span_processor(ended.clone())
        .build();
    let writer = lines.clone();
    tracing_subscriber::registry()
        .with(tracing_subscriber::filter::LevelFilter::INFO)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("service")))
        .with(json_layer(move || writer.clone()))
        .with(request_layer())
        .init();

    let injected = Mutex::new(String::new());
    let served = request("/one", || async {
        *injected.lock().expect("not poisoned") = handle().await;
        200
    });
    let id = served.await;
    assert_eq!(*injected.lock().expect("not poisoned"), id);
    let outermost = handle().await;
    assert_ne!(outermost, id);

    let text = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    let ids = |wanted: &str| {
        let with = text.lines().filter(|line| line.contains(wanted));
        with.map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            line["trace_id"].as_str().unwrap_or_default().to_owned()
        })
        .collect::<Vec<_>>()
    };
    for message in ["in the query", "in the task", "handle ok", "background ok"] {
        assert_eq!(ids(message), [id.as_str(), &outermost], "{message}: {text}");
    }
    let ended = ended.0.lock().expect("not poisoned").clone();
    for name in ["handle", "query", "background"] {
        let of = ended.iter().filter(|(other, _)| other == name);
        let of: Vec<&str> = of.map(|(_, id)| id.as_str()).collect();
        assert_eq!(of, [id.as_str(), &outermost], "{name}: {ended:?}");
    }
    let edge: Vec<&(String, String)> = ended
        .iter()
        .filter(|(name, _)| name == "http_request")
        .collect();
    assert_eq!(edge, [&("http_request".to_owned(), id)]);
}

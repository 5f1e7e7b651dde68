//! A service that sends traces, metrics and log lines to an OpenTelemetry collector.
//!
//! `cargo run --example otlp_service`. With `OTEL_EXPORTER_OTLP_ENDPOINT` it sends to that collector; else it
//! starts a small receiver in the process, which prints what arrives. `EXAMPLE_ADDR` (default
//! 127.0.0.1:8080) says where the service itself listens.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use monitor_runtime::http::warp::{route, serve};
use monitor_runtime::monitored;
use warp::http::StatusCode;
use warp::hyper::body::Bytes;
use warp::{Filter, Reply, reply};

#[derive(Debug, thiserror::Error)]
#[error("item {0} is not in the catalogue")]
struct Missing(u32);

#[monitored(args(id))]
async fn load(id: u32) -> Result<String, Missing> {
    tokio::time::sleep(Duration::from_millis(2)).await;
    if id < 100 {
        Ok(format!("item {id}"))
    } else {
        Err(Missing(id))
    }
}

#[monitored]
async fn show(id: u32) -> Result<String, Missing> {
    let item = load(id).await?;
    tracing::info!(item, "found");
    Ok(item)
}

async fn answer(id: u32) -> Result<reply::Response, std::convert::Infallible> {
    Ok(match show(id).await {
        Ok(item) => format!("{item}\n").into_response(),
        Err(error) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            reply::with_status(format!("{error}\n"), status).into_response()
        }
    })
}

/// The messages of OTLP, as far as they name what they carry: a request has resources, which have scopes, which
/// have items.
macro_rules! request {
    ($signal:ident, $field:ident: $kind:ident $tag:literal) => {
        mod $signal {
            #[derive(prost::Message)]
            pub(super) struct Request {
                #[prost(message, repeated, tag = "1")]
                pub(super) resources: Vec<Resource>,
            }
            #[derive(prost::Message)]
            pub(super) struct Resource {
                #[prost(message, repeated, tag = "2")]
                pub(super) scopes: Vec<Scope>,
            }
            #[derive(prost::Message)]
            pub(super) struct Scope {
                #[prost(message, repeated, tag = "2")]
                pub(super) items: Vec<Item>,
            }
            #[derive(prost::Message)]
            pub(super) struct Item {
                #[prost($kind, tag = $tag)]
                pub(super) $field: String,
            }

            /// Returns what each item of a request is called.
            pub(super) fn names(body: &[u8]) -> Vec<String> {
                let request = <Request as prost::Message>::decode(body).unwrap_or_default();
                let scopes = request
                    .resources
                    .into_iter()
                    .flat_map(|resource| resource.scopes);
                scopes
                    .flat_map(|scope| scope.items)
                    .map(|item| item.$field)
                    .collect()
            }
        }
    };
}

request!(traces, name: string "5");
request!(metrics, name: string "1");
// The level: the text of a line is a message of its own.
request!(logs, level: string "3");

/// Prints what each request carries, and answers as a collector does.
async fn receive() -> Result<SocketAddr, Box<dyn Error>> {
    let signal = warp::path!("v1" / String);
    let taken = signal
        .and(warp::body::bytes())
        .map(|signal: String, body: Bytes| {
            let names = match signal.as_str() {
                "traces" => traces::names(&body),
                "metrics" => metrics::names(&body),
                _ => logs::names(&body),
            };
            println!("received {signal}: {}", names.join(", "));
            // An empty message: everything was taken.
            reply::with_header(Vec::new(), "content-type", "application/x-protobuf")
        });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(warp::serve(taken).incoming(listener).run());
    Ok(addr)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = monitor_runtime::builder!();
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
        let receiver = receive().await?;
        // Soon, so that one sees it.
        builder = builder
            .otel("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{receiver}"))
            .otel("OTEL_BSP_SCHEDULE_DELAY", "500")
            .otel("OTEL_METRIC_EXPORT_INTERVAL", "5000");
    }
    let monitor = builder.start().await?;
    let addr = std::env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let items = warp::path!("items" / u32)
        .and(route("/items/{id}"))
        .and_then(answer);
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    tracing::info!("try: curl http://{addr}/items/7; curl http://{addr}/items/700");
    let server = serve(items).incoming(listener);
    server.graceful(monitor.drained()).run().await;
    monitor.shutdown().await;
    Ok(())
}

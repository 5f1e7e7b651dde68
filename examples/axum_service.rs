//! An axum service behind the HTTP edge: requests are counted by route, logged once each, and carry
//! one trace id from the caller to the log, to Sentry and to the next service.
//!
//! `cargo run --example axum_service`, then follow the `curl` lines it prints.
//! `EXAMPLE_ADDR` (default 127.0.0.1:8080) says where the service itself listens.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures_util::{Stream, stream};
use monitor_runtime::monitored;

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct NotFound(u64);

/// Orders 1 to 100 exist.
#[monitored(args(id))]
async fn load(id: u64) -> Result<String, NotFound> {
    tokio::time::sleep(Duration::from_millis(2)).await;
    if (1..=100).contains(&id) {
        Ok(format!("order {id}\n"))
    } else {
        Err(NotFound(id))
    }
}

#[monitored]
async fn get_order(Path(id): Path<u64>) -> Result<String, (StatusCode, String)> {
    tracing::info!(id, "looking for an order");
    let order = load(id).await;
    order.map_err(|error| (StatusCode::NOT_FOUND, format!("{error}\n")))
}

/// Answers slowly: disconnect to see `status="499"`.
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(5)).await;
    "That took a while.\n"
}

/// Panics: the client gets a 500, and the service keeps running.
#[monitored]
async fn explode() -> &'static str {
    panic!("this is what a bug looks like")
}

/// Streams without end: the request is in flight until the client disconnects.
async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let ticks = stream::unfold(0_u64, |tick| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok(Event::default().data(tick.to_string())), tick + 1))
    });
    Sse::new(ticks)
}

#[derive(Clone)]
struct Next {
    client: reqwest::Client,
    url: String,
}

/// Asks the next service, which here is this one, in the same trace.
async fn relay(State(next): State<Next>) -> Result<String, (StatusCode, String)> {
    let mut headers = HeaderMap::new();
    monitor_runtime::trace::inject(&mut headers);
    let request = next.client.get(next.url).headers(headers);
    let answer = async { request.send().await?.text().await };
    let answer = answer.await;
    answer.map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error}\n")))
}

fn router(addr: SocketAddr) -> Router {
    let next = Next {
        client: reqwest::Client::new(),
        url: format!("http://{addr}/orders/7"),
    };
    Router::new()
        .route("/orders/{id}", get(get_order))
        .route("/slow", get(slow))
        .route("/panic", get(explode))
        .route("/events", get(events))
        .route("/relay", get(relay))
        .with_state(next)
        // Last, so that it is the outermost: what is outside of it is not seen.
        .layer(monitor_runtime::http::layer())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let addr = std::env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let addr: SocketAddr = addr
        .parse()
        .map_err(|_| format!("EXAMPLE_ADDR={addr:?}: not an IP:PORT"))?;

    let monitor = monitor_runtime::builder!().start().await?;
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let server = axum::serve(listener, router(addr)).with_graceful_shutdown(monitor.drained());
    tracing::info!("try: curl http://{addr}/orders/7 -i; curl http://{addr}/orders/999");
    tracing::info!("try: curl http://{addr}/no/such/route; curl http://{addr}/relay");
    tracing::info!("try: curl --max-time 1 http://{addr}/slow; curl http://{addr}/panic");
    if let Some(management) = monitor.addr() {
        tracing::info!("look: curl http://{management}/metrics");
    }
    server.await?;
    monitor.shutdown().await;
    Ok(())
}

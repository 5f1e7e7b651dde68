//! A service whose telemetry is exported: requests that end in each way, and series of each type.

use std::error::Error;
use std::time::Duration;

use monitor_runtime::http::warp::{route, serve};
use monitor_runtime::{monitored, task, trace};
use tracing::Instrument;
use warp::Filter;
use warp::http::{HeaderMap, StatusCode};

#[derive(Debug, thiserror::Error)]
#[error("order {id} cannot be read")]
struct OrderError {
    id: u64,
    source: StoreError,
}

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct StoreError(u64);

#[monitored(args(id))]
async fn load(id: u64) -> Result<String, StoreError> {
    tracing::debug!(id, "is read");
    let query = tracing::info_span!("query", rows = 1);
    tokio::time::sleep(Duration::from_millis(1))
        .instrument(query)
        .await;
    if id < 100 {
        Ok(format!("order {id}"))
    } else {
        Err(StoreError(id))
    }
}

#[monitored(fields(order.id = id, order.kind = "book", order.gift = true, order.weight = 0.5))]
async fn find(id: u64) -> Result<String, OrderError> {
    tracing::info!(id, weight = 0.5, gift = true, kind = "book", "is looked up");
    let order = load(id).await;
    let order = order.map_err(|source| OrderError { id, source });
    if let Err(error) = &order {
        let error: &(dyn Error + 'static) = error;
        tracing::warn!(error, "is not found");
    }
    order
}

#[monitored]
async fn slow() -> StatusCode {
    tokio::time::sleep(Duration::from_secs(600)).await;
    StatusCode::OK
}

/// Leaves work behind, which goes on after the request, and may fail.
#[monitored]
async fn later(id: u64) -> StatusCode {
    task::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        load(id).await
    });
    StatusCode::ACCEPTED
}

#[monitored]
async fn explode() -> StatusCode {
    panic!("this is what a bug looks like")
}

/// Returns the headers that a request to another service would have.
#[monitored]
async fn outgoing() -> String {
    let mut headers = HeaderMap::new();
    trace::inject(&mut headers);
    let line = |(name, value): (&_, &warp::http::HeaderValue)| {
        format!("{name}: {}\n", value.to_str().unwrap_or_default())
    };
    headers.iter().map(line).collect()
}

/// Records series of each type, with names that end in each unit.
async fn measured() -> StatusCode {
    metrics::counter!("baskets_total", "kind" => "a \"b\" \\ \n c").increment(3);
    metrics::counter!("baskets_total", "kind" => "").increment(4);
    metrics::counter!("sent_bytes_total").increment(5);
    metrics::counter!("without_an_end").increment(6);
    metrics::gauge!("hit_ratio").set(0.25);
    metrics::gauge!("load_percent").set(12.5);
    metrics::gauge!("room_celsius").set(-3.5);
    metrics::gauge!("way_meters").set(1e300);
    metrics::gauge!("queue_items", "a.b" => "1", "c" => "2").set(17.0);
    metrics::gauge!("seconds_of_work_seconds").set(1.5);
    metrics::gauge!("app_build_info", "version" => "1.2").set(1.0);
    for value in [0.0, 0.03, 0.5, 70.0, 1e9] {
        metrics::histogram!("body_bytes").record(value);
        metrics::histogram!("wait_seconds", "of" => "x").record(value);
        metrics::histogram!("rows").record(value);
    }
    // More than one request of OTLP has.
    for number in 0..2500_u32 {
        metrics::counter!("many_total", "number" => number.to_string()).absolute(number.into());
    }
    StatusCode::OK
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let monitor = monitor_runtime::builder!().start().await?;
    let order = warp::path!("orders" / u64)
        .and(route("/orders/{id}"))
        .then(|id| async move {
            match find(id).await {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
            }
        });
    let later = warp::path!("later" / u64)
        .and(route("/later/{id}"))
        .then(later);
    let slow = warp::path!("slow").and(route("/slow")).then(slow);
    let explode = warp::path!("panic").and(route("/panic")).then(explode);
    let measured = warp::path!("measured")
        .and(route("/measured"))
        .then(measured);
    let outgoing = warp::path!("outgoing")
        .and(route("/outgoing"))
        .then(outgoing);
    let service = order.or(slow).unify().or(explode).unify();
    let service = service.or(later).unify().or(measured).unify().or(outgoing);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    tracing::info!("try: http://{}/orders/7", listener.local_addr()?);
    let server = serve(service).incoming(listener);
    server.graceful(monitor.drained()).run().await;
    monitor.shutdown().await;
    Ok(())
}

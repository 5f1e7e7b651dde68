//! A warp service behind the HTTP edge: requests are counted by route, also those that end in a
//! rejection, logged once each, and carry one trace id from the caller to the log and to Sentry.
//!
//! `cargo run --example warp_service`, then follow the `curl` lines it prints.
//! `EXAMPLE_ADDR` (default 127.0.0.1:8080) says where the service itself listens.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use monitor_runtime::http::warp::{route, serve};
use monitor_runtime::monitored;
use warp::http::StatusCode;
use warp::{Filter, Rejection, Reply, reject, reply};

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct NotFound(u64);

impl reject::Reject for NotFound {}

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
async fn get_order(id: u64) -> Result<String, Rejection> {
    tracing::info!(id, "looking for an order");
    Ok(load(id).await?)
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

/// Responds to a rejection. The status of the response is the one that is counted.
async fn recover(rejection: Rejection) -> Result<impl Reply, Rejection> {
    match rejection.find::<NotFound>() {
        Some(error) => Ok(reply::with_status(
            format!("{error}\n"),
            StatusCode::NOT_FOUND,
        )),
        None => Err(rejection),
    }
}

fn routes()
-> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone + Send + Sync + 'static {
    let order = warp::path!("orders" / u64)
        .and(route("/orders/{id}"))
        .and(warp::get())
        .and_then(get_order);
    let slow = warp::path!("slow").and(route("/slow")).then(slow);
    let panic = warp::path!("panic").and(route("/panic")).then(explode);
    let peer = warp::path!("peer")
        .and(route("/peer"))
        .and(warp::ext::get::<SocketAddr>())
        .and_then(|peer: SocketAddr| async move { Ok::<_, Infallible>(peer.ip().to_string()) });
    order.or(slow).or(panic).or(peer).recover(recover)
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
    let server = serve(routes())
        .incoming(listener)
        .graceful(monitor.drained());
    tracing::info!("try: curl http://{addr}/orders/7 -i; curl http://{addr}/orders/999");
    tracing::info!("try: curl http://{addr}/no/such/route; curl -X POST http://{addr}/orders/7");
    tracing::info!("try: curl --max-time 1 http://{addr}/slow; curl http://{addr}/panic");
    if let Some(management) = monitor.addr() {
        tracing::info!("look: curl http://{management}/metrics");
    }
    server.run().await;
    monitor.shutdown().await;
    Ok(())
}

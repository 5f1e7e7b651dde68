//! A whole service behind the HTTP edge: monitored handlers, nested calls, an error, a slow call, a
//! panic. Each request is counted and logged once, with its trace id.
//!
//! `cargo run --example quickstart`, then follow the `curl` lines it prints.
//! `QUICKSTART_ADDR` (default 127.0.0.1:8080) says where the service itself listens.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use monitor_runtime::http::warp::{route, serve};
use monitor_runtime::{Monitor, Objective, monitored, slo};
use warp::http::StatusCode;
use warp::{Filter, Rejection, Reply, reply};

/// Nearly every order is found, and soon: what the alerts of `/rules.yaml` are about.
const ORDERS: Objective = Objective::new("orders")
    .success_rate(99.5)
    .latency(Duration::from_millis(250), 99.0);

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("order {id} cannot be read")]
    Store { id: u64, source: StoreError },
}

#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error("no row with key {0}")]
    Lost(u64),
}

#[async_trait]
trait Store: Send + Sync {
    /// Returns an order, or `None` if there never was one of this number.
    async fn load(&self, id: u64) -> Result<Option<String>, StoreError>;
}

/// Orders 1 to 100 exist, and those from 500 to 999 are lost: they were made, and their rows are gone.
struct Memory;

impl Memory {
    async fn ping(&self) -> Result<(), StoreError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(())
    }
}

#[async_trait]
impl Store for Memory {
    #[monitored(args(id))]
    async fn load(&self, id: u64) -> Result<Option<String>, StoreError> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        match id {
            1..=100 => Ok(Some(format!("order {id}"))),
            500..=999 => Err(StoreError::Lost(id)),
            _ => Ok(None),
        }
    }
}

struct Orders {
    store: Box<dyn Store>,
}

impl Orders {
    /// Looks an order up and says what it costs.
    #[monitored(fields(order.id = id), objective = ORDERS)]
    async fn find(&self, id: u64) -> Result<Option<String>, OrderError> {
        let order = self.store.load(id).await;
        let order = order.map_err(|source| OrderError::Store { id, source })?;
        Ok(order.map(|order| {
            metrics::counter!("orders_found_total").increment(1);
            price(&order)
        }))
    }
}

#[monitored(level = "debug")]
fn price(order: &str) -> String {
    format!("{order}: 12.50 EUR")
}

#[monitored]
async fn hello(name: String) -> String {
    format!("Hello, {name}!\n")
}

/// Answers slowly: disconnect to see `result="cancelled"`.
#[monitored]
async fn slow() -> String {
    tokio::time::sleep(Duration::from_secs(5)).await;
    "That took a while.\n".to_owned()
}

/// Panics: the client gets a 500, and the service keeps running.
#[monitored]
async fn explode() -> String {
    panic!("this is what a bug looks like")
}

async fn get_order(id: u64, orders: Arc<Orders>) -> Result<impl Reply, Infallible> {
    Ok(match orders.find(id).await {
        Ok(Some(order)) => reply::with_status(format!("{order}\n"), StatusCode::OK),
        // The client's mistake, and no failure of the service.
        Ok(None) => reply::with_status("no such order\n".to_owned(), StatusCode::NOT_FOUND),
        Err(error) => reply::with_status(format!("{error}\n"), StatusCode::INTERNAL_SERVER_ERROR),
    })
}

fn routes(
    monitor: &Monitor,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone + Send + Sync + 'static {
    let orders = Arc::new(Orders {
        store: Box::new(Memory),
    });
    let hello = warp::path!("hello" / String)
        .and(route("/hello/{name}"))
        .then(hello);
    let order = warp::path!("orders" / u64)
        .and(route("/orders/{id}"))
        .and_then(move |id| get_order(id, Arc::clone(&orders)));
    let slow = warp::path!("slow").and(route("/slow")).then(slow);
    let panic = warp::path!("panic").and(route("/panic")).then(explode);
    let service = warp::get().and(hello.or(order).or(slow).or(panic));
    service.or(monitor.health_routes())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let addr = std::env::var("QUICKSTART_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let addr: SocketAddr = addr
        .parse()
        .map_err(|_| format!("QUICKSTART_ADDR={addr:?}: not an IP:PORT"))?;

    let monitor = monitor_runtime::builder!()
        .check("store", || async { Memory.ping().await })
        .check_with(slo::check())
        .start()
        .await?;

    metrics::describe_counter!(
        "orders_found_total",
        "Orders that were asked for and found."
    );

    let listener = tokio::net::TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let server = serve(routes(&monitor))
        .incoming(listener)
        .graceful(monitor.drained());
    tracing::info!("try: curl http://{addr}/hello/world");
    tracing::info!("try: curl http://{addr}/orders/7; curl http://{addr}/orders/999");
    tracing::info!("try: curl --max-time 1 http://{addr}/slow; curl http://{addr}/panic");
    if let Some(management) = monitor.addr() {
        tracing::info!("look: curl http://{management}/metrics; curl http://{management}/health");
        tracing::info!(
            "look: curl http://{management}/rules.yaml; curl http://{management}/objectives"
        );
    }
    server.run().await;
    monitor.shutdown().await;
    Ok(())
}

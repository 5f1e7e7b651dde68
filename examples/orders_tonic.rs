//! The service of `docs/tonic.md`: orders over gRPC.
//!
//! `cargo run --example orders_tonic`; `EXAMPLE_ADDR` (default 127.0.0.1:8080) says where it listens, and `ORDERS_STORE`
//! where its store does (default: a socket that the program opens itself).

use std::net::SocketAddr;

use monitor_runtime::health::Check;
use monitor_runtime::monitored;
use orders::orders_server::{Orders, OrdersServer};
use orders::{FindRequest, Order};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;

#[expect(
    clippy::pedantic,
    unreachable_pub,
    reason = "generated from `proto/orders.proto`"
)]
#[path = "proto/orders.rs"]
mod orders;

/// A connection pool, as far as this page needs one.
#[derive(Clone)]
struct Store {
    addr: SocketAddr,
}

impl Store {
    async fn ping(&self) -> Result<(), std::io::Error> {
        TcpStream::connect(self.addr).await?;
        Ok(())
    }

    /// Orders 1 to 100 exist.
    #[monitored(args(id))]
    async fn load(&self, id: u64) -> Result<Option<String>, std::io::Error> {
        self.ping().await?;
        Ok((1..=100).contains(&id).then(|| format!("order {id}")))
    }
}

struct Service {
    store: Store,
}

#[tonic::async_trait]
impl Orders for Service {
    #[monitored(level = "debug", fields(id = request.get_ref().id))]
    async fn find(&self, request: Request<FindRequest>) -> Result<Response<Order>, Status> {
        let id = request.into_inner().id;
        let found = self.store.load(id).await;
        let text = found.map_err(|error| Status::unavailable(error.to_string()))?;
        let text = text.ok_or_else(|| Status::not_found(format!("no order has the id {id}")))?;
        Ok(Response::new(Order { id, text }))
    }
}

async fn store() -> Result<Store, Box<dyn std::error::Error>> {
    if let Ok(addr) = std::env::var("ORDERS_STORE") {
        return Ok(Store {
            addr: addr.parse()?,
        });
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    Ok(Store { addr })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = store().await?;
    let pool = store.clone();
    let database = Check::new("store", move || {
        let pool = pool.clone();
        async move { pool.ping().await }
    });
    let monitor = monitor_runtime::builder!()
        .check_with(database.critical())
        .start()
        .await?;

    let (reporter, health) = tonic_health::server::health_reporter();
    let draining = monitor.draining();
    tokio::spawn(async move {
        draining.await;
        let name = "orders.Orders";
        reporter
            .set_service_status("", ServingStatus::NotServing)
            .await;
        reporter
            .set_service_status(name, ServingStatus::NotServing)
            .await;
    });

    let addr = std::env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let incoming = TcpIncoming::bind(addr.parse()?)?;
    let addr = incoming.local_addr()?;
    tracing::info!(
        "try: grpcurl -plaintext -proto orders.proto -d '{{\"id\": 7}}' {addr} orders.Orders/Find"
    );
    let methods = ["/orders.Orders/{method}", "/grpc.health.v1.Health/{method}"];
    Server::builder()
        .layer(monitor_runtime::http::layer().routes(methods))
        .add_service(health)
        .add_service(OrdersServer::new(Service { store }))
        .serve_with_incoming_shutdown(incoming, monitor.drained())
        .await?;
    monitor.shutdown().await;
    Ok(())
}

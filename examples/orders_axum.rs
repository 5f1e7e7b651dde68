//! The service of `docs/axum.md`: orders over HTTP, with a subscriber, a shutdown signal and an error type of its own.
//!
//! `cargo run --example orders_axum`; `EXAMPLE_ADDR` (default 127.0.0.1:8080) says where it listens, and `ORDERS_STORE`
//! where its store does (default: a socket that the program opens itself).

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use monitor_runtime::health::Check;
use monitor_runtime::{Classify, logs, monitored};
use tokio::net::{TcpListener, TcpStream};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// A connection pool, as far as this page needs one.
#[derive(Clone)]
struct Store {
    addr: SocketAddr,
}

#[derive(Debug, thiserror::Error)]
#[error("the store does not answer")]
struct StoreError(#[from] std::io::Error);

impl Store {
    async fn ping(&self) -> Result<(), StoreError> {
        TcpStream::connect(self.addr).await?;
        Ok(())
    }

    /// Orders 1 to 100 exist.
    #[monitored(args(id))]
    async fn load(&self, id: u64) -> Result<Option<String>, StoreError> {
        self.ping().await?;
        Ok((1..=100).contains(&id).then(|| format!("order {id}\n")))
    }
}

#[derive(Debug, thiserror::Error, Classify)]
enum AppError {
    /// Counted as `result="ok"`: the service did its work.
    #[error("no order has the id {0}")]
    #[monitor(ok)]
    NotFound(u64),
    /// Counted as `result="error",error="Store"`, a line and an event.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Everything else, as `?` on an `anyhow::Result` gives it.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Other(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(error = &self as &dyn std::error::Error, "a request failed");
        }
        (status, format!("{self}\n")).into_response()
    }
}

#[monitored(level = "debug", args(id))]
async fn show(State(store): State<Store>, Path(id): Path<u64>) -> Result<String, AppError> {
    let order = store.load(id).await?;
    order.ok_or(AppError::NotFound(id))
}

#[derive(serde::Deserialize)]
struct NewOrder {
    text: String,
}

#[monitored(level = "debug")]
async fn create(Json(order): Json<NewOrder>) -> Result<(StatusCode, String), AppError> {
    let id = price(&order.text)?;
    Ok((StatusCode::CREATED, format!("order {id}\n")))
}

/// Parses an order's price; a function of the service with errors of any type.
fn price(text: &str) -> anyhow::Result<usize> {
    anyhow::ensure!(!text.is_empty(), "an order without text has no price");
    Ok(text.len())
}

/// Works without the attribute, because the HTTP layer sees the request.
async fn export() -> (StatusCode, &'static str) {
    (StatusCode::NOT_IMPLEMENTED, "not yet\n")
}

async fn report() -> &'static str {
    tokio::time::sleep(Duration::from_secs(2)).await;
    "a long report\n"
}

fn router(store: Store) -> Router {
    Router::new()
        .route("/orders/{id}", get(show))
        .route("/orders", post(create))
        .route("/export", get(export))
        .route("/report", get(report))
        .with_state(store)
        // Last, which makes it the outermost: it sees what the layers below it answer.
        .layer(monitor_runtime::http::layer())
}

/// Ends on the signals that this service has always ended on.
async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
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
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "orders_axum=debug,monitor_runtime=info".into());
    tracing_subscriber::registry()
        .with(filter)
        .with(logs::json_layer(logs::queued_stdout()))
        .with(monitor_runtime::sentry::sentry_layer())
        .with(logs::event_counter())
        .init();

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

    let addr = std::env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(addr).await?;
    tracing::info!("try: curl http://{}/orders/7", listener.local_addr()?);
    axum::serve(listener, router(store))
        .with_graceful_shutdown(shutdown_signal())
        .await?;
    monitor.shutdown().await;
    Ok(())
}

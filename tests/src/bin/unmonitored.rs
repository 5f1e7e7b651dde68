//! A service whose handlers fail in every way, most of them without the attribute.

use std::error::Error;
use std::panic::{self, catch_unwind};
use std::thread;

use axum::Router;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::routing::get;
use monitor_runtime::monitored;

#[monitored]
async fn monitored_error() -> Result<(), StatusCode> {
    Err(StatusCode::BAD_GATEWAY)
}

#[monitored(err = false)]
async fn quiet_error() -> Result<(), StatusCode> {
    Err(StatusCode::BAD_GATEWAY)
}

#[monitored]
async fn monitored_panic() {
    panic!("boom in a function");
}

#[monitored(log = false)]
async fn quiet_panic() {
    panic!("boom in silence");
}

#[monitored]
async fn catches() {
    drop(catch_unwind(|| panic!("boom that is caught")));
}

async fn panics() {
    panic!("boom in a handler");
}

async fn in_task() -> StatusCode {
    let task = tokio::spawn(async { panic!("boom in a task") });
    StatusCode::from_u16(if task.await.is_err() { 200 } else { 500 }).expect("a code")
}

async fn in_thread() {
    let thread = thread::Builder::new().name("worker-7".into());
    let thread = thread.spawn(|| panic!("boom in a thread"));
    drop(thread.expect("a thread").join());
}

async fn caught() -> StatusCode {
    drop(catch_unwind(|| panic!("boom that became a 500")));
    StatusCode::INTERNAL_SERVER_ERROR
}

struct Bomb;
impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("boom in a destructor");
    }
}

async fn twice() {
    let _bomb = Bomb;
    panic!("boom before it");
}

async fn needs(_: Extension<Bomb>) {}

impl Clone for Bomb {
    fn clone(&self) -> Self {
        Self
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::var_os("EXAMPLE_HOOK").is_some() {
        panic::set_hook(Box::new(|_| eprintln!("the hook of the service ran")));
    }
    if std::env::var_os("EXAMPLE_SUBSCRIBER").is_some() {
        tracing_subscriber::fmt().json().with_ansi(false).init();
    }
    let addr: std::net::SocketAddr = std::env::var("EXAMPLE_ADDR")?.parse()?;
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let monitor = monitor_runtime::builder!().start().await?;
    tracing::info!("try: curl http://{addr}/status");
    if let Ok(filter) = std::env::var("EXAMPLE_FILTER") {
        monitor.set_log_filter(&filter, None)?;
    }
    assert!(std::env::var_os("EXAMPLE_MAIN").is_none(), "boom in main");
    let router = Router::new()
        .route("/ok/{id}", get(|| async { "fine" }))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route(
            "/status",
            get(|| async { StatusCode::INTERNAL_SERVER_ERROR }),
        )
        .route(
            "/busy",
            get(|| async { (StatusCode::SERVICE_UNAVAILABLE, "busy") }),
        )
        .route("/extension", get(needs))
        .route("/panic", get(panics))
        .route("/caught", get(caught))
        .route("/monitored-error", get(monitored_error))
        .route("/quiet-error", get(quiet_error))
        .route("/monitored-panic", get(monitored_panic))
        .route("/quiet-panic", get(quiet_panic))
        .route("/catches", get(catches))
        .route("/task", get(in_task))
        .route("/thread", get(in_thread))
        .route("/twice", get(twice))
        .layer(monitor_runtime::http::layer());
    let served = axum::serve(listener, router).with_graceful_shutdown(monitor.drained());
    served.await?;
    monitor.shutdown().await;
    Ok(())
}

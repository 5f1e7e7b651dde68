//! The service of `docs/actix-web.md`: orders over HTTP, on actix-web.
//!
//! `cargo run --example orders_actix`; `EXAMPLE_ADDR` (default 127.0.0.1:8080) says where it listens, and `ORDERS_STORE`
//! where its store does (default: a socket that the program opens itself).

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, ResponseError, get, web};
use monitor_runtime::health::Check;
use monitor_runtime::{Class, Classify, monitored};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

const WORKERS: usize = 2;

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
    #[error("no order has the id {0}")]
    #[monitor(ok)]
    NotFound(u64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[get("/orders/{id}")]
#[monitored(level = "debug", args(id))]
async fn show(store: web::Data<Store>, id: web::Path<u64>) -> Result<String, AppError> {
    let order = store.load(*id).await?;
    order.ok_or(AppError::NotFound(*id))
}

#[get("/report")]
#[monitored]
async fn report() -> &'static str {
    tokio::time::sleep(Duration::from_secs(2)).await;
    "a long report\n"
}

/// Has no error type, so the response determines the result of the call.
#[get("/export")]
#[monitored(classify = by_status)]
async fn export() -> HttpResponse {
    HttpResponse::NotImplemented().body("not yet\n")
}

fn by_status(response: &HttpResponse) -> Class {
    match response.status() {
        status if status.is_server_error() => Class::Error("5xx"),
        _ => Class::Ok,
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

#[actix_web::main]
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

    let addr = std::env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".into());
    let (started, mut runtimes) = mpsc::unbounded_channel();
    let server = HttpServer::new(move || {
        let _ = started.send(Handle::current());
        App::new()
            .app_data(web::Data::new(store.clone()))
            .service(show)
            .service(report)
            .service(export)
    });
    let server = server.workers(WORKERS).bind(addr)?;
    for addr in server.addrs() {
        tracing::info!("try: curl http://{addr}/orders/7");
    }
    let server = actix_web::rt::spawn(server.run());
    for worker in 0..WORKERS {
        if let Some(runtime) = runtimes.recv().await {
            let _entered = runtime.enter();
            monitor.watch_runtime(&format!("http-{worker}"))?;
        }
    }
    // Until SIGTERM, SIGINT or SIGQUIT, which actix-web handles itself.
    server.await??;
    monitor.shutdown().await;
    Ok(())
}

//! A service whose functions write lines below the log's filter, for requests that end in different ways.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use monitor_runtime::logs::verbose;
use monitor_runtime::{monitored, task};
use tokio::net::TcpListener;
use tracing::Level;

/// The crate of a library: no directive names it.
fn library(id: u64) {
    tracing::debug!(target: "library::pool", id, "took a connection");
}

#[monitored(slow = "500ms", fields(id, name = ending))]
async fn load(id: u64, ending: &str) -> Result<(), std::io::Error> {
    tracing::debug!(id, password = "hunter2", "about to load");
    library(id);
    tracing::trace!("too fine");
    log::debug!("an old line of {id}");
    log::info!("an old line that is shown");
    tracing::info!(id, "loads");
    if ending == "slow" {
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    if ending == "blocks" {
        std::thread::sleep(Duration::from_millis(150));
    }
    if ending == "error" {
        let cause = std::io::Error::other("no disk");
        tracing::debug!(error = &cause as &(dyn Error + 'static), "the disk said no");
        return Err(cause);
    }
    Ok(())
}

#[monitored(level = "debug")]
fn small(id: u64) -> u64 {
    tracing::debug!(id, "inside a small one");
    id
}

async fn handle(Path((ending, id)): Path<(String, u64)>) -> StatusCode {
    tracing::debug!("routed to {ending}");
    small(id);
    match ending.as_str() {
        "flood" => {
            for number in 0..250 {
                tracing::debug!(number, "one of many");
            }
            StatusCode::INTERNAL_SERVER_ERROR
        }
        "panic" => {
            tracing::debug!("before the panic");
            panic!("boom");
        }
        "verbose" => {
            verbose(Level::DEBUG, load(id, "ok"))
                .await
                .expect("it loads");
            tracing::debug!("after the verbose part");
            StatusCode::OK
        }
        "task" => {
            let loaded = task::spawn(async move { load(id, "error").await.is_ok() });
            let _ = loaded.await;
            StatusCode::OK
        }
        "late_task" => {
            task::spawn(async move {
                tracing::debug!("the task begins");
                tokio::time::sleep(Duration::from_millis(50)).await;
                load(id, "error").await.is_ok()
            });
            StatusCode::OK
        }
        ending => match load(id, ending).await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::BAD_GATEWAY,
        },
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let monitor = monitor_runtime::builder!().start().await?;
    let app = Router::new().route("/{ending}/{id}", get(handle));
    let app = app.layer(monitor_runtime::http::layer());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    tracing::debug!("outside of all requests");
    let _ = load(99, "error").await;
    verbose(Level::TRACE, async { tracing::trace!("a verbose future") }).await;
    tracing::info!("try: curl http://{}/ok/1", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(monitor.drained())
        .await?;
    monitor.shutdown().await;
    Ok(())
}

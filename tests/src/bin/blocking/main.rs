//! A service whose functions hold up threads, in every way there is: those that block a worker of its
//! runtime, and those that do not.
//!
//! Without an argument it serves `/block/<kind>/<milliseconds>`, on eight workers, or on the current
//! thread with `EXAMPLE_FLAVOR=current`. `blocking rounds 50` blocks a worker so often and reports how
//! long it took until it was named. `blocking soak 600` runs a random load that blocks no worker for
//! so many seconds, and fails if one is named.

mod rounds;
mod soak;
mod ways;

use std::error::Error;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use warp::Filter;

use ways::Way;

const WORKERS: usize = 8;

fn runtime() -> std::io::Result<Runtime> {
    if std::env::var("EXAMPLE_FLAVOR").is_ok_and(|flavor| flavor == "current") {
        Builder::new_current_thread().enable_all().build()
    } else {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).enable_all().build()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => runtime()?.block_on(serve()),
        ["rounds", rounds] => rounds::run(&runtime()?, rounds.parse()?),
        ["soak", seconds] => soak::run(&runtime()?, Duration::from_secs(seconds.parse()?)),
        other => Err(format!(
            "unknown arguments {other:?}; allowed: none, `rounds <number>`, `soak <seconds>`"
        )
        .into()),
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let addr: std::net::SocketAddr = std::env::var("EXAMPLE_ADDR")?.parse()?;
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let monitor = monitor_runtime::builder!().start().await?;
    let block = |way: Way, milliseconds| async move {
        ways::hold_up(way, Duration::from_millis(milliseconds)).await;
        "done"
    };
    let routes = warp::path!("block" / Way / u64).then(block);
    tracing::info!("try: curl http://{addr}/block/sleep/2000");
    let server = monitor_runtime::http::warp::serve(routes).incoming(listener);
    server.graceful(monitor.drained()).run().await;
    monitor.shutdown().await;
    Ok(())
}

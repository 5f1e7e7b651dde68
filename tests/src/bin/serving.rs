//! A service with requests that take their time, behind the server and the signal handling it is told.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::routing::{get, post};
use http_body::Frame;
use monitor_runtime::http::{layer, warp as edge};
use monitor_runtime::{monitored, task};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Sleep, sleep};
use warp::Filter;

/// A body that sends a little, again and again.
struct Endless(Pin<Box<Sleep>>);

impl Endless {
    fn new() -> Self {
        Self(Box::pin(sleep(Duration::ZERO)))
    }
}

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.0 = Box::pin(sleep(Duration::from_millis(50)));
        let frame = Frame::data(Bytes::from_static(b"data: x\n\n"));
        cx.waker().wake_by_ref();
        Poll::Ready(Some(Ok(frame)))
    }
}

#[monitored]
async fn slow(milliseconds: u64) -> &'static str {
    sleep(Duration::from_millis(milliseconds)).await;
    "done\n"
}

/// Work that ends with the runtime.
#[monitored]
async fn background() {
    std::future::pending::<()>().await;
}

fn app() -> Router {
    Router::new()
        .route("/slow/{ms}", get(|Path(ms): Path<u64>| slow(ms)))
        .route("/endless", get(|| async { Body::new(Endless::new()) }))
        .route("/upload", post(|body: String| async { body }))
        .layer(layer())
}

/// The signal handling of axum's example `graceful-shutdown`.
async fn own_signals() {
    let mut terminate = signal(SignalKind::terminate()).expect("a handler");
    let interrupt = tokio::signal::ctrl_c();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt => {}
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mode = std::env::args().nth(1).ok_or("which mode?")?;
    let mut builder = monitor_runtime::builder!();
    if mode == "signals_off" {
        builder = builder.signals(false);
    }
    let monitor = builder.start().await?;
    task::spawn(background());
    tokio::spawn(background());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr: SocketAddr = listener.local_addr()?;
    if mode != "own" && mode != "signals_off" {
        tracing::info!("try: curl http://{addr}/slow/1");
    }
    match mode.as_str() {
        "own" | "signals_off" => {
            let served = axum::serve(listener, app()).with_graceful_shutdown(own_signals());
            tracing::info!("try: curl http://{addr}/slow/1");
            served.await?;
        }
        "drained" => {
            let served = axum::serve(listener, app());
            served.with_graceful_shutdown(monitor.drained()).await?;
        }
        "cut_off" => {
            let served = axum::serve(listener, app()).with_graceful_shutdown(monitor.drained());
            tokio::select! {
                served = served => served?,
                () = monitor.cut_off() => tracing::info!("CUT"),
            }
        }
        "warp" => {
            let slow = warp::path!("slow" / u64)
                .and(edge::route("/slow/{ms}"))
                .then(slow);
            let endless = warp::path!("endless").map(|| {
                let body = http_body_util::BodyDataStream::new(Endless::new());
                warp::reply::stream(body)
            });
            let upload = warp::path!("upload").and(warp::body::bytes()).map(|_| "ok");
            let server = edge::serve(slow.or(endless).or(upload)).incoming(listener);
            server.graceful(monitor.drained()).run().await;
        }
        // Nothing waits for anything.
        _ => axum::serve(listener, app()).await?,
    }
    tracing::info!("SERVED");
    monitor.shutdown().await;
    println!("DONE");
    Ok(())
}

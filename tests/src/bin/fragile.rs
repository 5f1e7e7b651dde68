//! A service that breaks as it is told to.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use monitor_runtime::{health::Check, monitored};
use warp::Filter;

const WORKERS: usize = 2;

/// `true` while the check of its dependency passes.
static DEPENDENCY: AtomicBool = AtomicBool::new(true);
/// The number of times that it fails before that.
static FAILURES: AtomicU32 = AtomicU32::new(0);

#[monitored]
fn call() {}

#[monitored]
async fn panic() {
    tokio::task::yield_now().await;
    panic!("as it was told to");
}

/// So many calls from each of four threads.
async fn calls(each: u32) -> String {
    let call_all = move || (0..each).for_each(|_| call());
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(call_all)).collect();
    let ended =
        tokio::task::spawn_blocking(|| threads.into_iter().try_for_each(thread::JoinHandle::join));
    format!("{}", matches!(ended.await, Ok(Ok(()))))
}

/// So many tasks that panic.
async fn panics(tasks: usize) -> String {
    let tasks: Vec<_> = (0..tasks)
        .map(|_| monitor_runtime::task::spawn(panic()))
        .collect();
    let mut panicked = 0;
    for task in tasks {
        panicked += usize::from(task.await.is_err_and(|error| error.is_panic()));
    }
    panicked.to_string()
}

/// Holds up every thread of the runtime.
fn block(milliseconds: u64) -> String {
    for _ in 0..WORKERS {
        tokio::spawn(async move { thread::sleep(Duration::from_millis(milliseconds)) });
    }
    "blocked".to_owned()
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?
        .block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let addr: std::net::SocketAddr = std::env::var("EXAMPLE_ADDR")?.parse()?;
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let ms = Duration::from_millis;
    if let Ok(failures) = std::env::var("EXAMPLE_FAILURES") {
        FAILURES.store(failures.parse()?, Ordering::Relaxed);
    }
    let dependency = || async {
        let failures = FAILURES.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        });
        let passes = failures.is_err() && DEPENDENCY.load(Ordering::Relaxed);
        passes.then_some(()).ok_or("told to fail")
    };
    // So seldom that no thread is kept for it in between.
    let seldom = std::env::var_os("EXAMPLE_SELDOM").map_or(ms(50), |_| ms(11_000));
    let mut builder = monitor_runtime::builder!()
        .check_with(
            Check::new("dependency", dependency)
                .critical()
                .interval(ms(50)),
        )
        .check_with(Check::tcp("port", addr.to_string()).interval(seldom));
    if std::env::var_os("EXAMPLE_HANGS").is_some() {
        let never = Check::new("never", std::future::pending::<Result<(), String>>);
        builder = builder.check_with(never.critical().timeout(ms(3_600_000)));
    }
    let monitor = builder.start().await?;
    let routes = warp::path!("call" / u32).then(calls);
    let routes = routes.or(warp::path!("panic" / usize).then(panics)).unify();
    let routes = routes.or(warp::path!("block" / u64).map(block)).unify();
    let set = |passes| {
        DEPENDENCY.store(passes, Ordering::Relaxed);
        "set".to_owned()
    };
    let routes = routes.or(warp::path!("check" / bool).map(set)).unify();
    tracing::info!("try: curl http://{addr}/call/7");
    if std::env::var_os("EXAMPLE_EDGE").is_some() {
        let server = monitor_runtime::http::warp::serve(routes).incoming(listener);
        server.graceful(monitor.drained()).run().await;
    } else {
        let server = warp::serve(routes).incoming(listener);
        server.graceful(monitor.drained()).run().await;
    }
    monitor.shutdown().await;
    Ok(())
}

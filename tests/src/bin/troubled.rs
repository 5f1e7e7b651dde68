//! A service with one trouble after the other: each route makes one, and each request to it is one
//! call of `Shop::order`, which waits for `Store::load`.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use monitor_runtime::health::Check;
use monitor_runtime::http::warp::{route, serve};
use monitor_runtime::{Classify, Objective, monitored};
use warp::Filter;
use warp::http::StatusCode;

const ORDERS: Objective = Objective::new("orders").success_rate(99.5);
const SOON: Objective = Objective::new("soon").latency(Duration::from_millis(50), 95.0);

#[derive(Debug, thiserror::Error, Classify)]
enum StoreError {
    #[error("no answer from the store for order {0}")]
    Timeout(String),
}

struct Store;

impl Store {
    #[monitored(args(how))]
    async fn load(&self, how: &str) -> Result<(), StoreError> {
        match how {
            "failing" => Err(StoreError::Timeout(how.to_owned())),
            "slow" => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(())
            }
            "hanging" => {
                tokio::time::sleep(Duration::from_secs(600)).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

struct Shop;

impl Shop {
    #[monitored(objective = ORDERS)]
    async fn order(&self, how: String) -> Result<(), StoreError> {
        price();
        Store.load(&how).await
    }

    #[monitored(objective = SOON)]
    async fn browse(&self, how: String) -> Result<(), StoreError> {
        price();
        Store.load(&how).await
    }
}

#[monitored]
fn price() {
    std::hint::black_box(12.5);
}

fn status(answer: &Result<(), StoreError>) -> StatusCode {
    if answer.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let broken = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let check = |name: &str, broken: &Arc<AtomicBool>| {
        let broken = Arc::clone(broken);
        let ask = move || {
            let is_broken = broken.load(Ordering::Relaxed);
            async move {
                if is_broken {
                    Err("no route to host")
                } else {
                    Ok(())
                }
            }
        };
        Check::new(name, ask).interval(Duration::from_millis(100))
    };
    let monitor = monitor_runtime::builder!()
        .check_with(check("database", &broken[0]).critical())
        .check_with(check("cache", &broken[1]))
        .start()
        .await?;
    let order = warp::path!("orders" / String)
        .and(route("/orders/{how}"))
        .then(|how| async { status(&Shop.order(how).await) });
    let browse = warp::path!("browse" / String)
        .and(route("/browse/{how}"))
        .then(|how| async { status(&Shop.browse(how).await) });
    let breaking = warp::path!("break" / usize)
        .and(route("/break/{check}"))
        .map(move |check: usize| {
            broken[check].store(true, Ordering::Relaxed);
            StatusCode::OK
        });
    let service = order.or(browse).unify().or(breaking).unify();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    tracing::info!("try: http://{}/orders/ok", listener.local_addr()?);
    let server = serve(service).incoming(listener);
    server.graceful(monitor.drained()).run().await;
    monitor.shutdown().await;
    Ok(())
}

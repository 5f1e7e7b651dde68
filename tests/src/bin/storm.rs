//! A service in which one place of the code writes far more lines than all others, and goes down when told
//! to.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::task::{Context, Waker};

use http::{Request, Response};
use monitor_runtime::http::layer;
use monitor_runtime::monitored;
use tower::{ServiceExt, service_fn};
use tracing::{info, warn};

const STORM: u64 = 100_000;

#[monitored]
fn call(fails: bool) -> Result<(), String> {
    if fails {
        Err("always".to_owned())
    } else {
        Ok(())
    }
}

#[monitored(slow = "1ns")]
fn slow() {}

#[monitored]
fn panics() {
    panic!("on purpose");
}

#[monitored]
async fn waits() {
    std::future::pending::<()>().await;
}

/// Makes calls that are not plain successes, of one function each.
fn problems() {
    for _ in 0..500 {
        slow();
        let _ = std::panic::catch_unwind(panics);
        let mut future = Box::pin(waits());
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
}

/// Lines of the runtime about problems that no monitored function has: of panics, and of requests that fail.
fn unmonitored_problems() {
    for _ in 0..500 {
        let _ = std::panic::catch_unwind(|| panic!("outside of all"));
    }
    let fails = |_: Request<()>| async {
        let response = Response::builder().status(500).body(String::new());
        Ok::<_, Infallible>(response.expect("a response"))
    };
    let service = layer().routes(["/fails"]).wrap(service_fn(fails));
    for _ in 0..500 {
        let request = Request::get("/fails").body(()).expect("a request");
        let answer = service.clone().oneshot(request);
        let mut answer = Box::pin(answer);
        let mut context = Context::from_waker(Waker::noop());
        let polled = answer.as_mut().poll(&mut context);
        assert!(polled.is_ready(), "it waits for nothing");
    }
}

/// Records of the `log` crate share the call sites of `tracing`.
fn records() {
    for number in 0..STORM {
        log::info!("record {number}");
    }
    for number in 0..10 {
        log::info!("another record {number}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let monitor = monitor_runtime::builder!().start_blocking()?;
    let addr = monitor.addr().ok_or("no management server")?;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for number in 0..STORM / 2 {
                    warn!(number, "in a loop");
                }
            });
        }
        scope.spawn(records);
        scope.spawn(problems);
        scope.spawn(unmonitored_problems);
        scope.spawn(|| {
            for number in 0..10 {
                info!(number, "seldom");
            }
            for number in 0..2_000 {
                let _ = call(number % 4 == 0);
            }
        });
    });
    eprintln!("{addr}");
    // Runs until its parent closes standard input.
    io::stdin().read_line(&mut String::new())?;
    monitor.shutdown_blocking();
    Ok(())
}

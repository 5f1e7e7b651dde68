//! A service that is told secrets in every form, and says them wherever a service can say something.

use std::error::Error;
use std::io;

use monitor_runtime::health::Check;
use monitor_runtime::http::warp::{route, serve};
use monitor_tests::leaks;
use warp::Filter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The standard library's own shows the message as it is.
    std::panic::set_hook(Box::new(|_| ()));
    let mut builder = monitor_runtime::builder!().traces_sample_rate(1.0);
    for number in 0..leaks::forms().len() {
        let check = move || async move { Err::<(), _>(leaks::text(number)) };
        builder = builder.check_with(Check::new(format!("check{number}"), check).critical());
    }
    let monitor = builder.start().await?;
    let tell = |number: usize| {
        leaks::tell(&leaks::text(number));
        "told"
    };
    let told = warp::path!("tell" / usize)
        .and(route("/tell/{number}"))
        .map(tell);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!(
        "{} {}",
        monitor.addr().ok_or("no management server")?,
        listener.local_addr()?
    );
    tokio::spawn(serve(told).incoming(listener).run());
    // Runs until its parent closes standard input.
    tokio::task::spawn_blocking(|| io::stdin().read_line(&mut String::new())).await??;
    monitor.shutdown().await;
    Ok(())
}

//! Prints the events that Sentry would get from failures of several kinds.
//!
//! `cargo run --example sentry_local`; it ends by itself. Without `SENTRY_DSN` a receiver of its
//! own takes the events, keeps and prints them; with one, they go there.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use monitor_runtime::{Classify, Secret, monitored};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt;
use warp::Filter;

#[derive(Debug, thiserror::Error, Classify)]
enum PaymentError {
    #[error("the bank does not answer")]
    BankDown(#[source] io::Error),
    #[error("the card was declined")]
    #[monitor(expected)]
    Declined,
}

#[derive(Debug, thiserror::Error)]
#[error("order {0} cannot be paid")]
struct CheckoutError(u64, #[source] PaymentError);

#[monitored(args(card), sentry(tags(bank = "first")))]
async fn charge(order: u64, card: Secret<String>) -> Result<(), PaymentError> {
    tokio::task::yield_now().await;
    match card.expose().as_str() {
        "declined" => Err(PaymentError::Declined),
        _ if order == 7 => Err(PaymentError::BankDown(
            io::ErrorKind::ConnectionRefused.into(),
        )),
        _ => Ok(()),
    }
}

#[monitored(fields(order))]
async fn checkout(order: u64, card: &str) -> Result<(), CheckoutError> {
    tracing::info!(order, password = "never shown", "checking out");
    let card = Secret::from(card.to_owned());
    let paid = charge(order, card).await;
    paid.map_err(|error| CheckoutError(order, error))
}

#[monitored]
async fn explode() {
    panic!("this is what a bug looks like")
}

/// Fails again and again: ten events a minute, and one that says how many there were.
#[monitored(args(job))]
fn poll_queue(job: u64) -> Result<(), String> {
    Err(format!("job {job} cannot be read"))
}

async fn scenarios() {
    // One event, with the whole chain; the outer function passes the error on and adds none.
    let _ = checkout(7, "4242").await;
    // None: a declined card is part of the work, and is counted.
    let _ = checkout(8, "declined").await;
    let _ = tokio::spawn(explode()).await;
    for job in 0..1000 {
        let _ = poll_queue(job);
    }
    tracing::error!(shelf = 3, "an ERROR line of the service is an event too");
}

/// A Sentry that takes everything, on a free port of this machine.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<Value>>>);

impl Receiver {
    /// Listens, and returns the DSN of a project on it.
    async fn start(&self) -> io::Result<String> {
        let keep = self.clone();
        let envelope = warp::path!("api" / String / "envelope")
            .and(warp::body::bytes())
            .map(move |_, body: warp::hyper::body::Bytes| {
                keep.keep(&body);
                "{}"
            });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        tokio::spawn(warp::serve(envelope).incoming(listener).run());
        Ok(format!("http://public@{addr}/1"))
    }

    /// Items are a header and a payload, a line each:
    /// <https://develop.sentry.dev/sdk/data-model/envelopes/>.
    fn keep(&self, envelope: &[u8]) {
        let text = String::from_utf8_lossy(envelope);
        let parsed = text.lines().skip(1).map(serde_json::from_str);
        let lines: Vec<Value> = parsed.map(Result::unwrap_or_default).collect();
        let items = lines.as_chunks::<2>().0.iter();
        let events = items.filter(|[header, _]| header["type"] == "event");
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(events.map(|[_, event]| event.clone()));
    }

    /// Prints what came, events that Sentry would group together once.
    fn show(&self) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = |event: &Value| (event["message"].clone(), event["fingerprint"].clone());
        let groups =
            kept.chunk_by(|one, next| key(one) == key(next) && one["fingerprint"].is_array());
        for group in groups {
            show(&group[0]);
            if group.len() > 1 {
                println!("  ... and {} more like it", group.len() - 1);
            }
        }
        println!("\n{} events", kept.len());
    }
}

fn show(event: &Value) {
    let level = event["level"].as_str().unwrap_or("error").to_uppercase();
    // Sentry wants the outermost error last.
    let mut chain = list(&event["exception"]["values"]).rev().map(exception);
    let title = chain.next().unwrap_or_else(|| text(&event["message"]));
    println!("\n{level} {title}");
    chain.for_each(|cause| line("caused by", &cause));
    line("at", &place(event));
    line(
        "path",
        &joined(&event["contexts"]["path"]["functions"], " > "),
    );
    line("fields", &pairs(&event["contexts"]["fields"]));
    line("tags", &pairs(&event["tags"]));
    line("fingerprint", &joined(&event["fingerprint"], ", "));
    line("throttle", &pairs(&event["contexts"]["throttle"]));
    for crumb in list(&event["breadcrumbs"]["values"]) {
        let (message, data) = (text(&crumb["message"]), pairs(&crumb["data"]));
        line("breadcrumb", &format!("{message} {data}"));
    }
}

/// Returns the innermost place in the service's own code.
fn place(event: &Value) -> String {
    let exceptions = list(&event["exception"]["values"]);
    let mut frames = exceptions.flat_map(|one| list(&one["stacktrace"]["frames"]));
    // Frames of other crates are not the service's.
    let own = frames.rfind(|frame| frame["in_app"] == true && frame["filename"].is_string());
    match own {
        Some(frame) => format!("{}:{}", text(&frame["filename"]), text(&frame["lineno"])),
        // A process that ends may have no time to look up its stacks.
        None => text(&event["contexts"]["path"]["place"]),
    }
}

fn exception(exception: &Value) -> String {
    format!(
        "{}: {}",
        text(&exception["type"]),
        text(&exception["value"])
    )
}

fn line(name: &str, value: &str) {
    if !value.is_empty() {
        println!("  {name:<12} {value}");
    }
}

fn list(value: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn joined(value: &Value, between: &str) -> String {
    list(value).map(text).collect::<Vec<_>>().join(between)
}

fn pairs(value: &Value) -> String {
    let pairs = value.as_object().into_iter().flatten();
    // `type` is Sentry's own.
    let pairs = pairs.filter(|(name, _)| *name != "type");
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={}", text(value)))
        .collect();
    pairs.join(" ")
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Sentry hears of the log, and standard output is left to what is printed here.
    registry()
        .with(monitor_runtime::sentry::sentry_layer())
        .init();
    let receiver = Receiver::default();
    let mut builder = monitor_runtime::builder!().addr("off");
    let local = std::env::var_os("SENTRY_DSN").is_none_or(|dsn| dsn.is_empty());
    if local {
        builder = builder.sentry_dsn(receiver.start().await?);
    }
    let monitor = builder.start().await?;
    scenarios().await;
    // Sends what waits, also how many events were held back.
    monitor.shutdown().await;
    if local {
        receiver.show();
    } else {
        println!("sent to SENTRY_DSN");
    }
    Ok(())
}

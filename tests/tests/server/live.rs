//! Tests the data behind the live page, as a browser requests it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use monitor_runtime::{Classify, MonitorLabel, monitored, trace::TraceContext};
use monitor_tests::process::get;
use monitor_tests::{alone, poll};
use serde_json::{Value, json};

#[derive(Debug, thiserror::Error, Classify)]
enum OrderError {
    #[error("order {id} cannot be read")]
    Store { id: u64, source: std::io::Error },
    #[error("declined")]
    #[monitor(expected)]
    Declined,
}

#[derive(Clone, Copy, MonitorLabel)]
enum Tier {
    Free,
    Paid,
}

#[monitored(fields(order.id = id), labels(tier))]
fn load(id: u64, tier: Tier) -> Result<u64, OrderError> {
    match id {
        0..100 => Ok(id),
        100 => Err(OrderError::Declined),
        _ => {
            let source = std::io::Error::other("disk on fire");
            Err(OrderError::Store { id, source })
        }
    }
}

#[monitored]
fn find(id: u64, tier: Tier) -> Result<u64, OrderError> {
    load(id, tier)
}

#[monitored(args(name))]
fn slow(name: &str) {
    sleep(Duration::from_millis(match name {
        "slowest" => 40,
        _ => 5,
    }));
}

#[monitored]
fn explode() {
    panic!("boom <b>")
}

#[monitored]
async fn given_up() {
    std::future::pending::<()>().await;
}

#[monitored]
fn gives_up() {
    let mut future = std::pin::pin!(given_up());
    assert!(poll(future.as_mut()).is_pending());
}

#[monitored]
fn never() {}

fn page(addr: SocketAddr, query: &str) -> Value {
    let (status, body) = get(addr, &format!("/page/data{query}"));
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("JSON")
}

/// Returns the page's details of a function of this file.
fn detail(addr: SocketAddr, name: &str) -> Value {
    let document = page(addr, "");
    let functions = document["functions"].as_array().expect("functions");
    let id = functions
        .iter()
        .position(|function| function[0] == name && function[1] == module_path!());
    page(addr, &format!("?function={}", id.expect("it is listed")))
}

/// One test: there is one runtime in a process.
#[tokio::test]
async fn the_page_tells_of_failures_and_slow_calls_without_sentry() {
    alone!();
    let mut builder = monitor_runtime::builder!().addr("127.0.0.1:0");
    for number in 0..20 {
        let name = format!("dependency-{number}");
        builder = builder.check(name, || async { Ok::<(), String>(()) });
    }
    let monitor = builder
        .log_filter("error")
        .start()
        .await
        .expect("it starts");
    let addr = monitor.addr().expect("an address");
    let context = TraceContext::new();
    context.scope(|| {
        for id in [1, 2, 100, 777, 777] {
            let _ = find(id, Tier::Paid);
        }
        let _ = load(3, Tier::Free);
    });
    for name in ["a", "b", "slowest", "c", "d", "e", "f"] {
        slow(name);
    }
    let _ = std::panic::catch_unwind(explode);
    let start = Instant::now();

    let load = detail(addr, "load");
    assert_eq!(load["errors"], json!({ "Store": 2, "Declined": 1 }));
    let [stored, declined] = load["failures"].as_array().expect("failures").as_slice() else {
        panic!("two kinds of failures: {load}");
    };
    assert_eq!(stored["times"], 2);
    assert_eq!(stored["class"], "Store");
    assert_eq!(
        (&stored["first"], &stored["expected"]),
        (&json!(true), &json!(false))
    );
    let chain = json!([
        { "type": "OrderError", "text": "order 777 cannot be read" },
        { "type": "Custom", "text": "disk on fire" },
    ]);
    assert_eq!(stored["chain"], chain);
    assert_eq!(stored["fields"], json!({ "order.id": "777" }));
    assert_eq!(stored["trace"], context.trace_id().to_string());
    assert_eq!(
        (&declined["first"], &declined["expected"]),
        (&json!(true), &json!(true))
    );
    let paid = json!({ "labels": { "tier": "Paid" }, "ok": 2, "error": 3, "cancelled": 0, "in_flight": 0 });
    assert_eq!(load["combinations"][0], paid);
    assert_eq!(load["combinations"].as_array().map(Vec::len), Some(2));

    // An outer function failed too, and says that it only passed the error on.
    assert_eq!(detail(addr, "find")["failures"][0]["first"], false);
    let latest = page(addr, "")["failures"].clone();
    let latest = latest.as_array().expect("failures");
    assert_eq!(
        latest.len(),
        3,
        "each once, where it first came out: {latest:?}"
    );
    assert_eq!(
        latest[0]["chain"][0]["text"]
            .as_str()
            .map(|text| text.contains("boom <b>")),
        Some(true)
    );
    assert_eq!(latest[0]["class"], "panic");

    let slow = detail(addr, "slow")["slow"].clone();
    let slow = slow.as_array().expect("slow calls");
    assert_eq!(slow.len(), 5, "the slowest, and no more");
    assert_eq!(slow[0]["fields"], json!({ "name": "slowest" }));
    assert!(
        slow[0]["seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds >= 0.04)
    );
    gives_up();
    let given_up = detail(addr, "given_up");
    assert_eq!(given_up["cancelled"], json!({ "caller": 1 }));
    let slow = &given_up["slow"][0];
    assert_eq!(
        (&slow["result"], &slow["reason"]),
        (&json!("cancelled"), &json!("caller"))
    );
    let _: fn() = never;
    assert_eq!(detail(addr, "never")["results"]["ok"]["calls"], 0);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "pages take no time"
    );
    an_open_page_costs_next_to_nothing(addr);
    monitor.shutdown().await;
}

/// Rounds of a page with a function open, under load, with twenty checks: each is two seconds' worth.
fn an_open_page_costs_next_to_nothing(addr: SocketAddr) {
    const PER_SECOND: usize = 1500;
    let document = page(addr, "");
    let process = document["process"].as_str().expect("a process").to_owned();
    let mut known = document["number"].as_u64().expect("a number");
    let functions = document["functions"].as_array().expect("functions");
    let id = functions.iter().position(|one| one[0] == "load");
    let id = id.expect("it is listed");
    let mut rounds = Vec::new();
    for _ in 0..4 {
        for id in [1, 2, 100, 777, 778, 779] {
            let _ = find(id, Tier::Paid);
        }
        sleep(Duration::from_secs(1));
        let path = format!("/page/data?process={process}&since={known}");
        let next = page(addr, &path["/page/data".len()..]);
        let sent = sent(addr, &path) + sent(addr, &format!("/page/data?function={id}"));
        known = next["number"].as_u64().expect("a number");
        rounds.push(sent);
    }
    let worst = rounds.iter().max().expect("there were some");
    assert!(*worst <= 2 * PER_SECOND, "bytes of each round: {rounds:?}");
}

/// The bytes of an answer to a browser, its head included.
fn sent(addr: SocketAddr, path: &str) -> usize {
    let mut stream = TcpStream::connect(addr).expect("the server listens");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}");
    answer.len()
}

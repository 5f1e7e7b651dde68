//! The requests in flight: all of them, each with its open calls and the right age.

use std::time::{Duration, Instant};

use monitor_runtime::monitored;
use monitor_tests::monitor;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{look, request};

static PARKED: Semaphore = Semaphore::const_new(0);

#[monitored(fields(id))]
async fn parked(id: usize) {
    drop(PARKED.acquire().await);
}

/// Returns the parked requests that are listed.
fn in_flight(query: &str) -> Vec<Value> {
    let answer = look(&format!("/calls{query}"), &[]).body;
    let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["left_out"], 0);
    let all = answer["requests"].as_array_mut().expect("requests");
    all.retain(|request| request["name"] == "GET /parked");
    std::mem::take(all)
}

#[test]
fn every_parked_call_is_listed_with_its_age() {
    const CALLS: usize = 1_000;
    monitor();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut began = Vec::new();
    let mut requests = Vec::new();
    for id in 0..CALLS {
        let (told, is_told) = std::sync::mpsc::channel();
        requests.push(runtime.spawn(async move {
            request("/parked", || async {
                let before = Instant::now();
                let call = std::pin::pin!(parked(id));
                told.send(before).expect("the test waits");
                call.await;
                200
            })
            .await
        }));
        began.push(is_told.recv().expect("it begins"));
    }
    std::thread::sleep(Duration::from_millis(20));
    let listed = monitor_tests::process::wait_for("all calls", || {
        let before = Instant::now();
        let listed = in_flight("");
        let after = Instant::now();
        (listed.len() == CALLS).then_some((before, listed, after))
    });
    let (before, listed, after) = listed;
    let mut ages: Vec<f64> = Vec::new();
    for request in &listed {
        let call = &request["calls"][0];
        assert_eq!(call["name"], "parked");
        let id = usize::try_from(call["fields"]["id"].as_u64().expect("an id")).expect("small");
        let age = call["age_ms"].as_f64().expect("an age");
        let ms = |since: Duration| since.as_secs_f64() * 1e3;
        // Read at some time between `before` and `after`.
        let (least, most) = (ms(before - began[id]), ms(after - began[id]));
        // A thread may be suspended between the two notes of one begin.
        assert!(
            age > least - 50.0 && age < most + 1.0,
            "{least} {age} {most}"
        );
        ages.push(request["age_ms"].as_f64().expect("an age"));
    }
    assert!(ages.is_sorted_by(|a, b| a >= b), "the oldest first");
    assert!(in_flight("?older=10min").is_empty());
    let text = look("/calls", &[("Accept", "text/plain")]);
    assert!(
        text.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/plain"))
    );
    assert!(text.body.contains("parked id=999"), "{}", text.body);
    assert!(text.body.ends_with(" in flight\n"));
    PARKED.add_permits(CALLS);
    for request in requests {
        runtime.block_on(request).expect("it ends");
    }
    assert!(in_flight("").is_empty());
}

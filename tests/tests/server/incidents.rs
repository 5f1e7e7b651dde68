//! Each trigger in a real process: the incident, what it names first, and what it shows.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use monitor_tests::process::{Service, get, wait_for};
use serde_json::Value;

fn troubled() -> Service {
    Service::serving(Path::new(env!("CARGO_BIN_EXE_troubled")), &[])
}

fn list(service: &Service) -> Vec<Value> {
    let (status, body) = get(service.management, "/incidents");
    assert_eq!(status, 200, "{body}");
    let mut list: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(list["suppressed"], Value::Array(Vec::new()));
    std::mem::take(list["incidents"].as_array_mut().expect("a list"))
}

/// Waits for the only incident of a process, and returns it in full, as JSON and as text.
fn incident(service: &Service) -> (Value, String) {
    let list = wait_for("an incident", || {
        Some(list(service)).filter(|list| !list.is_empty())
    });
    assert_eq!(list.len(), 1, "{list:#?}");
    let id = list[0]["id"].as_str().expect("an id");
    let (status, body) = get(service.management, &format!("/incidents/{id}"));
    assert_eq!(status, 200, "{body}");
    let (_, text) = get(service.management, &format!("/incidents/{id}?format=text"));
    // The line of the log leads to it.
    let address = format!("http://{}/incidents/{id}", service.management);
    let line = wait_for("the line of the log", || {
        let mut lines = service.lines().into_iter();
        lines.find(|line| line.contains("an incident began"))
    });
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["fields"]["incident"], address.as_str());
    let incident: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(line["fields"]["trigger"], incident["trigger"]["said"]);
    let kind = incident["trigger"]["kind"].as_str().expect("a kind");
    for trigger in ["objective", "check", "stuck"] {
        let (_, page) = get(service.management, "/metrics");
        let times = u32::from(trigger == kind);
        let sample = format!("monitor_incidents_total{{trigger=\"{trigger}\"}} {times}\n");
        assert!(page.contains(&sample), "{sample}{page}");
    }
    (incident, text)
}

fn times(service: &Service, path: &str, times: usize) {
    for _ in 0..times {
        get(service.addr, path);
    }
}

/// Returns name and kind of the greatest change.
fn first(incident: &Value) -> (String, String) {
    let first = &incident["changed"][0];
    let text = |of: &'_ Value| of.as_str().unwrap_or_default().to_owned();
    (text(&first["function"]), text(&first["changes"][0]["kind"]))
}

fn pair(function: &str, kind: &str) -> (String, String) {
    (function.to_owned(), kind.to_owned())
}

fn said(incident: &Value) -> &str {
    incident["trigger"]["said"].as_str().expect("a sentence")
}

#[test]
fn an_error_burst_shows_the_function_that_fails() {
    let service = troubled();
    let (_, page) = get(service.management, "/metrics");
    for trigger in ["objective", "check", "stuck"] {
        let sample = format!("monitor_incidents_total{{trigger=\"{trigger}\"}} 0\n");
        assert!(page.contains(&sample), "at 0 from the start");
    }
    assert_eq!(
        get(service.management, "/incidents?format=text")
            .1
            .lines()
            .count(),
        1
    );
    times(&service, "/orders/ok", 5);
    times(&service, "/orders/failing", 15);
    let (incident, text) = incident(&service);
    assert_eq!(
        said(&incident),
        "objective `orders` (success rate) burns 150 times its budget over 1h (limit 14.4)"
    );
    assert_eq!(first(&incident), pair("Store::load", "errors"));
    let change = &incident["changed"][0]["changes"][0];
    assert_eq!(change["class"], "Timeout");
    assert!(change.get("ratio").is_none() && incident["period"]["before_seconds"].is_null());
    let failed = incident["requests"].as_array().expect("requests").iter();
    let failed = failed.filter(|request| request["reason"] == "failed");
    assert_eq!(failed.count(), 5, "{incident:#}");
    assert_eq!(incident["failures"][0]["function"], "Store::load");
    assert_eq!(incident["failures"][0]["times"], 15);
    for part in [
        "trigger   objective `orders` (success rate) burns 150 times its budget",
        "no hour before to compare with",
        "15 of 20 calls failed, class `Timeout`\n",
        "GET /orders/{how}",
        "no answer from the store for order failing",
        "critical database",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // A minute later it still burns: no second one.
    times(&service, "/orders/failing", 5);
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(list(&service).len(), 1);
    let (status, answer) = get(service.management, "/incidents/20200101T000000Z-1");
    assert_eq!(status, 404, "{answer}");
}

#[test]
fn a_slow_dependency_is_named_before_those_that_wait_for_it() {
    let service = troubled();
    times(&service, "/browse/slow", 12);
    let (incident, _) = incident(&service);
    assert_eq!(
        said(&incident),
        "objective `soon` (latency) burns 20 times its budget over 1h (limit 14.4)"
    );
    assert_eq!(first(&incident), pair("Store::load", "duration"));
}

#[test]
fn a_cancel_storm_is_named_where_the_calls_wait() {
    let service = troubled();
    let ask = |_| {
        let mut stream = TcpStream::connect(service.addr).expect("it listens");
        let host = service.addr;
        let request = format!("GET /browse/hanging HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it is sent");
        stream
    };
    let connections: Vec<TcpStream> = (0..15).map(ask).collect();
    wait_for("requests in flight", || {
        let (_, calls) = get(service.management, "/calls?older=60ms");
        calls.contains("\"in_flight\":15").then_some(())
    });
    drop(connections);
    let (incident, _) = incident(&service);
    assert_eq!(incident["trigger"]["name"], "soon (latency)");
    assert_eq!(first(&incident), pair("Store::load", "cancelled"));
    let said = &incident["changed"][0]["changes"][0]["said"];
    assert_eq!(said, "15 of 15 calls were cancelled, reason `client`");
}

#[test]
fn only_a_critical_check_begins_an_incident() {
    let service = troubled();
    let fails = |check: &str| {
        wait_for("the check to fail", || {
            let (_, ready) = get(service.management, "/health");
            let report: Value = serde_json::from_str(&ready).expect("JSON");
            (report["checks"][check][0]["output"] == "no route to host").then_some(())
        });
    };
    times(&service, "/break/1", 1);
    fails("cache");
    std::thread::sleep(Duration::from_secs(6));
    assert!(list(&service).is_empty(), "the cache is not critical");
    times(&service, "/break/0", 1);
    fails("database");
    let (incident, text) = incident(&service);
    assert_eq!(said(&incident), "check `database` fails: no route to host");
    assert_eq!(incident["health"]["status"], "fail");
    let checks: Vec<_> = incident["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| (check["name"].as_str(), check["status"].as_str()))
        .collect();
    let check = |name, status| (Some(name), Some(status));
    assert_eq!(checks, [check("cache", "warn"), check("database", "fail")]);
    assert!(
        text.contains("fail  critical database  no route to host"),
        "{text}"
    );
}

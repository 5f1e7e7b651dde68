//! The log's filter, changed while the process runs: over HTTP and from within.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use monitor_runtime::{Monitor, logs::LogFilterError, monitored};
use monitor_tests::alone;
use monitor_tests::process::{PATIENCE, Service, command, example, get, try_get, wait_for};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json";

/// Sends a request with these header lines and a body, and returns status and body.
fn send(addr: std::net::SocketAddr, method: &str, headers: &[&str], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let mut head = format!(
        "{method} /log-level HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    if !headers.iter().any(|header| header.starts_with("Host:")) {
        head.extend(["Host: ", &addr.to_string(), "\r\n"]);
    }
    for header in headers {
        head.extend([header, "\r\n"]);
    }
    write!(stream, "{head}\r\n{body}").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
    let status = head.split(' ').nth(1).expect("a status");
    (status.parse().expect("a number"), body.to_owned())
}

fn json_of((status, body): (u16, String)) -> Value {
    assert_eq!(status, 200, "{body}");
    body.parse().expect("JSON")
}

fn lines_with<'l>(lines: &'l [String], text: &str) -> Vec<&'l String> {
    lines.iter().filter(|line| line.contains(text)).collect()
}

#[test]
fn a_filter_is_set_shown_and_set_back_over_http() {
    let service = Service::quickstart(&[
        ("MONITOR_LOG_FORMAT", "json"),
        ("RUST_LOG", "info, hyper=warn"),
    ]);
    let addr = service.management;
    let default = json!({"filter": "info,hyper=warn", "default": "info,hyper=warn", "reverts_in_seconds": null});
    let shown = || json_of(send(addr, "GET", &[], ""));
    assert_eq!(shown(), default);

    let set = send(
        addr,
        "PUT",
        &[JSON],
        r#"{"filter":"debug,hyper=info","for":"10m"}"#,
    );
    let set = json_of(set);
    assert_eq!(set["filter"], "debug,hyper=info");
    assert_eq!(set["default"], "info,hyper=warn");
    let left = set["reverts_in_seconds"].as_u64().expect("seconds");
    assert!((590..=600).contains(&left), "{left}");
    assert_eq!(shown()["filter"], "debug,hyper=info");
    let line = "the log's filter was changed";
    wait_for(line, || {
        let lines = service.lines();
        let line: Value = serde_json::from_str(lines_with(&lines, line).first()?).expect("JSON");
        let fields = &line["fields"];
        assert_eq!(fields["from"], "info,hyper=warn");
        assert_eq!(fields["to"], "debug,hyper=info");
        assert_eq!(fields["for"], "10m");
        Some(())
    });

    assert_eq!(json_of(send(addr, "DELETE", &[], "")), default);
    let set_back = || lines_with(&service.lines(), "the log's filter was set back").len();
    wait_for("the line of the way back", || {
        (set_back() == 1).then_some(())
    });
    // There is nothing to go back from.
    assert_eq!(json_of(send(addr, "DELETE", &[], "")), default);

    // A filter that hides the line about its own change is reported before the change, and its end
    // afterwards.
    let quiet = r#"{"filter":"error","for":"300ms"}"#;
    let token = "Content-Type: application/json; charset=utf-8";
    assert_eq!(
        json_of(send(addr, "PUT", &[token], quiet))["reverts_in_seconds"],
        1
    );
    wait_for("the end of its time", || (shown() == default).then_some(()));
    wait_for("the second way back", || (set_back() == 2).then_some(()));
    assert_eq!(lines_with(&service.lines(), line).len(), 2);
    assert_eq!(get(addr, "/livez").0, 200);
}

#[test]
fn a_filter_that_cannot_have_been_meant_does_not_start_a_service() {
    for (filter, meant) in [
        ("warning", "`warn`"),
        ("inof", "`info`"),
        ("info;debug", "commas"),
    ] {
        let worker = example("worker");
        let mut worker = command(&worker, &[("RUST_LOG", filter), ("WORKER_ROUNDS", "1")]);
        let output = worker.output().expect("it runs");
        let errors = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{filter}"
        );
        let named = format!("RUST_LOG={filter:?}");
        assert!(
            errors.contains(&named) && errors.contains(meant),
            "{errors}"
        );
    }
}

const HIDES_RUNTIME: &str = "add the directive `monitor_runtime=info`";

#[test]
fn a_filter_that_hides_everything_or_the_runtime_says_so_once() {
    for (filter, lines, said) in [
        ("worker", true, HIDES_RUNTIME),
        ("worker=info", true, HIDES_RUNTIME),
        ("worker=info,monitor_runtime=off", true, ""),
        ("error,worker=info", true, ""),
        ("4", true, ""),
        ("info,hyper=warn", true, ""),
        ("off", false, ""),
        (
            "hyper",
            false,
            "hides the lines of every monitored function",
        ),
        (
            "nosuch=debug",
            false,
            "hides the lines of every monitored function",
        ),
        ("off,work-er=info", false, "begins with `work-er`"),
    ] {
        let worker = example("worker");
        let mut worker = command(&worker, &[("RUST_LOG", filter), ("WORKER_ROUNDS", "1")]);
        let output = worker.output().expect("it runs");
        assert!(output.status.success(), "{filter}");
        assert_eq!(!output.stdout.is_empty(), lines, "{filter}");
        let errors = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(
            errors.lines().count(),
            usize::from(!said.is_empty()),
            "{errors}"
        );
        assert!(errors.contains(said), "{filter}: {errors}");
    }
}

#[test]
fn a_directive_that_fits_nothing_has_a_hint() {
    let service = Service::quickstart(&[("MONITOR_LOG_FORMAT", "json")]);
    let put = |filter: &str| {
        let body = json!({ "filter": filter }).to_string();
        json_of(send(service.management, "PUT", &[JSON], &body))["hint"].clone()
    };
    for (filter, hint) in [
        ("info,quick-start=debug", "`quickstart`"),
        ("info,nosuch=debug", "`nosuch`"),
    ] {
        let said = put(filter);
        assert!(
            said.as_str().is_some_and(|said| said.contains(hint)),
            "{filter}: {said}"
        );
    }
    assert_eq!(put("info,quickstart=debug"), Value::Null);
    assert_eq!(put("info,hyper=debug"), Value::Null);
}

#[test]
fn a_healthy_start_warns_of_nothing() {
    let worker = example("worker");
    let mut worker = command(
        &worker,
        &[("WORKER_ROUNDS", "1"), ("RUST_LOG", "info,worker=off")],
    );
    let output = worker.output().expect("it runs");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(lines.contains("monitoring started"), "{lines}");
    assert!(
        !lines.contains("WARN") && !lines.contains("ERROR"),
        "{lines}"
    );
}

#[test]
fn no_filter_hides_that_it_was_set() {
    let service = Service::quickstart(&[("MONITOR_LOG_FORMAT", "json")]);
    let filters = [
        "info,monitor_runtime=off",
        "trace,monitor_runtime=off",
        "off",
        "off,monitor_runtime::log_filter=off",
        "error",
        "warn",
        "error,quickstart=off",
    ];
    let lines = || lines_with(&service.lines(), "the log's filter was").len();
    for (at, filter) in filters.iter().enumerate() {
        let body = json!({ "filter": filter }).to_string();
        json_of(send(service.management, "PUT", &[JSON], &body));
        wait_for(filter, || (lines() == at + 1).then_some(()));
    }
    json_of(send(service.management, "DELETE", &[], ""));
    wait_for("the way back", || (lines() > filters.len()).then_some(()));
}

#[monitored(level = "debug", target = "log_level")]
fn hushed() {}

fn start() -> Monitor {
    let builder = monitor_runtime::builder!().addr("127.0.0.1:0");
    let builder = builder
        .log_filter("warn")
        .log_format(monitor_runtime::logs::LogFormat::Json);
    builder.start_blocking().expect("it starts")
}

#[test]
fn the_service_itself_can_set_it_and_a_shutdown_sets_it_back() {
    alone!();
    let debug = || tracing::enabled!(target: "log_level", tracing::Level::DEBUG);
    let monitor = start();
    let other = || tracing::enabled!(target: "else", tracing::Level::INFO);
    hushed();
    assert!(!debug() && !other());

    let set = monitor
        .set_log_filter("warn,log_level=debug", None)
        .expect("a filter");
    assert_eq!(
        (&*set.filter, &*set.default, set.reverts_in),
        ("warn,log_level=debug", "warn", None)
    );
    assert!(debug() && !other());
    let counted = || debug_events(&monitor);
    let before = counted();
    // A function whose first calls were not logged.
    hushed();
    assert_eq!(counted(), before + 1);
    let set = monitor
        .set_log_filter("info", Some(Duration::from_millis(200)))
        .expect("a filter");
    assert!(
        set.reverts_in
            .is_some_and(|left| left <= Duration::from_millis(200))
    );
    assert!(!debug() && other());
    wait_for("the way back", || (!other()).then_some(()));
    assert_eq!(monitor.log_filter().expect("ours").filter, "warn");

    // The second takes the place of the first, whose time means nothing any more.
    monitor
        .set_log_filter("info", Some(Duration::from_millis(50)))
        .expect("a filter");
    monitor
        .set_log_filter("debug", Some(Duration::from_secs(3600)))
        .expect("a filter");
    std::thread::sleep(Duration::from_millis(200));
    assert!(debug());
    assert!(matches!(
        monitor.set_log_filter("info", Some(Duration::from_secs(86_401))),
        Err(LogFilterError::Time(_))
    ));
    monitor.shutdown_blocking();
    assert!(!debug() && !other());

    // Another start has another filter.
    let again = monitor_runtime::builder!()
        .addr("off")
        .log_filter("log_level=debug,error");
    let again = again.start_blocking().expect("it starts");
    assert!(debug() && !other());
    assert_eq!(
        again.log_filter().expect("ours").default,
        "log_level=debug,error"
    );
}

fn debug_events(monitor: &Monitor) -> u64 {
    let page = try_get(monitor.addr().expect("a server"), "/metrics")
        .expect("a page")
        .1;
    let of_level = page
        .lines()
        .find_map(|line| line.strip_prefix("monitor_log_events_total{level=\"debug\"} "));
    of_level
        .and_then(|count| count.parse().ok())
        .expect("a count")
}

mod refusals;

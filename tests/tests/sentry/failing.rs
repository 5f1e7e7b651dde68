//! A Sentry that fails costs events, which are counted, and nothing else.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use monitor_runtime::monitored;
use monitor_tests::process::{Sentry, get, wait_for};
use monitor_tests::{Log, Page, alone};

/// Far more than a call takes on a busy machine, and far less than any of these Sentries.
const SOON: Duration = Duration::from_secs(3);

#[monitored(sentry(throttle = "100000/s"))]
fn fails(number: u64) -> Result<(), String> {
    Err(format!("number {number}"))
}

/// Sends events to a DSN; says how many were sent and dropped once `dropped` were, and shuts down.
fn counts(dsn: String, events: u64, dropped: f64) -> (f64, f64) {
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off")
        .drain(Duration::ZERO)
        .sentry_dsn(dsn)
        .start_blocking()
        .expect("the runtime starts");
    let addr = monitor.addr().expect("it listens");
    let count = |result| {
        let (_, page) = get(addr, "/metrics");
        let page = Page::parse(&page);
        let labels = [("result", result)];
        let mut found = page.find("monitor_captures_total", &labels);
        found.next().expect("it is on the page").value
    };
    let before = ["sent", "dropped"].map(count);
    for number in 0..events {
        let _ = fails(number);
    }
    let since = || {
        let now = ["sent", "dropped"].map(count);
        (now[0] - before[0], now[1] - before[1])
    };
    let (sent, dropped) = wait_for("the drops", || Some(since()).filter(|now| now.1 >= dropped));
    let began = Instant::now();
    monitor.shutdown_blocking();
    let took = began.elapsed();
    assert!(
        took < SOON + Duration::from_secs(2),
        "shut down in {took:?}"
    );
    (sent, dropped)
}

/// One test: there is one started runtime in a process.
#[test]
fn events_are_dropped_and_counted() {
    alone!();
    let log = Log::install();
    let said = |message: &str| {
        let events = log.events(|event| event.text("message").starts_with(message));
        events
            .iter()
            .map(|event| event.text("problem").to_owned())
            .collect::<Vec<_>>()
    };
    // Refuses connections: a port that was free a moment ago.
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let gone = gone.expect("a port");
    assert_eq!(
        counts(format!("http://public@{gone}/7"), 20, 20.0),
        (0.0, 20.0)
    );

    // Said once, however many it were.
    let problems = said("Sentry does not accept events");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("onnection refused"), "{problems:?}");

    // Speaks HTTP where TLS is expected.
    let plain = Sentry::start();
    let dsn = plain.dsn().replace("http://", "https://");
    assert_eq!(counts(dsn, 5, 5.0), (0.0, 5.0));

    // Too large, says the server, each time.
    let full = Sentry::answering("413 Payload Too Large", Duration::ZERO);
    assert_eq!(counts(full.dsn(), 7, 7.0), (0.0, 7.0));
    assert_eq!(full.requests(), 7);
    let problems = said("Sentry does not accept events");
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[2].contains("413"), "{problems:?}");

    // Once is enough to be told to stay away.
    let head = "429 Too Many Requests\r\nX-Sentry-Rate-Limits: 60:error:organization";
    let busy = Sentry::answering(head, Duration::ZERO);
    assert_eq!(counts(busy.dsn(), 50, 50.0), (0.0, 50.0));
    assert!(busy.requests() < 50, "{} requests", busy.requests());

    // Limits for transactions do not apply to events.
    let head = "200 OK\r\nX-Sentry-Rate-Limits: 86400:transaction;span:organization";
    let choosy = Sentry::answering(head, Duration::ZERO);
    let (_, dropped) = counts(choosy.dsn(), 10, 0.0);
    assert!(dropped.abs() < 0.1, "{dropped} dropped");
    wait_for("all events", || (choosy.events().len() == 10).then_some(()));

    a_sentry_that_takes_its_time();
}

fn a_sentry_that_takes_its_time() {
    let slow = Sentry::answering("200 OK", Duration::from_secs(30));
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .log_filter("off")
        .drain(Duration::ZERO)
        .sentry_dsn(slow.dsn())
        .start_blocking()
        .expect("the runtime starts");
    let before = resident();
    let began = Instant::now();
    let calls = 1000;
    for number in 0..calls {
        let _ = fails(number);
    }
    let per_call = began.elapsed() / u32::try_from(calls).expect("few");
    assert!(per_call < Duration::from_millis(100), "{per_call:?} a call");
    let grown = resident().saturating_sub(before);
    assert!(grown < 64 * 1024, "grown by {grown} KiB");
    let began = Instant::now();
    monitor.shutdown_blocking();
    let took = began.elapsed();
    assert!(
        took < SOON + Duration::from_secs(2),
        "shut down in {took:?}"
    );
}

/// Resident memory of this process in KiB; 0 where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let value = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    value.unwrap_or_default()
}

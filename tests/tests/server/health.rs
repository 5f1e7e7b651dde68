//! Health as an orchestrator, an alert and an operator see it, of a real process.

use std::path::Path;
use std::time::{Duration, Instant};

use monitor_tests::process::{Sentry, Service, get, wait_for};
use serde_json::Value;

fn fragile(env: &[(&str, &str)]) -> Service {
    let service = Service::serving(Path::new(env!("CARGO_BIN_EXE_fragile")), env);
    until(&service, "/readyz", 200);
    service
}

fn until(service: &Service, path: &str, status: u16) -> String {
    wait_for(&format!("{status} of {path}"), || {
        let (answered, body) = get(service.management, path);
        (answered == status).then_some(body)
    })
}

/// The lines of the log that say this, of the health module.
fn lines(service: &Service, message: &str) -> Vec<Value> {
    let lines = service.lines();
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["target"] == "monitor_runtime::health")
        .filter(|line| line["fields"]["message"] == message)
        .collect()
}

#[test]
fn a_critical_check_that_fails_is_a_line_an_event_a_gauge_and_a_history() {
    let sentry = Sentry::start();
    let service = fragile(&[("SENTRY_DSN", &sentry.dsn())]);
    let up = "monitor_health_check_up{check=\"dependency\"}";
    assert!(
        get(service.management, "/metrics")
            .1
            .contains(&format!("{up} 1\n"))
    );
    get(service.addr, "/check/false");
    assert_eq!(
        until(&service, "/readyz", 503),
        "not ready: a critical check is failing\n"
    );
    let page = get(service.management, "/metrics").1;
    assert!(page.contains(&format!("{up} 0\n")), "{page}");
    assert!(
        page.contains("monitor_health_check_duration_seconds{check=\"port\"} 0.0"),
        "{page}"
    );
    let verbose = get(service.management, "/readyz?verbose").1;
    assert!(
        verbose.contains("[-]dependency failed: told to fail\n[+]port ok\n"),
        "{verbose}"
    );

    // Some more runs, which change nothing.
    let history = wait_for("ten runs that failed", || {
        let report: Value =
            serde_json::from_str(&get(service.management, "/health?verbose").1).ok()?;
        let history = report["checks"]["dependency"][0]["history"]
            .as_array()?
            .clone();
        (history.iter().filter(|run| run["status"] == "fail").count() >= 10).then_some(history)
    });
    assert!(history.len() <= 50);
    assert_eq!(history.last().expect("runs")["output"], "told to fail");
    get(service.addr, "/check/true");
    until(&service, "/readyz", 200);
    let failed = lines(&service, "health check failed");
    let failed: Vec<_> = failed
        .iter()
        .filter(|line| line["fields"]["check"] == "dependency")
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(
        (&failed[0]["level"], &failed[0]["fields"]["error"]),
        (&"ERROR".into(), &"told to fail".into())
    );
    // The probe knows it before the log does.
    let recovered = || lines(&service, "health check recovered").len();
    wait_for("the line", || (recovered() > 0).then_some(()));
    assert_eq!(recovered(), 1);

    let event = wait_for("the event", || sentry.events().first().cloned());
    assert_eq!(
        event["message"],
        "health check dependency failed: told to fail"
    );
    assert_eq!(event["tags"]["check"], "dependency");
    assert_eq!(sentry.events().len(), 1, "one failure is one event");
}

#[test]
fn a_blocked_runtime_is_not_live_and_says_so_until_it_goes_on() {
    let sentry = Sentry::start();
    let service = fragile(&[("MONITOR_WATCHDOG", "500ms"), ("SENTRY_DSN", &sentry.dsn())]);
    let ok = "[+]runtime:main ok\nlivez check passed\n";
    assert_eq!(
        get(service.management, "/livez?verbose"),
        (200, ok.to_owned())
    );
    // Long enough to be known as a runtime that runs.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(get(service.addr, "/block/3000").1, "blocked");
    assert_eq!(
        until(&service, "/livez", 503),
        "not live: the async runtime is blocked\n"
    );
    let verbose = get(service.management, "/livez?verbose").1;
    assert!(
        verbose.starts_with("[-]runtime:main failed: has run nothing for "),
        "{verbose}"
    );
    assert_eq!(get(service.management, "/readyz").0, 503);
    let down = "monitor_health_check_up{check=\"runtime:main\"} 0\n";
    assert!(get(service.management, "/metrics").1.contains(down));
    until(&service, "/livez", 200);
    assert_eq!(
        lines(&service, "the async runtime is blocked: not live").len(),
        1
    );
    let again = || lines(&service, "the async runtime answers again").len();
    wait_for("the line", || (again() == 1).then_some(()));
    let event = wait_for("the event", || sentry.events().first().cloned());
    assert_eq!(event["tags"]["check"], "runtime:main");
}

#[test]
fn a_process_that_was_stopped_is_live_when_it_goes_on() {
    let service = fragile(&[("MONITOR_WATCHDOG", "500ms")]);
    std::thread::sleep(Duration::from_secs(1));
    for _ in 0..3 {
        service.signal("STOP");
        std::thread::sleep(Duration::from_millis(1500));
        service.signal("CONT");
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(500) {
            assert_eq!(get(service.management, "/livez").0, 200);
        }
    }
    assert_eq!(
        lines(&service, "the async runtime is blocked: not live").len(),
        0
    );
}

#[test]
fn a_watchdog_that_is_off_watches_nothing() {
    let service = fragile(&[("MONITOR_WATCHDOG", "off")]);
    get(service.addr, "/block/1000");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        let answer = get(service.management, "/livez?verbose");
        assert_eq!(answer, (200, "livez check passed\n".to_owned()));
    }
}

#[test]
fn a_pause_of_the_whole_process_makes_no_check_one_that_hangs() {
    let service = fragile(&[]);
    service.signal("STOP");
    // Longer than a check may take, and than its verdict counts.
    std::thread::sleep(Duration::from_secs(8));
    service.signal("CONT");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        let (status, body) = get(service.management, "/health");
        assert_eq!(status, 200, "{body}");
        assert!(!body.contains("has not finished"), "{body}");
        assert_eq!(get(service.management, "/readyz").0, 200);
    }
}

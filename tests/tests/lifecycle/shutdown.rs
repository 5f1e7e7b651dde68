//! The real quickstart on its way out, as a load balancer and an orchestrator see it.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use monitor_tests::process::{Sentry, Service, example, get, try_get, wait_for};

fn status(service: &Service, path: &str) -> Option<u16> {
    try_get(service.management, path).map(|(status, _)| status)
}

#[test]
fn readiness_falls_first_and_the_port_closes_last() {
    let mut service = Service::quickstart(&[("MONITOR_DRAIN", "2s")]);
    wait_for("readiness", || {
        (status(&service, "/readyz") == Some(200)).then_some(())
    });
    for path in [
        "/livez",
        "/live",
        "/ready",
        "/startupz",
        "/health",
        "/metrics",
    ] {
        assert_eq!(status(&service, path), Some(200), "{path}");
    }
    assert_eq!(
        get(service.addr, "/health").0,
        200,
        "mounted on the service's own port"
    );

    service.signal("TERM");
    let signalled = Instant::now();
    wait_for("readiness to fall", || {
        (status(&service, "/readyz") == Some(503)).then_some(())
    });
    assert!(
        signalled.elapsed() < Duration::from_millis(1500),
        "{:?}",
        signalled.elapsed()
    );
    let (code, body) = get(service.management, "/readyz");
    assert_eq!((code, body.as_str()), (503, "not ready: draining\n"));
    assert_eq!(
        status(&service, "/livez"),
        Some(200),
        "liveness ignores draining"
    );
    assert_eq!(
        get(service.addr, "/hello/late").0,
        200,
        "the service serves while it drains"
    );
    let (code, body) = get(service.addr, "/health");
    assert_eq!(code, 503);
    assert!(body.contains("draining"), "{body}");

    // From here on: whenever the service still answers, so does the management port.
    while try_get(service.addr, "/hello/last").is_some() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(
        signalled.elapsed() >= Duration::from_secs(2),
        "the drain delay was cut short"
    );
    assert!(service.wait().success());
    assert_eq!(status(&service, "/livez"), None);
}

#[test]
fn requests_that_run_are_finished_and_their_numbers_seen() {
    let mut service = Service::quickstart(&[("MONITOR_DRAIN", "1ms")]);
    let addr = service.addr;
    let slow = std::thread::spawn(move || get(addr, "/slow"));
    wait_for("the slow call to run", || {
        let (_, page) = get(service.management, "/metrics");
        page.contains("function_calls_concurrent{function=\"slow\",module=\"quickstart\",service_name=\"quickstart\"} 1").then_some(())
    });
    service.signal("TERM");
    assert_eq!(
        slow.join().unwrap().0,
        200,
        "the service finishes what it began"
    );
    assert!(service.wait().success());
}

#[test]
fn ctrl_c_does_not_wait_for_load_balancers() {
    let mut service = Service::quickstart(&[("MONITOR_DRAIN", "1h")]);
    service.signal("INT");
    assert!(service.wait().success());
}

#[test]
fn a_second_ctrl_c_means_now() {
    // A Sentry that never answers, so that the first one takes a while.
    let sentry = Sentry::answering("200 OK", Duration::from_secs(3600));
    let dsn = sentry.dsn();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_unattended"));
    let mut service = Service::start(program, &[("SENTRY_DSN", dsn.as_str())]);
    wait_for("the event", || (sentry.requests() > 0).then_some(()));
    service.signal("INT");
    wait_for("readiness to fall", || {
        (status(&service, "/readyz") != Some(200)).then_some(())
    });
    let second = Instant::now();
    service.signal("INT");
    assert_eq!(service.wait().signal(), Some(2));
    assert!(
        second.elapsed() < Duration::from_millis(1500),
        "{:?}",
        second.elapsed()
    );
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    let worker = example("worker");
    let shell = std::path::Path::new("/bin/sh");
    let trap = format!("trap '' INT; exec {}", worker.display());
    let env = [("WORKER_ROUNDS", "100000"), ("MONITOR_DRAIN", "10ms")];
    let mut service = Service::run_as(shell, &["-c", &trap], &env);
    service.signal("INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(service.ended().is_none());
    assert_eq!(status(&service, "/readyz"), Some(200));
    service.signal("TERM");
    assert!(service.wait().success());
}

#[test]
fn hang_ups_are_cancelled_calls_and_leave_nothing_in_flight() {
    let service = Service::quickstart(&[]);
    service.hang_up_on_slow(3);
    let labels = "function=\"slow\",module=\"quickstart\",service_name=\"quickstart\"";
    let page = wait_for("three cancelled calls", || {
        let (_, page) = get(service.management, "/metrics");
        let cancelled =
            format!("function_calls_total{{{labels},result=\"cancelled\",error=\"client\"}} 3\n");
        page.contains(&cancelled).then_some(page)
    });
    assert!(
        page.contains(&format!("function_calls_concurrent{{{labels}}} 0\n")),
        "{page}"
    );
}

#[test]
fn every_line_is_json_when_it_is_piped() {
    let mut service = Service::quickstart(&[("MONITOR_DRAIN", "1ms"), ("RUST_LOG", "debug")]);
    for path in [
        "/hello/%22quoted%22%0Aline",
        "/orders/1",
        "/orders/1000",
        "/panic",
        "/nowhere",
    ] {
        get(service.addr, path);
    }
    service.signal("TERM");
    service.wait();
    let lines = service.lines();
    assert!(lines.len() > 10, "{lines:#?}");
    for line in lines {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&line);
        assert!(parsed.is_ok(), "{line}");
    }
}

#[test]
fn a_worker_drains_and_ends_by_itself() {
    let env = [("WORKER_ROUNDS", "100000"), ("MONITOR_DRAIN", "100ms")];
    let mut service = Service::start(&example("worker"), &env);
    service.signal("TERM");
    assert!(service.wait().success());
}

#[test]
fn a_process_that_waits_for_nothing_sends_what_it_has_and_ends_as_the_signal_says() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_unattended"));
    let env = [("SENTRY_DSN", dsn.as_str()), ("MONITOR_DRAIN", "300ms")];
    let mut service = Service::start(program, &env);
    wait_for("readiness", || {
        (status(&service, "/readyz") == Some(200)).then_some(())
    });
    // Its event is made by then: looking up the first stack takes a debug build a while.
    wait_for("the error", || {
        let lines = service.lines();
        lines
            .iter()
            .any(|line| line.contains("fail failed"))
            .then_some(())
    });
    service.signal("TERM");
    wait_for("readiness to fall", || {
        (status(&service, "/readyz") == Some(503)).then_some(())
    });
    assert_eq!(service.wait().signal(), Some(15));
    assert_eq!(sentry.events().len(), 1);
    assert!(
        service.lines().iter().any(|line| line.contains("draining")),
        "the log is written"
    );
}

#[test]
fn a_call_that_fails_while_its_thread_ends_is_counted_and_does_no_harm() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_unattended"));
    let service = Service::start(program, &[("SENTRY_DSN", dsn.as_str())]);
    // The second of them fails in a destructor, where Sentry and the log have nothing left to
    // stand on.
    let labels = "function=\"fail\",module=\"unattended\",service_name=\"unattended\"";
    let failed = format!("function_calls_total{{{labels},result=\"error\"}} 2\n");
    wait_for("two failed calls", || {
        get(service.management, "/metrics")
            .1
            .contains(&failed)
            .then_some(())
    });
}

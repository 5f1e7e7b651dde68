//! Tests the errors of `start()`, and a start beside parts that are already installed.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use monitor_runtime::{error::StartError, health::Check};
use monitor_tests::alone;
use monitor_tests::process::{command, example};

/// Runs the quickstart with a bad setting; it must end, with this on standard error.
fn refused(env: &[(&str, &str)]) -> String {
    let output = command(&example("quickstart"), env)
        .stdout(Stdio::piped())
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{env:?}");
    assert!(
        output.stdout.is_empty(),
        "nothing was started: {:?}",
        String::from_utf8_lossy(&output.stdout)
    );
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn a_bad_setting_is_an_error_that_names_it_and_the_fix() {
    alone!();
    let cases = [
        ("MONITOR_ADDR", "localhost", "IP:PORT"),
        ("MONITOR_LOG_FORMAT", "yaml", "`pretty` or `json`"),
        ("MONITOR_DRAIN", "soon", "5s"),
        ("RUST_LOG", "=nonsense=", "directives"),
        ("SENTRY_DSN", "not-a-dsn", "DSN"),
    ];
    for (variable, value, fix) in cases {
        let error = refused(&[(variable, value)]);
        assert!(
            error.contains(variable) && error.contains(value) && error.contains(fix),
            "{error}"
        );
        assert!(!error.contains("panicked"), "{error}");
    }
}

#[test]
fn a_taken_port_is_an_error_that_names_it() {
    alone!();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let error = refused(&[("MONITOR_ADDR", &addr)]);
    assert!(
        error.contains("MONITOR_ADDR") && error.contains(&addr),
        "{error}"
    );
}

#[monitor_runtime::monitored]
fn called() {}

/// Drains, and sees the futures of it end in their order.
fn phases(monitor: &monitor_runtime::Monitor) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let (draining, drained, cut_off) = (monitor.draining(), monitor.drained(), monitor.cut_off());
    runtime.expect("a runtime").block_on(async {
        assert!(!monitor.is_draining());
        let began = Instant::now();
        monitor.drain();
        assert!(monitor.is_draining());
        draining.await;
        drained.await;
        assert!(began.elapsed() >= MOMENT);
        cut_off.await;
        assert!(began.elapsed() >= 2 * MOMENT);
    });
}

const MOMENT: Duration = Duration::from_millis(100);

/// One test, since the process has one runtime.
#[test]
fn one_start_at_a_time_and_again_after_the_end() {
    alone!();
    let builder = || {
        monitor_runtime::builder!()
            .addr("127.0.0.1:0")
            .log_filter("off")
            .drain(MOMENT)
            .drain_limit(MOMENT)
    };

    let twice = builder()
        .check("a", async || Ok::<(), String>(()))
        .check("a", async || Ok::<(), String>(()));
    assert!(matches!(twice.start_blocking(), Err(StartError::Check(_))));
    let unnamed =
        builder().check_with(Check::new(
            "no spaces please",
            async || Ok::<(), String>(()),
        ));
    assert!(matches!(
        unnamed.start_blocking(),
        Err(StartError::Check(_))
    ));
    assert!(matches!(
        builder().addr("nowhere").start_blocking(),
        Err(StartError::Config(_))
    ));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    assert!(matches!(
        builder().addr(addr).start_blocking(),
        Err(StartError::Bind(_))
    ));

    let monitor = builder()
        .start_blocking()
        .expect("none of the refused starts was one");
    let (kept, times) = (
        metrics::counter!("kept_total"),
        metrics::histogram!("kept_seconds"),
    );
    kept.increment(1);
    times.record(0.5);
    called();
    phases(&monitor);
    assert!(matches!(
        builder().start_blocking(),
        Err(StartError::AlreadyStarted)
    ));
    let addr = monitor.addr().expect("a server");
    assert_eq!(monitor_tests::process::get(addr, "/livez").0, 200);
    monitor.shutdown_blocking();
    assert!(monitor_tests::process::try_get(addr, "/livez").is_none());

    let again = builder()
        .start_blocking()
        .expect("a start after a shutdown");
    metrics::counter!("after_restart_total").increment(1);
    kept.increment(1);
    times.record(0.5);
    metrics::histogram!("kept_seconds").record(0.5);
    called();
    assert!(!again.is_draining());
    let (_, page) = monitor_tests::process::get(again.addr().unwrap(), "/metrics");
    for sample in [
        "after_restart_total 1\n",
        "kept_total 2\n",
        "kept_seconds_count 3\n",
        "kept_seconds_sum 1.5\n",
        "function_calls_total{function=\"called\",module=\"lifecycle::start\",service_name=\"monitor-tests\",result=\"ok\"} 2\n",
    ] {
        assert!(page.contains(sample), "{sample}{page}");
    }
    drop(again);

    let off = builder()
        .addr("off")
        .start_blocking()
        .expect("a start without a server");
    assert_eq!(off.addr(), None);
}

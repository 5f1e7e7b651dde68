//! `panic = "abort"`: the event of a panic is sent before the process is gone, and in time.
//!
//! Run without arguments it starts itself as a service that panics, once for each kind of Sentry,
//! and checks what becomes of it. `tests/run` builds it with `panic = "abort"`, through `tests/abort/rustc`.

use std::os::unix::process::ExitStatusExt;
use std::panic;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use monitor_runtime::{logs::LogFormat, monitored};

use monitor_tests::sentry::Sentry;

#[monitored]
fn explode() {
    panic!("this is what a bug looks like")
}

#[monitored]
fn work() {
    explode();
}

/// The service: a hook of its own, the runtime, and a bug.
fn service() {
    panic::set_hook(Box::new(|_| println!("the hook of the service ran")));
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .log_format(LogFormat::Json)
        .start_blocking()
        .expect("it starts");
    work();
    monitor.shutdown_blocking();
}

/// Runs the service; says how it ended, and after how long.
fn run(sentry: &Sentry) -> (Output, Duration) {
    let program = std::env::current_exe().expect("a program has a path");
    let began = Instant::now();
    let service = Command::new(program)
        .arg("service")
        .env("SENTRY_DSN", sentry.dsn())
        .stderr(Stdio::inherit())
        .output();
    (service.expect("it runs"), began.elapsed())
}

fn check(sentry: &Sentry) {
    const SIGABRT: i32 = 6;
    let (output, elapsed) = run(sentry);
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.signal(), Some(SIGABRT), "{printed}");
    // Two seconds for Sentry, one for the log; without a hang, next to nothing.
    assert!(elapsed < Duration::from_secs(8), "{elapsed:?}");
    assert!(printed.contains("the hook of the service ran"), "{printed}");
    assert!(
        printed.contains("aborts: panic: this is what a bug looks like"),
        "{printed}"
    );
}

fn main() {
    if std::env::args().len() > 1 {
        return service();
    }
    let sentry = Sentry::start();
    check(&sentry);
    let events = sentry.events();
    assert_eq!(events.len(), 1, "{events:#?}");
    let event = &events[0];
    assert_eq!(event["level"], "fatal");
    assert_eq!(event["tags"]["function"], "explode");
    assert_eq!(
        event["contexts"]["path"]["functions"],
        serde_json::json!(["work", "explode"])
    );
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["value"], "this is what a bug looks like");
    assert_eq!(sentry.requests(), 1);

    let hangs = Sentry::answering("200 OK", Duration::from_secs(30));
    check(&hangs);
    assert_eq!(hangs.items("event").len(), 1);
    println!("a panic that aborts: 2 of 2 services passed");
}

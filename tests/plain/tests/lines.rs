//! The lines of the log of a service that is built without Sentry.

use std::process::Command;

/// Runs the service and returns the lines of its log.
fn lines(dsn: Option<&str>) -> Vec<String> {
    let mut service = Command::new(env!("CARGO_BIN_EXE_plain"));
    service.env_clear().env("MONITOR_LOG_FORMAT", "json");
    service.envs(dsn.map(|dsn| ("SENTRY_DSN", dsn)));
    let output = service.output().expect("the service runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{output:?}");
    text.lines().map(str::to_owned).collect()
}

#[track_caller]
fn assert_one(lines: &[String], parts: &[&str]) {
    let found = lines
        .iter()
        .filter(|line| parts.iter().all(|part| line.contains(part)));
    assert_eq!(found.count(), 1, "{parts:?} in {lines:#?}");
}

#[test]
fn a_service_without_sentry_logs_every_failure_once() {
    let lines = lines(None);
    assert_one(&lines, &["monitoring started", "off: no SENTRY_DSN"]);
    assert_one(&lines, &["\"ERROR\"", "no order 7"]);
    assert_one(&lines, &["\"ERROR\"", "no order 8"]);
    assert_one(&lines, &["\"ERROR\"", "panic: a bad order"]);
    assert_one(&lines, &["\"ERROR\"", "panic: outside of all functions"]);
    let warnings = lines.iter().filter(|line| line.contains("\"WARN\""));
    assert_eq!(warnings.count(), 0, "{lines:#?}");
}

#[test]
fn a_dsn_that_has_no_effect_is_told_at_the_start() {
    let lines = lines(Some("https://key@sentry.example/1"));
    let state = "off: built without the feature `sentry`";
    assert_one(&lines, &["monitoring started", state]);
    assert_one(
        &lines,
        &["\"WARN\"", "SENTRY_DSN is set, but nothing is sent"],
    );
    assert!(!lines.concat().contains("sentry.example"), "{lines:#?}");
}

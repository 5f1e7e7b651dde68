//! The output of a service with the feature `enable` alone: the lines of its log, and its numbers.

use std::process::Command;

/// Runs the service and returns the lines it writes.
fn lines(env: &[(&str, &str)]) -> Vec<String> {
    let mut service = Command::new(env!("CARGO_BIN_EXE_plain"));
    service.env_clear().env("MONITOR_LOG_FORMAT", "json");
    service.envs(env.iter().copied());
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
fn a_service_without_server_and_sentry_logs_every_failure_once_and_has_its_numbers() {
    let lines = lines(&[("MONITOR_ADDR", "off")]);
    let no_server = "\"server\":\"off: built without the feature `server`\"";
    let no_sentry = "\"sentry\":\"off: built without the feature `sentry`\"";
    assert_one(&lines, &["monitoring started", no_server, no_sentry]);
    assert_one(&lines, &["\"ERROR\"", "no order 7"]);
    assert_one(&lines, &["\"ERROR\"", "no order 8"]);
    assert_one(&lines, &["\"ERROR\"", "panic: a bad order"]);
    assert_one(&lines, &["\"ERROR\"", "panic: outside of all functions"]);
    assert_one(&lines, &["shutdown is done"]);
    let warnings = lines.iter().filter(|line| line.contains("\"WARN\""));
    assert_eq!(warnings.count(), 0, "{lines:#?}");

    let (published, page): (Vec<String>, Vec<String>) = lines
        .into_iter()
        .filter(|line| line.contains("function_calls_total{"))
        .partition(|line| line.starts_with("published "));
    for numbers in [page, published] {
        let of = |function| format!("function=\"{function}\"");
        assert_one(&numbers, &[&of("fail"), "result=\"error\"", "} 2"]);
        assert_one(&numbers, &[&of("panics"), "error=\"panic\"", "} 1"]);
    }
}

#[test]
fn a_variable_that_only_a_missing_part_reads_is_warned_of_once() {
    let lines = lines(&[
        ("MONITOR_ADDR", "\"0.0.0.0:9464\""),
        ("MONITOR_TOKEN", "s3cr3t-0123456789"),
        ("MONITOR_SOURCE_URL", "nonsense"),
        ("SENTRY_DSN", "https://s3cr3t@sentry.example/1"),
    ]);
    for (variable, value, feature) in [
        ("MONITOR_ADDR", "0.0.0.0:9464", "server"),
        ("MONITOR_TOKEN", "[redacted]", "server"),
        ("MONITOR_SOURCE_URL", "nonsense", "server"),
        ("SENTRY_DSN", "sentry.example", "sentry"),
    ] {
        let feature = format!("built without its feature `{feature}`; add the feature");
        assert_one(&lines, &["\"WARN\"", variable, value, &feature]);
        assert_one(&lines, &["\"WARN\"", variable]);
    }
    assert!(!lines.concat().contains("s3cr3t"), "{lines:#?}");
}

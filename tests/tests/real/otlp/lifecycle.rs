//! The last spans, lines and points of a process, however it ends.

use std::path::Path;
use std::process::Stdio;
use std::thread;

use monitor_tests::process::command;
use serde_json::Value;

use super::{receiver, settings, text};

/// Runs the program that ends in a way, with delays that its end has to cut short. Returns the taken spans, records and
/// points.
fn end(way: &str, code: Option<i32>) -> [Vec<Value>; 3] {
    let endpoint = receiver().endpoint(way, "take");
    let long = "600000";
    let own = [
        ("MONITOR_ADDR", "off"),
        ("OTEL_BSP_SCHEDULE_DELAY", long),
        ("OTEL_BLRP_SCHEDULE_DELAY", long),
        ("OTEL_METRIC_EXPORT_INTERVAL", long),
    ];
    let mut command = command(
        Path::new(env!("CARGO_BIN_EXE_endings")),
        &settings(&endpoint, &own),
    );
    command.arg(way).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().expect("it runs");
    assert_eq!(status.code(), code, "{way}: {status}");
    ["traces", "logs", "metrics"].map(|signal| receiver().taken(way, signal))
}

/// Returns the number of items for which a key has a value.
fn count(items: &[Value], key: &str, value: &str) -> usize {
    items.iter().filter(|item| item[key] == value).count()
}

#[test]
fn the_last_items_arrive_however_a_process_ends() {
    // The way it ends, its code, and whether its last points arrive: a process that aborts counts no more.
    let ways = [
        ("drop", Some(0), true),
        ("forget", Some(0), true),
        ("error", Some(1), true),
        ("exit", Some(1), true),
        ("exit_in_thread", Some(1), true),
        ("shutdown_in_runtime", Some(0), true),
        ("panic_local", Some(101), true),
        ("panic", Some(101), true),
        ("panic_twice", None, false),
        ("abort", None, false),
        ("fault", None, false),
    ];
    thread::scope(|scope| {
        for (way, code, has_points) in ways {
            scope.spawn(move || {
                let [spans, records, points] = end(way, code);
                assert_eq!(count(&spans, "name", "fail"), 1, "{way}: {spans:#?}");
                assert_eq!(spans[0]["status"][1], "LASTLINE", "{way}: {spans:#?}");
                assert_eq!(count(&records, "body", "before"), 200, "{way}");
                let failed: Vec<&Value> = records
                    .iter()
                    .filter(|record| record["attributes"]["error"] == "LASTLINE")
                    .collect();
                assert_eq!(failed.len(), 1, "{way}: {failed:#?}");
                assert_eq!(text(failed[0], "span_id"), text(&spans[0], "span_id"));
                assert_eq!(
                    count(&points, "name", "function.calls") > 0,
                    has_points,
                    "{way}"
                );
            });
        }
    });
}

#[test]
fn a_forked_process_sends_nothing_of_its_own() {
    let [spans, records, _] = end("fork", Some(0));
    assert_eq!(spans, [] as [Value; 0]);
    assert_eq!(count(&records, "body", "before"), 0, "the child's");
    assert_eq!(
        count(&records, "body", "the child has ended"),
        1,
        "{records:#?}"
    );
}

#[test]
fn a_second_start_exports_again() {
    let [spans, records, points] = end("again", Some(0));
    assert_eq!(count(&spans, "name", "fail"), 2, "{spans:#?}");
    assert_eq!(count(&records, "body", "before"), 400);
    assert_eq!(
        count(&records, "body", "shutdown is done"),
        2,
        "{records:#?}"
    );
    let failed = points.iter().filter(|point| {
        point["name"] == "monitor.function_errors" && point["attributes"]["function"] == "fail"
    });
    let starts: Vec<&Value> = failed.map(|point| &point["start"]).collect();
    assert_eq!(starts.len(), 2, "{starts:?}");
    assert_eq!(starts[0], starts[1], "the counter was not set back");
    let instances: Vec<Value> = receiver()
        .requests("again", "metrics")
        .iter()
        .map(|request| request["resources"][0]["service.instance.id"].clone())
        .collect();
    assert_eq!(instances[0], instances[1], "it is one process");
}

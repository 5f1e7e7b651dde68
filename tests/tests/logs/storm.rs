//! Tests the limit on the lines of one place.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::thread;

use monitor_tests::process::{command, get};
use serde_json::Value;

/// Runs the program with a limit, and returns its page, its document of the live page and its lines.
fn run(limit: &str) -> (String, Value, Vec<Value>) {
    let program = Path::new(env!("CARGO_BIN_EXE_storm"));
    let settings = [
        ("MONITOR_LOG_FORMAT", "json"),
        ("MONITOR_LOG_LIMIT", limit),
        ("RUST_LOG", "info"),
    ];
    let mut command = command(program, &settings);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = child.stdout.take().expect("piped");
    let text = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).expect("UTF-8");
        text
    });
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut addr = String::new();
    stderr.read_line(&mut addr).expect("text");
    let addr: SocketAddr = addr.trim().parse().expect("an address");
    let page = get(addr, "/metrics").1;
    let document = get(addr, "/page/data").1;
    let document = serde_json::from_str(&document).expect("JSON");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"\n").expect("it waits for this");
    assert!(child.wait().expect("it ends").success());
    let text = text.join().expect("no panic");
    let line = |line: &str| serde_json::from_str(line).expect("JSON");
    (page, document, text.lines().map(line).collect())
}

fn count(lines: &[Value], message: &str) -> usize {
    let starts = |line: &&Value| {
        let text = line["fields"]["message"].as_str();
        text.is_some_and(|text| text.starts_with(message))
    };
    lines.iter().filter(starts).count()
}

/// Returns the lines of summaries, and the sum of the lines that they say were suppressed, for one source.
fn suppressed(lines: &[Value], level: &str) -> u64 {
    let summaries = lines.iter().filter(|line| {
        line["target"] == "monitor_runtime::log_limit"
            && line["fields"]["source_level"] == level
            && line["fields"]["source"]
                .as_str()
                .is_some_and(|source| source.contains("storm.rs:"))
    });
    summaries
        .map(|line| line["fields"]["suppressed"].as_u64().expect("a number"))
        .sum()
}

fn sample(page: &str, name: &str) -> Option<u64> {
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_place_that_writes_too_much_is_limited_and_summed_up_and_no_other_is() {
    let (page, document, lines) = run("200/1h");
    // Each line is written or counted.
    let loop_lines = count(&lines, "in a loop") as u64;
    assert!((200..=202).contains(&loop_lines), "{loop_lines}");
    assert_eq!(loop_lines + suppressed(&lines, "WARN"), 100_000);
    let records = count(&lines, "record ") as u64;
    let calls = count(&lines, "call ok") as u64;
    assert!((200..=202).contains(&records), "{records}");
    assert!((200..=202).contains(&calls), "{calls}");
    assert_eq!(
        records + calls + suppressed(&lines, "INFO"),
        100_000 + 1_500
    );
    let of_page = sample(&page, "monitor_log_lines_suppressed_total").expect("it is there");
    assert_eq!(
        of_page,
        suppressed(&lines, "WARN") + suppressed(&lines, "INFO")
    );
    let held_back = |line: &Value| {
        let text = line["fields"]["message"].as_str().expect("a message");
        text.contains(" were held back: ")
    };
    assert!(lines.iter().any(held_back), "a summary");
    // What is not beyond the limit is there, and so is each failure of a call.
    assert_eq!(count(&lines, "seldom"), 10);
    assert_eq!(count(&lines, "another record"), 10);
    for problem in [
        "call failed",
        "slow slow",
        "panics panicked",
        "waits cancelled",
        "panic: outside of all",
        "GET /fails 500",
    ] {
        assert_eq!(count(&lines, problem), 500, "{problem}");
    }
    assert_eq!(sample(&page, "monitor_log_lines_dropped_total"), Some(0));
    let loudest = document["loudest"][1].as_array().expect("places");
    let of_calls = loudest
        .iter()
        .any(|place| place[1] == "storm" && place[3] == 500);
    assert!(of_calls && loudest.len() <= 10, "{loudest:?}");
}

#[test]
fn without_a_limit_every_line_is_written_and_the_page_names_the_loudest_place() {
    let (page, document, lines) = run("off");
    let written = count(&lines, "in a loop") as u64;
    let dropped = sample(&page, "monitor_log_lines_dropped_total").expect("a number");
    assert!(
        written <= 100_000 && written + dropped >= 100_000,
        "{written} {dropped}"
    );
    assert_eq!(sample(&page, "monitor_log_lines_suppressed_total"), None);
    let [all, places] = [&document["loudest"][0], &document["loudest"][1]];
    let bytes = |place: &Value| place[4].as_u64().expect("bytes");
    let sum: u64 = places.as_array().expect("places").iter().map(bytes).sum();
    assert!(sum <= all.as_u64().expect("bytes"));
    // Both storms, in the order of their bytes.
    let loudest = [&places[0], &places[1]];
    for place in loudest {
        let source = place[2].as_str().expect("a place");
        assert!(source.contains("bin/storm.rs:"), "{source}");
        assert_eq!(place[3], 100_000, "{place}");
    }
    assert!(bytes(loudest[0]) >= bytes(loudest[1]));
    assert!(loudest.iter().any(|place| place[0] == "WARN"));
}

#[test]
fn a_shutdown_writes_every_summary_that_is_due() {
    for _ in 0..10 {
        let settings = [
            ("MONITOR_ADDR", "127.0.0.1:0"),
            ("MONITOR_LOG_FORMAT", "json"),
            ("MONITOR_LOG_LIMIT", "2/1h"),
            ("RUST_LOG", "info"),
        ];
        let program = Path::new(env!("CARGO_BIN_EXE_places"));
        let output = command(program, &settings).output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let written = count(&lines, "line ") as u64;
        let suppressed = lines
            .iter()
            .filter_map(|line| line["fields"]["suppressed"].as_u64());
        assert_eq!(written + suppressed.sum::<u64>(), 2_000);
    }
}

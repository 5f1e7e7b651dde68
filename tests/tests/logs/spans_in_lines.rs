//! Lines of the runtime's own subscriber, which opens the spans of calls only once they are needed, beside
//! those of the same layer in a subscriber that opens all at once.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Returns the lines of the program, with ids and times replaced by what has to be equal.
fn lines(arguments: &[&str]) -> Vec<Value> {
    let program = Path::new(env!("CARGO_BIN_EXE_spans_in_lines"));
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("MONITOR_ADDR", "127.0.0.1:0")
        .env("MONITOR_LOG_FORMAT", "json")
        .output()
        .expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut ids = HashMap::new();
    let lines = text.lines().map(|line| {
        let mut value: Value = serde_json::from_str(line).expect("JSON");
        // A map has each key once.
        assert_eq!(value.to_string().len(), line.len(), "a key twice: {line}");
        comparable(&mut value, &mut ids);
        value
    });
    let is = |message: &'static str| move |line: &Value| line["fields"]["message"] == message;
    let lines: Vec<Value> = lines.collect();
    let begin = lines.iter().position(is("begin")).expect("a first line");
    let end = lines.iter().position(is("end")).expect("a last line");
    lines[begin..=end].to_vec()
}

fn comparable(line: &mut Value, ids: &mut HashMap<String, usize>) {
    assert!(line["timestamp"].take().is_string());
    for name in ["trace_id", "span_id"] {
        if let Some(Value::String(id)) = line.get(name).cloned() {
            let next = ids.len();
            line[name] = (*ids.entry(id).or_insert(next)).into();
        }
    }
    let spans = line.get_mut("spans").and_then(Value::as_array_mut);
    let mut durations: Vec<&mut Value> = spans.into_iter().flatten().collect();
    let duration = |fields: &mut Value| {
        if fields["duration_ms"].is_number() {
            fields["duration_ms"] = 0.into();
        }
    };
    for span in &mut durations {
        duration(span);
    }
    duration(&mut line["fields"]);
}

#[test]
fn a_field_with_the_name_of_one_of_the_runtimes_has_another_key() {
    let all = lines(&[]);
    let first = |message: &str| {
        let mut found = all
            .iter()
            .filter(|line| line["fields"]["message"] == message);
        found
            .next()
            .unwrap_or_else(|| panic!("no line `{message}`"))
    };
    let mut own = first("named ok").clone();
    own["fields"]["duration_ms"].take();
    let fields = json!({
        "message": "named ok", "function": "named", "result": "ok", "duration_ms": null,
        "before": "b", "name_": 2, "name": 1,
    });
    assert_eq!(own["fields"], fields, "a line has no name of its own");
    let named = json!({ "before": "b", "name__": 2, "name_": 1, "name": "named" });
    assert_eq!(own["spans"], json!([named]));
    let inner = json!({ "name_": "text", "name": "named_in_words" });
    assert_eq!(first("named_in_words ok")["spans"], json!([named, inner]));
    assert_eq!(first("said in words")["spans"], json!([named, inner]));
    let theirs = json!({ "name_": "text", "name__": "\"text\"", "name": "theirs" });
    let in_theirs = |line: &&Value| line["spans"][1] == theirs;
    assert!(all.iter().any(|line| in_theirs(&line)), "{theirs}");

    let panicked = first("panics_with_fields panicked");
    let fields = &panicked["fields"];
    assert_eq!(fields["thread"], "main");
    let declared = ["thread_", "thread__", "backtrace_", "name"].map(|name| &fields[name]);
    assert_eq!(json!(declared), json!([1, 2, "b", 3]), "{panicked}");
}

#[test]
fn calls_whose_spans_open_late_have_the_lines_of_those_whose_spans_open_at_once() {
    let (own, layer) = (lines(&[]), lines(&["layer"]));
    for (at, (own, layer)) in own.iter().zip(&layer).enumerate() {
        assert_eq!(own, layer, "line {at}");
    }
    assert_eq!(own.len(), layer.len());
    let with_spans = |line: &&Value| line["spans"].as_array().is_some_and(|all| all.len() > 1);
    assert!(own.iter().filter(with_spans).count() > 300, "{}", own.len());
}

#[test]
fn another_thread_with_a_subscriber_of_its_own_changes_no_line() {
    let (own, scoped) = (lines(&["quiet"]), lines(&["scoped"]));
    for (at, (own, scoped)) in own.iter().zip(&scoped).enumerate() {
        assert_eq!(own, scoped, "line {at}");
    }
    assert_eq!(own.len(), scoped.len());
}

//! The repository's own rules, as far as a program can check them.

mod circles;
mod foreign;
mod lengths;
mod prose;
mod rooms;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a workspace")
        .to_owned()
}

/// Rust sources below `folder`, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

fn is_test(path: &Path) -> bool {
    let inside = path.strip_prefix(root()).unwrap_or(path);
    let mut parts = inside.components();
    parts.any(|part| part.as_os_str().to_string_lossy().starts_with("tests"))
}

/// Returns the lines outside the unit tests of a file.
fn without_tests(text: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            // A module in the file ends at a brace in the first column.
            if lines.next().is_some_and(|item| !item.ends_with(';')) {
                lines.by_ref().find(|line| *line == "}");
            }
        } else {
            kept.push(line);
        }
    }
    kept
}

/// Returns the files of the runtime that contain `needle` outside comments and tests, by their path
/// below `src`.
fn users_of(needle: &str) -> Vec<String> {
    let src = root().join("monitor-runtime/src");
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let mut users = Vec::new();
    for (path, text) in sources("monitor-runtime/src") {
        let lines = without_tests(&text);
        if !is_test(&path)
            && lines
                .iter()
                .filter(|line| is_code(line))
                .any(|line| line.contains(needle))
        {
            let inside = path.strip_prefix(&src).expect("below src");
            users.push(inside.to_string_lossy().into_owned());
        }
    }
    users.sort();
    users
}

#[test]
fn metric_names_have_one_home() {
    for name in [
        "\"function_calls_",
        "\"build_info",
        "\"monitor_log_",
        "\"monitor_captures_",
        "\"monitor_health_",
        "\"monitor_label_",
        "\"monitor_objective_",
        "\"monitor_trace",
        "\"monitor_incidents_",
        "\"http_requests_",
        "\"http_server_",
        "\"process_cpu",
        "\"process_open",
        "\"tokio_",
    ] {
        assert_eq!(users_of(name), ["metrics/mod.rs"], "{name}");
    }
}

/// The wire format of OTLP is stable, and the SDK is not.
#[test]
fn the_runtime_needs_no_crate_of_opentelemetry() {
    let tree = monitor_tests::cargo()
        .args([
            "tree",
            "--offline",
            "--package",
            "monitor-runtime",
            "--all-features",
        ])
        .args(["--edges", "normal,build", "--prefix", "none"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    assert!(tree.contains("prost v"), "{tree}");
    assert!(!tree.contains("opentelemetry"), "{tree}");
}

#[test]
fn unsafe_code_stands_in_eleven_files() {
    let known = [
        "base/clock/tsc.rs",
        "base/hooks/mod.rs",
        "call/guard.rs",
        "callsite/labels/declared.rs",
        "callsite/registry.rs",
        "context/counter_cache.rs",
        "context/own_shards.rs",
        "context/threads.rs",
        "context/visible_stack.rs",
        "sentry/stack.rs",
        "traces/slots.rs",
    ];
    assert_eq!(users_of("unsafe {"), known);
}

#[test]
fn environment_variables_have_one_home() {
    // The names stand in the table of `settings/config`, which `start()` hands the environment.
    assert_eq!(users_of("env::var"), ["monitor/start.rs"]);
}

#[test]
fn state_of_the_whole_process_is_set_in_known_places() {
    for (setter, places) in [
        ("set_global_recorder", &["monitor/start.rs"][..]),
        ("set_global_default", &["monitor/subscriber.rs"]),
        ("subscriber::install(", &["monitor/started_log.rs"]),
        ("lifecycle.follow(", &["monitor/start.rs"]),
        ("set_hook(", &["sentry/panic_hook.rs"]),
        // A capture of the test kit needs the hook as well.
        (
            "sentry::install_hook(",
            &["monitor/start.rs", "testkit/mod.rs"],
        ),
        // `scope.rs` gives a client to a copy that only an event has.
        ("bind_client", &["sentry/mod.rs", "sentry/scope.rs"]),
    ] {
        assert_eq!(users_of(setter), places, "{setter}");
    }
}

#[test]
fn nothing_is_left_to_do_or_muted() {
    for folder in ["monitor-macros/src", "monitor-runtime/src", "examples"] {
        for (path, text) in sources(folder) {
            for word in [
                "todo!(",
                "unimplemented!(",
                "dbg!(",
                "allow(dead_code)",
                "#[ignore",
            ] {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn comments_open_with_a_verb_or_a_noun_and_name_the_actor() {
    let mut faults = Vec::new();
    for folder in ["monitor-macros/src", "monitor-runtime/src"] {
        for (path, text) in sources(folder) {
            let path = path.strip_prefix(root()).unwrap_or(&path).to_owned();
            // Snapshots are what the macros print.
            if is_test(&path) || path.iter().any(|part| part == "snapshots") {
                continue;
            }
            let found = prose::faults(&text).into_iter();
            faults.extend(found.map(|fault| format!("{}: {fault}", path.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

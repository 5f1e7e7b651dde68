//! The repository's own rules, as far as a program can check them.

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
    path.components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with("tests"))
}

/// What stands before the unit tests of a file.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Files of the runtime, without tests, that contain `needle` outside comments.
fn users_of(needle: &str) -> Vec<String> {
    let mut users: Vec<String> = sources("monitor-runtime/src")
        .iter()
        .filter(|(path, _)| !is_test(path))
        .filter(|(_, text)| {
            let mut lines = code(text)
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            lines.any(|line| line.contains(needle))
        })
        .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
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
        "\"http_requests_",
        "\"http_server_",
        "\"process_cpu",
        "\"process_open",
        "\"tokio_",
    ] {
        assert_eq!(users_of(name), ["metrics.rs"], "{name}");
    }
}

#[test]
fn unsafe_code_stands_in_five_files() {
    assert_eq!(
        users_of("unsafe {"),
        ["hooks.rs", "list.rs", "open.rs", "stack.rs", "tsc.rs"]
    );
}

#[test]
fn environment_variables_have_one_home() {
    // The names stand in the table of `config.rs`; `init.rs` hands it the environment.
    assert_eq!(users_of("env::var"), ["init.rs"]);
}

#[test]
fn state_of_the_whole_process_is_set_in_known_places() {
    assert_eq!(users_of("set_global_recorder"), ["init.rs"]);
    assert_eq!(users_of("set_global_default"), ["trace.rs"]);
    assert_eq!(users_of("set_hook"), ["panic.rs"]);
    // `scope.rs` gives a client to a copy that only an event has.
    assert_eq!(users_of("bind_client"), ["mod.rs", "scope.rs"]);
    for installer in [
        "trace::install(",
        "report::install_hook(",
        "lifecycle.follow(",
    ] {
        assert!(
            users_of(installer).contains(&"init.rs".to_owned()),
            "{installer}"
        );
        assert!(
            users_of(installer).len() <= 2,
            "{installer}: {:?}",
            users_of(installer)
        );
    }
}

#[test]
fn arrows_point_down() {
    // Each group may use those below it, never those above or beside it.
    let layers: &[&[&str]] = &[
        &["init"],
        &["monitor"],
        &["lifecycle", "server"],
        &["slo"],
        &["health", "call", "http"],
        &["inventory"],
        &["site", "metrics", "report"],
        &["trace_context"],
    ];
    for (depth, layer) in layers.iter().enumerate() {
        for module in *layer {
            let above = layers[..depth].iter().flat_map(|layer| layer.iter());
            for forbidden in above {
                for (path, text) in sources("monitor-runtime/src") {
                    let inside = path
                        .strip_prefix(root().join("monitor-runtime/src"))
                        .unwrap();
                    let name = inside
                        .components()
                        .next()
                        .unwrap()
                        .as_os_str()
                        .to_string_lossy();
                    if name.trim_end_matches(".rs") == *module && !is_test(&path) {
                        let uses = format!("crate::{forbidden}");
                        let found = code(&text).lines().find(|line| {
                            line.trim_start().starts_with("use ") && line.contains(&uses)
                        });
                        // What `start()` gives out and `shutdown()` gives back.
                        let claim =
                            *module == "monitor" && found == Some("use crate::init::Claim;");
                        assert!(found.is_none() || claim, "{}: {found:?}", path.display());
                    }
                }
            }
        }
    }
}

#[test]
fn files_are_of_a_size_one_can_read() {
    for folder in ["monitor-macros/src", "monitor-runtime/src"] {
        for (path, text) in sources(folder) {
            let lines = code(&text).lines().count();
            assert!(
                is_test(&path) || lines <= 350,
                "{}: {lines} lines",
                path.display()
            );
        }
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

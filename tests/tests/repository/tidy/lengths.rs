//! The lengths of source files and of their functions.

use super::{is_test, sources, without_tests};

/// The most lines of a source file, without its unit tests.
const MAX_LINES: usize = 300;
/// The most lines of code in the body of a function, without comments.
const MAX_BODY: usize = 60;

#[test]
fn source_files_are_of_a_size_one_can_read() {
    let mut long = Vec::new();
    for folder in ["monitor-macros/src", "monitor-runtime/src"] {
        for (path, text) in sources(folder) {
            let lines = without_tests(&text).len();
            if lines > MAX_LINES && !is_test(&path) {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "more than {MAX_LINES} lines: {long:#?}");
}

#[test]
fn functions_are_of_a_size_one_can_read() {
    let mut long = Vec::new();
    for folder in ["monitor-macros/src", "monitor-runtime/src"] {
        for (path, text) in sources(folder) {
            if !is_test(&path) {
                let found = long_functions(&without_tests(&text)).into_iter();
                long.extend(found.map(|function| format!("{}: {function}", path.display())));
            }
        }
    }
    assert!(long.is_empty(), "more than {MAX_BODY} lines: {long:#?}");
}

#[test]
fn a_planted_long_function_is_found() {
    let of = |kind: &str, lines| {
        let body = "        let _ = 1;\n".repeat(lines);
        let text = format!(
            "impl A {{\n    {kind} f(\n        self,\n    ) {{\n{body}\n        // No code.\n    }}\n}}\n"
        );
        long_functions(&without_tests(&text))
    };
    for kind in [
        "fn",
        "pub(super) const fn",
        "pub(in a::b) fn",
        "extern \"C\" fn",
    ] {
        assert_eq!(of(kind, MAX_BODY), [""; 0], "{kind}");
        assert_eq!(of(kind, MAX_BODY + 1), ["f, 61 lines"], "{kind}");
    }
}

/// Returns the functions whose bodies have more than [`MAX_BODY`] lines, in code as `rustfmt` leaves it.
fn long_functions(lines: &[&str]) -> Vec<String> {
    let mut long = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function(line) else {
            continue;
        };
        let rest = &lines[at..];
        let head = rest.iter().position(|line| line.ends_with(['{', ';', '}']));
        let Some(head) = head.filter(|head| rest[*head].ends_with('{')) else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let is_end = |line: &str| line.len() == indent + 1 && line.ends_with('}');
        let body = rest[head + 1..].iter().take_while(|line| !is_end(line));
        let is_code = |line: &str| !line.is_empty() && !line.starts_with("//");
        let length = body.filter(|line| is_code(line.trim())).count();
        if length > MAX_BODY {
            long.push(format!("{name}, {length} lines"));
        }
    }
    long
}

/// Returns the name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_keyword = |word: &str| {
        let is_modifier = ["const", "async", "unsafe", "extern"].contains(&word);
        // `pub(in path)` and `extern "C"` are two words.
        is_modifier || word.starts_with("pub") || word.starts_with('"') || word.ends_with(')')
    };
    let begins = before.split_whitespace().all(is_keyword);
    begins.then(|| after.split(['(', '<']).next()).flatten()
}

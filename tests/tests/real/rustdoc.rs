//! Documentation of a monitored function, as rustdoc writes it.

use std::fs;

use monitor_tests::{cargo, target};

#[test]
fn documentation_shows_an_async_fn() {
    let mut doc = cargo();
    // As `.ci/run` documents the workspace: other packages or features would check all dependencies again.
    doc.args([
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--all-features",
        "--lib",
        "--bins",
        "--example",
        "sentry_local",
    ]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    let status = doc.status().expect("cargo runs");
    assert!(status.success(), "cargo doc: {status}");
    let page = "doc/hostile_edition2021/functions/fn.borrowed_later.html";
    let page = fs::read_to_string(target().join(page)).expect("a page of documentation");
    assert!(page.contains("pub async fn "), "{page}");
}

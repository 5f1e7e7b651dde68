//! Compares the table of settings with the runtime, and follows the links between pages.

use std::path::{Path, PathBuf};

use monitor_runtime::SETTINGS;

#[test]
fn the_table_of_settings_is_the_one_the_runtime_uses() {
    let page = include_str!("../../../docs/settings.md");
    for setting in SETTINGS {
        let row = format!(
            "| `{}` | `.{}(..)` | {} | {} | {} |",
            setting.variable, setting.method, setting.meaning, setting.default, setting.allowed,
        );
        assert!(
            page.contains(&row),
            "docs/settings.md lacks this row:\n{row}"
        );
    }
    let rows = page
        .lines()
        .filter(|line| line.contains("| `.") && line.contains("(..)` |"));
    assert_eq!(
        rows.count(),
        SETTINGS.len(),
        "docs/settings.md has rows for settings that do not exist"
    );
}

/// Returns the names by which a link can lead to the headings of a page, as GitHub makes them.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let name = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
        text.chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-")
    };
    headings.map(name).collect()
}

#[test]
fn each_link_leads_to_a_file_and_a_heading_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages: Vec<PathBuf> = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let docs = std::fs::read_dir(root.join("docs")).expect("a directory");
    pages.extend(docs.map(|entry| entry.expect("an entry").path()));
    pages.retain(|path| path.extension().is_some_and(|kind| kind == "md"));
    let mut followed = 0;
    for path in &pages {
        let page = std::fs::read_to_string(path).expect("a page");
        for link in page
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.starts_with("http") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let directory = path.parent().expect("a directory");
            let target = if file.is_empty() {
                path.clone()
            } else {
                directory.join(file)
            };
            assert!(
                target.exists(),
                "{} has a dead link: {link}",
                path.display()
            );
            if !heading.is_empty() {
                let there = std::fs::read_to_string(&target).expect("a page");
                let known = anchors(&there).iter().any(|name| name == heading);
                assert!(known, "{} has a link to no heading: {link}", path.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 30, "only {followed} links were found");
}

//! What the README says of settings is what the runtime does.

use monitor_runtime::SETTINGS;

#[test]
fn the_table_of_settings_is_the_one_the_runtime_uses() {
    let readme = include_str!("../README.md");
    for setting in SETTINGS {
        let row = format!(
            "| `{}` | `.{}(..)` | {} | {} | {} |",
            setting.variable, setting.method, setting.meaning, setting.default, setting.allowed,
        );
        assert!(readme.contains(&row), "README.md lacks this row:\n{row}");
    }
    let rows = readme
        .lines()
        .filter(|line| line.contains("| `.") && line.contains("(..)` |"));
    assert_eq!(
        rows.count(),
        SETTINGS.len(),
        "README.md has rows for settings that do not exist"
    );
}

//! Compares the table of settings in the documentation with the runtime.

use monitor_runtime::SETTINGS;

#[test]
fn the_table_of_settings_is_the_one_the_runtime_uses() {
    let page = include_str!("../docs/settings.md");
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

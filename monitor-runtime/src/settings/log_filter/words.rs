//! Recognizes words meant as levels: those of other tools, and misspelt ones.

/// The levels, and their names in other tools: syslog, `log4j`, `java.util.logging`, Python, Go's
/// zap, npm, .NET, and switches.
const LEVELS: [(&str, &[&str]); 6] = [
    (
        "off",
        &[
            "disable", "disabled", "false", "mute", "never", "no", "none", "nothing", "null",
            "quiet", "silent",
        ],
    ),
    (
        "error",
        &[
            "alert",
            "crit",
            "critical",
            "dpanic",
            "emerg",
            "emergency",
            "err",
            "errors",
            "fail",
            "failure",
            "fatal",
            "panic",
            "severe",
        ],
    ),
    ("warn", &["warning", "warnings"]),
    (
        "info",
        &[
            "config",
            "default",
            "enable",
            "enabled",
            "information",
            "informational",
            "log",
            "normal",
            "notice",
            "on",
            "success",
            "true",
            "y",
            "yes",
        ],
    ),
    ("debug", &["dbg", "dev", "development", "fine", "verbose"]),
    (
        "trace",
        &[
            "all",
            "everything",
            "finer",
            "finest",
            "full",
            "max",
            "silly",
            "spam",
            "verbose2",
        ],
    ),
];

/// Returns the level that a word may have been meant for.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    if bare.parse::<f64>().is_ok() {
        // Numbers of `tracing` rise with verbosity; those of Python and .NET do not.
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        let exact = bare
            .parse()
            .ok()
            .and_then(|at: usize| levels.get(at).copied());
        return Some(exact.unwrap_or("info"));
    }
    let named = |(level, names): &(&'static str, &[&str])| {
        let of_one_letter = bare.len() == 1 && level.starts_with(bare);
        (*level == bare || of_one_letter || names.contains(&bare)).then_some(*level)
    };
    LEVELS.iter().find_map(named).or_else(|| misspelt(bare))
}

/// Returns the level whose name, or whose longer other name, is one edit away.
fn misspelt(word: &str) -> Option<&'static str> {
    const LONG: usize = 6;
    let near = |(level, names): &(&'static str, &[&str])| {
        let mut names = names.iter().filter(|name| name.len() >= LONG);
        let is_near = distance(word, level) <= 1 || names.any(|name| distance(word, name) <= 1);
        is_near.then_some(*level)
    };
    LEVELS.iter().find_map(near)
}

/// Returns the number of characters to insert, delete, replace or swap with their neighbour to turn
/// one word into the other: the optimal string alignment distance.
pub(super) fn distance(a: &str, b: &str) -> usize {
    const MAX_BYTES: usize = 64;
    let a: Vec<char> = a.chars().take(MAX_BYTES).collect();
    let b: Vec<char> = b.chars().take(MAX_BYTES).collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_edit_from_another() {
        for (a, b, edits) in [
            ("info", "info", 0),
            ("inof", "info", 1),
            ("inf", "info", 1),
            ("infoo", "info", 1),
            ("indo", "info", 1),
            ("", "off", 3),
            ("größe", "grösse", 2),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }
}

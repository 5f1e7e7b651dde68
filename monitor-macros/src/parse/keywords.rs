//! The keys, options and reserved names of the attribute, and suggestions for misspelt ones.

/// Every key that can be written.
pub(crate) const KEYS: [&str; 25] = [
    "name",
    "target",
    "level",
    "parent",
    "follows_from",
    "fields",
    "args",
    "skip",
    "skip_all",
    "err",
    "ret",
    "ok_if",
    "error_if",
    "classify",
    "labels",
    "buckets",
    "objective",
    "slow",
    "sentry",
    "metrics",
    "latency",
    "span",
    "log",
    "track_concurrency",
    "crate",
];

/// Levels as they are written in a string, and as constants of `Level`.
pub(crate) const LEVELS: [(&str, &str); 5] = [
    ("trace", "TRACE"),
    ("debug", "DEBUG"),
    ("info", "INFO"),
    ("warn", "WARN"),
    ("error", "ERROR"),
];

/// Field names that the runtime writes itself.
pub(crate) const RESERVED: [&str; 10] = [
    "message",
    "function",
    "result",
    "duration_ms",
    "error",
    "error_class",
    "cancel_reason",
    "module",
    "return",
    "threshold_ms",
];

/// Returns `, did you mean …?` if a known word is near, otherwise nothing.
pub(crate) fn suggest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|word| (distance(unknown, word), word))
        .filter(|&(distance, word)| distance <= 2 && 2 * distance < word.len())
        .min()
        .map_or_else(String::new, |(_, word)| format!(", did you mean `{word}`?"))
}

/// Returns the words in backticks with commas between them.
pub(crate) fn list<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<_> = words
        .into_iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    words.join(", ")
}

/// Returns the number of insertions, removals and changes that lead from `a` to `b`; two swapped letters are one
/// (the optimal string alignment distance).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// The options of `#[monitor(…)]` on an error type and its variants.
pub(crate) const CLASSIFY_OPTIONS: [&str; 5] = ["ok", "expected", "transparent", "class", "crate"];

/// Refuses a second attribute on one function.
pub(crate) const TWICE: &str = "`#[monitored]` is given twice; merge the arguments into one";

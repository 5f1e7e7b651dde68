//! How the log is written.

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One coloured line per event, for people.
    Pretty,
    /// One JSON object per line, for machines.
    Json,
}

//! The two formats of log lines.

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One coloured line per event, for people.
    Pretty,
    /// One JSON object per line, for machines.
    Json,
}

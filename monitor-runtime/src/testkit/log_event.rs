//! An event of the log, as a capture keeps it.

use std::fmt;

use tracing::Level;

/// An event of `tracing`.
#[derive(Clone, Debug)]
pub struct LogEvent {
    /// Its level.
    pub level: Level,
    /// Its target: the module, unless the event names another.
    pub target: String,
    /// Its message.
    pub message: String,
    /// Its other fields, as text.
    pub fields: Vec<(String, String)>,
    /// The spans it happened in, outermost first, with their fields.
    pub spans: Vec<(&'static str, Vec<(String, String)>)>,
}

impl LogEvent {
    /// Returns the value of a field, as text.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for LogEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {} {}: {}", self.level, self.target, self.message)?;
        self.fields
            .iter()
            .try_for_each(|(name, value)| write!(f, " {name}={value:?}"))
    }
}

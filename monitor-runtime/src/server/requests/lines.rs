//! The log lines of a request as a document.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::values::{timestamp, value};
use crate::traces::LocalTrace;
use crate::traces::Story;
use crate::traces::lines::{Line, LineField};

/// A line of the log.
#[derive(Serialize)]
pub(in crate::server) struct LineDocument {
    /// RFC 3339.
    pub(super) timestamp: String,
    /// The span that it was written in.
    pub(super) span_id: String,
    pub(super) level: &'static str,
    pub(super) target: Cow<'static, str>,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) fields: Map<String, Value>,
    /// `true` if the log shows it.
    pub(super) logged: bool,
}

impl LineDocument {
    /// Returns the lines of a local trace.
    pub(super) fn all(trace: &LocalTrace, story: &Story) -> Vec<Self> {
        let lines = story.lines.iter();
        lines.map(|line| Self::new(trace, line)).collect()
    }

    fn new(trace: &LocalTrace, line: &Line) -> Self {
        Self {
            timestamp: timestamp(line.at),
            span_id: trace.span_id(line.span).to_string(),
            level: line.level.as_str(),
            target: line.target.clone(),
            message: line.message.clone(),
            fields: line.fields.iter().flat_map(entries).collect(),
            logged: line.is_logged,
        }
    }
}

/// Returns a field, and another with the sources of an error.
fn entries(field: &LineField) -> impl Iterator<Item = (String, Value)> {
    let sources = (!field.sources().is_empty()).then(|| {
        let name = format!("{}.sources", field.name);
        (name, Value::from(field.sources().join(": ")))
    });
    [(field.name.to_owned(), value(&field.value))]
        .into_iter()
        .chain(sources)
}

//! The requests in flight as a document.

use serde::Serialize;
use serde_json::{Map, Value};

use super::document::{fields, milliseconds};
use crate::traces::LocalTrace;
use crate::traces::tree::tree;

/// The requests in flight.
#[derive(Serialize)]
pub(in crate::server) struct InFlight {
    /// The number of all of them.
    #[serde(rename = "in_flight")]
    pub(super) all: usize,
    /// The number of those that are not listed, because the list is too long.
    pub(super) left_out: usize,
    /// The oldest first.
    pub(super) requests: Vec<Running>,
}

/// A request in flight.
#[derive(Serialize)]
pub(in crate::server) struct Running {
    pub(super) trace_id: String,
    pub(super) name: String,
    pub(super) age_ms: f64,
    /// The declared fields of the call that it began with.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) fields: Map<String, Value>,
    /// The open calls, from the outermost down.
    pub(super) calls: Vec<OpenCall>,
}

/// A call that runs.
#[derive(Serialize)]
pub(in crate::server) struct OpenCall {
    pub(super) name: String,
    pub(super) depth: usize,
    pub(super) age_ms: f64,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) fields: Map<String, Value>,
}

impl Running {
    pub(super) fn new(trace: &LocalTrace, now: u64) -> Self {
        let story = trace.read();
        let open = tree(&story.spans, now).into_iter();
        let open = open.filter(|node| node.depth > 0 && node.span.ended.is_none());
        Self {
            trace_id: trace.ids.trace.to_string(),
            name: trace.name().to_string(),
            age_ms: milliseconds(trace.began, now),
            fields: story.spans.first().map(fields).unwrap_or_default(),
            calls: open
                .map(|node| OpenCall {
                    name: node.span.subject.name().to_string(),
                    depth: node.depth,
                    age_ms: milliseconds(node.span.began, now),
                    fields: fields(node.span),
                })
                .collect(),
        }
    }

    /// Returns roughly the bytes of it as JSON.
    pub(super) fn bytes(&self) -> usize {
        let field =
            |(name, value): (&String, &Value)| name.len() + 8 + value.as_str().map_or(8, str::len);
        let call =
            |call: &OpenCall| 48 + call.name.len() + call.fields.iter().map(field).sum::<usize>();
        let own: usize = self.fields.iter().map(field).sum();
        100 + self.name.len() + own + self.calls.iter().map(call).sum::<usize>()
    }
}

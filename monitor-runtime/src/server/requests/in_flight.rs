//! The requests in flight as a document.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::document::{fields, milliseconds};
use crate::context::outermost_calls::{OutermostCall, outermost_calls};
use crate::traces::tree::tree;
use crate::traces::{LocalTrace, live};

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
    /// Absent for an outermost call that has no record yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<String>,
    pub(super) name: String,
    /// The thread that runs an outermost call without a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread: Option<String>,
    pub(super) age_ms: f64,
    /// The time in which it was woken and no thread of the runtime had taken it up; absent without such a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scheduled_ms: Option<f64>,
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

/// The source of a [`Running`].
pub(super) enum Source {
    Trace(Arc<LocalTrace>),
    Call(OutermostCall),
}

impl Source {
    /// Returns all that is in flight, the oldest first.
    pub(super) fn all() -> Vec<Self> {
        // First, so that a call whose trace begins meanwhile is in both and not in neither.
        let mut calls = outermost_calls();
        let traces = live::all();
        calls.retain(|call| traces.iter().all(|trace| trace.began != call.began));
        let calls = calls.into_iter().map(Self::Call);
        let mut all: Vec<Self> = traces.into_iter().map(Self::Trace).chain(calls).collect();
        all.sort_by_key(Self::began);
        all
    }

    /// Returns its start, in ticks of the clock.
    pub(super) fn began(&self) -> u64 {
        match self {
            Self::Trace(trace) => trace.began,
            Self::Call(call) => call.began,
        }
    }
}

impl Running {
    pub(super) fn new(source: &Source, now: u64) -> Self {
        match source {
            Source::Trace(trace) => Self::of_trace(trace, now),
            Source::Call(call) => Self {
                trace_id: None,
                name: call.site.function().to_owned(),
                thread: Some(call.thread.name.clone()),
                age_ms: milliseconds(call.began, now),
                scheduled_ms: None,
                fields: Map::new(),
                calls: Vec::new(),
            },
        }
    }

    fn of_trace(trace: &LocalTrace, now: u64) -> Self {
        let story = trace.read();
        let root = story.spans.first();
        let scheduled = root.and_then(|root| root.scheduled(now));
        let scheduled = scheduled.filter(|ticks| *ticks > 0);
        let open = tree(&story.spans, now).into_iter();
        let open = open.filter(|node| node.depth > 0 && node.span.ended.is_none());
        Self {
            trace_id: Some(trace.ids.trace.to_string()),
            name: trace.name().to_string(),
            thread: None,
            age_ms: milliseconds(trace.began, now),
            scheduled_ms: scheduled.map(|ticks| milliseconds(0, ticks)),
            fields: root.map(fields).unwrap_or_default(),
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
        let thread = self.thread.as_ref().map_or(0, String::len);
        100 + self.name.len() + thread + own + self.calls.iter().map(call).sum::<usize>()
    }
}

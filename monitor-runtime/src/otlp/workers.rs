//! The threads that send traces and lines.

use std::time::Duration;

use super::collector::Collector;
use super::encode::{SCHEMA_URL, lines, scope, spans};
use super::messages::common::Resource;
use super::messages::logs::{ExportLogsServiceRequest, ResourceLogs};
use super::messages::trace::{ExportTraceServiceRequest, ResourceSpans, ScopeSpans};
use crate::base::outbox::Turn;
use crate::base::unwind::quietly;
use crate::logs::export::LINES;
use crate::settings::config::otlp::{Endpoint, Signal};
use crate::traces::LocalTrace;
use crate::traces::export::ENDED;

/// Bytes of traces and lines, as they wait, that make one request.
const BATCH: usize = 512 * 1024;

/// The sender of traces.
pub(super) struct Traces {
    collector: Collector,
    resource: Resource,
    delay: Duration,
}

impl Traces {
    pub(super) fn new(endpoint: Endpoint, resource: Resource, delay: Duration) -> Self {
        Self {
            collector: Collector::new(Signal::Traces, endpoint),
            resource,
            delay,
        }
    }

    pub(super) fn run(mut self, turn: Turn) {
        while let Some(batch) = ENDED.take(turn, BATCH, self.delay) {
            quietly(|| {
                let spans: Vec<_> = batch.iter().flat_map(|trace| spans::spans(trace)).collect();
                drop(batch);
                let items = spans.len() as u64;
                let scope_spans = ScopeSpans {
                    scope: Some(scope()),
                    spans,
                };
                let request = ExportTraceServiceRequest {
                    resource_spans: vec![ResourceSpans {
                        resource: Some(self.resource.clone()),
                        scope_spans: vec![scope_spans],
                        schema_url: SCHEMA_URL.to_owned(),
                    }],
                };
                if items > 0 {
                    self.collector
                        .send(&request, items, |time| ENDED.pause(turn, time));
                }
            });
            ENDED.sent(turn);
        }
    }
}

/// Returns the number of spans of a trace that would have been exported.
pub(super) fn unsent_spans(trace: &LocalTrace) -> usize {
    let (story, left) = trace.take_for_export();
    story.spans.len() - left.len()
}

/// The sender of log lines.
pub(super) struct Lines {
    collector: Collector,
    resource: Resource,
    delay: Duration,
}

impl Lines {
    pub(super) fn new(endpoint: Endpoint, resource: Resource, delay: Duration) -> Self {
        Self {
            collector: Collector::new(Signal::Logs, endpoint),
            resource,
            delay,
        }
    }

    pub(super) fn run(mut self, turn: Turn) {
        while let Some(batch) = LINES.take(turn, BATCH, self.delay) {
            quietly(|| {
                let items = batch.len() as u64;
                let request = ExportLogsServiceRequest {
                    resource_logs: vec![ResourceLogs {
                        resource: Some(self.resource.clone()),
                        scope_logs: lines::scopes(batch),
                        schema_url: SCHEMA_URL.to_owned(),
                    }],
                };
                self.collector
                    .send(&request, items, |time| LINES.pause(turn, time));
            });
            LINES.sent(turn);
        }
    }
}

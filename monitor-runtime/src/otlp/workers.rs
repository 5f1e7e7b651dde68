//! The threads that send traces and lines.

use std::time::Duration;

use prost::Message;

use super::collector::Collector;
use super::encode::{SCHEMA_URL, lines, push_message, scope, spans};
use super::messages::common::Resource;
use super::messages::logs::{ExportLogsServiceRequest, ResourceLogs};
use super::messages::trace::{ResourceSpans, ScopeSpans};
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
    encoder: spans::Encoder,
    /// Messages without spans.
    resource: ResourceSpans,
    scope: ScopeSpans,
    delay: Duration,
}

/// Returns the request of encoded spans: the fields that enclose them are encoded around them.
pub(super) fn request(resource: &[u8], scope: &[u8], spans: &[u8]) -> Vec<u8> {
    /// The numbers of `ResourceSpans.scope_spans` and of the request's `resource_spans`.
    const SCOPE_SPANS: u32 = 2;
    const RESOURCE_SPANS: u32 = 1;
    let mut scope_spans = Vec::with_capacity(spans.len() + scope.len() + 16);
    push_message(SCOPE_SPANS, &[scope, spans], &mut scope_spans);
    let mut request = Vec::with_capacity(scope_spans.len() + resource.len() + 16);
    push_message(RESOURCE_SPANS, &[resource, &scope_spans], &mut request);
    request
}

impl Traces {
    pub(super) fn new(endpoint: Endpoint, resource: Resource, delay: Duration) -> Self {
        Self {
            collector: Collector::new(Signal::Traces, endpoint),
            encoder: spans::Encoder::default(),
            resource: ResourceSpans {
                resource: Some(resource),
                scope_spans: Vec::new(),
                schema_url: SCHEMA_URL.to_owned(),
            },
            scope: ScopeSpans {
                scope: Some(scope()),
                spans: Vec::new(),
            },
            delay,
        }
    }

    pub(super) fn run(mut self, turn: Turn) {
        let (resource, scope) = (self.resource.encode_to_vec(), self.scope.encode_to_vec());
        let mut spans = Vec::new();
        while let Some(batch) = ENDED.take(turn, BATCH, self.delay) {
            spans.clear();
            quietly(|| {
                let items = batch
                    .iter()
                    .map(|trace| self.encoder.encode(trace, &mut spans))
                    .sum();
                drop(batch);
                if items > 0 {
                    let body = request(&resource, &scope, &spans);
                    let pause = |time| ENDED.pause(turn, time);
                    self.collector.send(body, items, pause);
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
                if items > 0 {
                    let body = request.encode_to_vec();
                    let pause = |time| LINES.pause(turn, time);
                    self.collector.send(body, items, pause);
                }
            });
            LINES.sent(turn);
        }
    }
}

//! The documents, and how they are made of local traces.

use serde::Serialize;
use serde_json::{Map, Value};

use super::lines::LineDocument;
use super::values::{timestamp, value};
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::base::verdict::Link;
use crate::traces::Story;
use crate::traces::judge::Reason;
use crate::traces::span::Span;
use crate::traces::tree::tree;
use crate::traces::{LocalTrace, Subject};

/// The kept requests.
#[derive(Serialize)]
pub(in crate::server) struct Kept {
    /// The latest first.
    pub(super) requests: Vec<Head>,
}

/// All that is known of one trace.
#[derive(Serialize)]
pub(in crate::server) struct Whole {
    pub(super) trace_id: String,
    /// One for each request of the trace that this process served, the oldest first.
    pub(super) requests: Vec<Request>,
}

/// A request, or the task that a trace began with.
#[derive(Serialize)]
pub(in crate::server) struct Head {
    pub(super) trace_id: String,
    pub(super) name: String,
    /// Absent while it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    /// RFC 3339.
    pub(super) started: String,
    /// So far, for one in flight.
    pub(super) duration_ms: f64,
    /// `null` while it runs.
    pub(super) outcome: Option<&'static str>,
    /// Absent if it was not cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cancel_reason: Option<&'static str>,
}

/// A request in full.
#[derive(Serialize)]
pub(in crate::server) struct Request {
    #[serde(flatten)]
    pub(super) head: Head,
    /// The span in which the caller made the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) caller_span_id: Option<String>,
    /// Spans that are not listed, beyond 200.
    pub(super) spans_left_out: u64,
    /// Spans whose fields or error are not listed, beyond 64 KiB.
    pub(super) details_left_out: u64,
    /// The tree from the root down.
    pub(super) spans: Vec<SpanDocument>,
    /// The last lines of the log, in the order in which they were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) lines: Vec<LineDocument>,
    /// Lines before them that are not listed, beyond 100.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) lines_left_out: u64,
}

#[derive(Serialize)]
pub(in crate::server) struct SpanDocument {
    pub(super) span_id: String,
    /// `null` for the root.
    pub(super) parent_id: Option<String>,
    pub(super) depth: usize,
    /// `request`, `task`, `call`, or `span` for one of another crate.
    pub(super) kind: &'static str,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) module: Option<&'static str>,
    /// After the start of the request.
    pub(super) start_ms: f64,
    /// So far, for one that is open.
    pub(super) duration_ms: f64,
    /// The part of it in which no span inside it ran.
    pub(super) own_ms: f64,
    /// The part of it between the polls of its future; absent for other code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiting_ms: Option<f64>,
    /// The part of the wait after it was woken; present for requests and tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scheduled_ms: Option<f64>,
    /// `null` while it is open.
    pub(super) outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) class: &'static str,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) expected: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) slow: bool,
    /// `true` if the span around it was left out.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) parent_left_out: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) fields: Map<String, Value>,
    /// The error and its sources, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) error: Vec<ErrorLink>,
}

#[derive(Serialize)]
pub(in crate::server) struct ErrorLink {
    #[serde(rename = "type")]
    pub(super) type_name: String,
    pub(super) text: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes one")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes one")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Head {
    pub(super) fn new(trace: &LocalTrace, story: &Story, now: u64) -> Self {
        let root = story.spans.first();
        let end = root.map_or(now, |root| root.end_or(now));
        Self {
            trace_id: trace.ids.trace.to_string(),
            name: trace.name().to_string(),
            reason: story.reason.map(Reason::as_str),
            started: timestamp(trace.at),
            duration_ms: milliseconds(trace.began, end),
            outcome: root.and_then(outcome),
            cancel_reason: root.and_then(cancel_reason),
        }
    }
}

impl Request {
    pub(in crate::server) fn new(trace: &LocalTrace, now: u64) -> Self {
        let story = trace.read();
        let nodes = tree(&story.spans, now);
        let spans = nodes.iter().map(|node| {
            let span = node.span;
            let end = span.end_or(now);
            let links = span.detail.chain.iter();
            SpanDocument {
                span_id: trace.span_id(span.number).to_string(),
                parent_id: span.parent.map(|parent| trace.span_id(parent).to_string()),
                depth: node.depth,
                kind: kind(&span.subject),
                name: span.subject.name().to_string(),
                module: span.subject.module(),
                start_ms: milliseconds(trace.began, span.began),
                duration_ms: milliseconds(span.began, end),
                own_ms: milliseconds(0, node.own_ticks),
                waiting_ms: span.waiting(now).map(|ticks| milliseconds(0, ticks)),
                scheduled_ms: span.scheduled(now).map(|ticks| milliseconds(0, ticks)),
                outcome: outcome(span),
                class: span.detail.class,
                expected: span.detail.expected,
                slow: span.detail.slow,
                parent_left_out: node.is_orphan,
                fields: fields(span),
                error: links.map(ErrorLink::from).collect(),
            }
        });
        Self {
            head: Head::new(trace, &story, now),
            caller_span_id: trace.remote_parent.map(|id| id.to_string()),
            spans_left_out: story.left_out,
            details_left_out: story.cut,
            spans: spans.collect(),
            lines: LineDocument::all(trace, &story),
            lines_left_out: story.lines_left_out,
        }
    }
}

impl From<&Link> for ErrorLink {
    fn from(link: &Link) -> Self {
        Self {
            type_name: link.type_name.clone(),
            text: link.text.clone(),
        }
    }
}

fn outcome(span: &Span) -> Option<&'static str> {
    let (_, outcome) = span.ended?;
    Some(match outcome {
        Outcome::Panic => "panic",
        other => other.as_str(),
    })
}

/// Returns the class of a span that was cancelled, which is the reason.
fn cancel_reason(span: &Span) -> Option<&'static str> {
    let is_cancelled = matches!(span.ended, Some((_, Outcome::Cancelled)));
    Some(span.detail.class).filter(|class| is_cancelled && !class.is_empty())
}

fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Request(_) => "request",
        Subject::Task(_) => "task",
        Subject::Call(_) => "call",
        Subject::Foreign(_) => "span",
    }
}

pub(super) fn fields(span: &Span) -> Map<String, Value> {
    let all = span.detail.fields.iter();
    all.map(|(name, of)| ((*name).to_owned(), value(of)))
        .collect()
}

pub(super) fn age(began: u64, now: u64) -> f64 {
    clock::seconds(now.saturating_sub(began))
}

pub(super) fn milliseconds(from: u64, to: u64) -> f64 {
    clock::milliseconds(age(from, to))
}

//! The spans of a local trace.
//!
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>.

use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;

use prost::Message;

use super::attributes::{double, field, flag, int, text};
use super::error::exception;
use super::place::{name, place};
use super::{nanoseconds, push_message};
use crate::base::clock;
use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::otlp::messages::common::KeyValue;
use crate::otlp::messages::trace::{self, Event, Status};
use crate::traces::Story;
use crate::traces::judge::Reason;
use crate::traces::share::with_threshold;
use crate::traces::span::{RootName, Span};
use crate::traces::{LocalTrace, SpanId, Subject};

/// The number of the field `spans` of `ScopeSpans`.
const SPANS: u32 = 2;
/// `SPAN_KIND_INTERNAL` and `SPAN_KIND_SERVER`.
const INTERNAL: i32 = 1;
const SERVER: i32 = 2;
/// `STATUS_CODE_ERROR`. A span without an error leaves its status unset.
const ERROR: i32 = 2;
/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` and `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`.
const KNOWS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;
/// The class of a request that failed by the status of its response.
const CODE: &str = "code";

/// Encodes spans, one field `spans` of a `ScopeSpans` for each.
///
/// Most of a span is the same for every call of its function: its name, its kind and its place in the source.
/// That is encoded once. A message may have its fields in any order, so it follows the rest.
#[derive(Default)]
pub(in crate::otlp) struct Encoder {
    /// The constant fields, by the code that a span stands for.
    constant: HashMap<Key, Box<[u8]>>,
    /// The other fields of the span that is being encoded.
    span: trace::Span,
}

/// The code that a span stands for.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    /// The address of a static.
    At(usize),
    Request(RootName),
}

impl Encoder {
    /// Encodes the spans of a trace that have ended and were not exported before. Returns their number.
    pub(in crate::otlp) fn encode(&mut self, trace: &LocalTrace, out: &mut Vec<u8>) -> u64 {
        let (story, left) = trace.take_for_export();
        let common = Common::new(trace, &story);
        let mut count = 0;
        for span in story
            .spans
            .iter()
            .filter(|span| !left.contains(&span.number))
        {
            common.fill(span, &mut self.span);
            let key = match &span.subject {
                Subject::Request(_) => Key::Request(span.subject.name()),
                Subject::Task(place) => Key::At(ptr::from_ref(*place).addr()),
                Subject::Call(site) => Key::At(ptr::from_ref(*site).addr()),
                Subject::Foreign(metadata) => Key::At(ptr::from_ref(*metadata).addr()),
            };
            let constant = self.constant.entry(key).or_insert_with(|| constant(span));
            push_message(SPANS, &[&self.span.encode_to_vec(), constant], out);
            count += 1;
        }
        count
    }
}

/// Returns the fields that all spans of a function or route have in common.
fn constant(span: &Span) -> Box<[u8]> {
    let span = trace::Span {
        name: name(span),
        kind: match span.subject {
            Subject::Request(_) => SERVER,
            _ => INTERNAL,
        },
        attributes: place(&span.subject),
        ..trace::Span::default()
    };
    span.encode_to_vec().into()
}

/// The parts that all spans of a trace share.
struct Common<'t> {
    trace: &'t LocalTrace,
    story: &'t Story,
    state: Option<Arc<str>>,
    flags: u32,
    /// The start of the trace, in nanoseconds since the Unix epoch.
    at: u64,
}

impl<'t> Common<'t> {
    fn new(trace: &'t LocalTrace, story: &'t Story) -> Self {
        let ids = trace.ids;
        let is_kept = story.reason.is_some_and(|reason| reason != Reason::Share);
        // A trace that is exported for its own reason would be at any ratio, so it stands for itself alone.
        let always = is_kept.then(|| with_threshold(trace.state.as_deref(), Some(0)));
        Self {
            trace,
            story,
            state: always.unwrap_or_else(|| trace.state.clone()),
            flags: u32::from(ids.is_recorded()) | KNOWS_REMOTE,
            at: nanoseconds(trace.at),
        }
    }

    /// Fills in the fields of a span that are not [`constant`].
    fn fill(&self, span: &Span, out: &mut trace::Span) {
        let trace = self.trace;
        let is_known = |number| {
            let spans = &self.story.spans;
            spans
                .binary_search_by_key(&number, |span| span.number)
                .is_ok()
        };
        let parent = match span.parent {
            Some(parent) if is_known(parent) => Some(trace.span_id(parent)),
            // A span whose parent was left out stands below the root.
            Some(_) => Some(trace.span_id(0)),
            None => trace.remote_parent,
        };
        let is_remote = span.number == 0 && trace.remote_parent.is_some();
        let (ended, outcome) = span.ended.unwrap_or((span.began, Outcome::Ok));
        // Its buffers are used again.
        replace(&mut out.trace_id, &trace.ids.trace.to_bytes());
        replace(&mut out.span_id, &trace.span_id(span.number).to_bytes());
        let parent = parent.map(SpanId::to_bytes);
        replace(
            &mut out.parent_span_id,
            parent.as_ref().map_or(&[], |id| id.as_slice()),
        );
        out.trace_state.clear();
        out.trace_state
            .push_str(self.state.as_deref().unwrap_or_default());
        out.start_time_unix_nano = self.time(span.began);
        out.end_time_unix_nano = self.time(ended);
        out.attributes.clear();
        self.add_attributes(span, outcome, &mut out.attributes);
        out.events.clear();
        out.events.extend(event(span, out.end_time_unix_nano));
        out.status = status(span, outcome);
        out.flags = self.flags | if is_remote { IS_REMOTE } else { 0 };
    }

    /// Returns a time of the clock in nanoseconds since the Unix epoch.
    fn time(&self, ticks: u64) -> u64 {
        let after = clock::nanoseconds(ticks.saturating_sub(self.trace.began));
        self.at.saturating_add(after)
    }

    fn add_attributes(&self, span: &Span, outcome: Outcome, all: &mut Vec<KeyValue>) {
        let is_request = matches!(span.subject, Subject::Request(_));
        for (name, value) in &span.detail.fields {
            let name = match *name {
                "status" if is_request => "http.response.status_code",
                "grpc_status" if is_request => {
                    all.push(text("rpc.system.name", "grpc"));
                    "rpc.response.status_code"
                }
                other => other,
            };
            all.push(field(name, value));
        }
        match outcome {
            Outcome::Ok => {}
            Outcome::Error => all.push(text("error.type", error_type(span))),
            Outcome::Panic => all.push(text("error.type", "panic")),
            Outcome::Cancelled => {
                let reason = Some(span.detail.class).filter(|reason| !reason.is_empty());
                all.extend(reason.map(|reason| text("monitor.cancel_reason", reason)));
            }
        }
        if outcome != Outcome::Ok {
            all.push(text("monitor.result", result(outcome)));
        }
        if span.detail.slow {
            all.push(flag("monitor.slow"));
        }
        all.extend(waits(span));
        if span.number == 0 {
            let reason = self.story.reason.filter(|reason| *reason != Reason::Share);
            all.extend(reason.map(|reason| text("monitor.kept", reason.as_str())));
            let left_out = i64::try_from(self.story.left_out).unwrap_or(i64::MAX);
            all.extend((left_out > 0).then(|| int("monitor.spans_left_out", left_out)));
        }
    }
}

/// Returns the parts of a span's time in which its future was not polled, in seconds, without those that are 0.
fn waits(span: &Span) -> impl Iterator<Item = KeyValue> {
    let end = span.end_or(span.began);
    let parts = [
        ("monitor.waiting", span.waiting(end)),
        ("monitor.scheduled", span.scheduled(end)),
    ];
    parts.into_iter().filter_map(|(name, ticks)| {
        let ticks = ticks.filter(|ticks| *ticks > 0)?;
        Some(double(name, clock::seconds(ticks)))
    })
}

fn replace(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(bytes);
}

/// Returns the class of an error. That of a response is its status.
fn error_type(span: &Span) -> String {
    let of_response = |(name, value): &(&str, FieldValue)| {
        let is_status = span.detail.class == CODE && *name == "status";
        is_status.then(|| value.to_string())
    };
    match span.detail.class {
        "" => "_OTHER".to_owned(),
        class => span
            .detail
            .fields
            .iter()
            .find_map(of_response)
            .unwrap_or_else(|| class.to_owned()),
    }
}

fn result(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Panic => "panic",
        other => other.as_str(),
    }
}

/// Returns the event of an error.
fn event(span: &Span, at: u64) -> Option<Event> {
    let [first, sources @ ..] = &span.detail.chain[..] else {
        return None;
    };
    let texts = sources.iter().map(|link| link.text.as_str());
    Some(Event {
        time_unix_nano: at,
        name: "exception".to_owned(),
        attributes: exception(&first.type_name, &first.text, texts),
    })
}

/// Returns the status of a span that failed. An error that is part of a function's work leaves it unset.
fn status(span: &Span, outcome: Outcome) -> Option<Status> {
    let is_failure = match outcome {
        Outcome::Error => !span.detail.expected,
        Outcome::Panic => true,
        Outcome::Ok | Outcome::Cancelled => false,
    };
    let message = span.detail.chain.first().map(|link| link.text.clone());
    is_failure.then(|| Status {
        code: ERROR,
        message: message.unwrap_or_default(),
    })
}

//! The spans of a request that is sent to Sentry as a transaction, read from its local trace.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use sentry::protocol::SpanStatus;
use sentry::{Transaction, TransactionOrSpan};

use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::traces::span::Span;
use crate::traces::{LocalTrace, Subject};

/// Adds the spans of a local trace to its transaction: those that have ended.
pub(crate) fn add_spans(transaction: &Transaction, trace: &LocalTrace) {
    let story = trace.read();
    if story.left_out > 0 {
        transaction.set_data("calls_without_span", story.left_out.into());
    }
    let root: TransactionOrSpan = transaction.clone().into();
    let mut known: HashMap<u64, TransactionOrSpan> = HashMap::new();
    for span in story.spans.iter().filter(|span| span.number != 0) {
        let around = span.parent.and_then(|parent| known.get(&parent));
        let id = trace.span_id(span.number).to_bytes().into();
        let name = span.subject.name().to_string();
        let began = time_of(trace, span.began);
        let sent =
            around
                .unwrap_or(&root)
                .start_child_with_details(operation(span), &name, id, began);
        if let Some(module) = span.subject.module() {
            sent.set_data("code.namespace", module.into());
        }
        if let Some((ended, outcome)) = span.ended {
            sent.set_status(status(outcome));
            sent.clone().finish_with_timestamp(time_of(trace, ended));
        }
        known.insert(span.number, sent.into());
    }
}

fn time_of(trace: &LocalTrace, ticks: u64) -> SystemTime {
    let after = clock::seconds(ticks.saturating_sub(trace.began));
    trace.at + Duration::try_from_secs_f64(after).unwrap_or_default()
}

/// Returns the operation, as Sentry's other SDKs name it.
fn operation(span: &Span) -> &'static str {
    match span.subject {
        Subject::Request(_) => "http.server",
        Subject::Task(_) => "task",
        Subject::Call(_) => "function",
        Subject::Foreign(_) => "default",
    }
}

fn status(outcome: Outcome) -> SpanStatus {
    match outcome {
        Outcome::Ok => SpanStatus::Ok,
        Outcome::Error => SpanStatus::UnknownError,
        Outcome::Panic => SpanStatus::InternalError,
        Outcome::Cancelled => SpanStatus::Cancelled,
    }
}

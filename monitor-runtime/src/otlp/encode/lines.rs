//! Log lines as log records.
//!
//! <https://opentelemetry.io/docs/specs/otel/logs/data-model/>.

use std::collections::BTreeMap;

use tracing::Level;

use super::attributes::{any_text, field, flag, texts};
use super::error::exception;
use super::nanoseconds;
use crate::logs::export::ExportedLine;
use crate::otlp::messages::common::{InstrumentationScope, KeyValue};
use crate::otlp::messages::logs::{LogRecord, ScopeLogs};
use crate::traces::lines::LineField;

/// Returns the records of lines, by their targets.
pub(in crate::otlp) fn scopes(lines: Vec<ExportedLine>) -> Vec<ScopeLogs> {
    let mut scopes: BTreeMap<String, Vec<LogRecord>> = BTreeMap::new();
    for line in lines {
        let (target, record) = record(line);
        scopes.entry(target).or_default().push(record);
    }
    let scope = |(name, log_records)| ScopeLogs {
        scope: Some(InstrumentationScope {
            name,
            version: String::new(),
        }),
        log_records,
    };
    scopes.into_iter().map(scope).collect()
}

/// Returns the target of a line, and its record.
fn record(exported: ExportedLine) -> (String, LogRecord) {
    let ExportedLine { at, ids, line } = exported;
    let line = line.into_line(at);
    let mut attributes: Vec<KeyValue> = line.fields.iter().flat_map(attributes).collect();
    if !line.is_logged {
        attributes.push(flag("late"));
    }
    let (trace_id, span_id, flags) = ids.map_or_else(Default::default, |ids| {
        let (trace, span) = (ids.trace.to_bytes(), ids.span.to_bytes());
        (trace.to_vec(), span.to_vec(), u32::from(ids.is_recorded()))
    });
    let record = LogRecord {
        time_unix_nano: nanoseconds(at),
        observed_time_unix_nano: nanoseconds(at),
        severity_number: severity(line.level),
        severity_text: line.level.as_str().to_owned(),
        body: Some(any_text(line.message)),
        attributes,
        flags,
        trace_id,
        span_id,
    };
    (line.target.into_owned(), record)
}

/// Returns the attributes of a field. That of an error also has its sources, and is an exception.
fn attributes(of: &LineField) -> Vec<KeyValue> {
    let mut all = vec![field(of.name, &of.value)];
    let sources = of.sources();
    if !sources.is_empty() {
        let name = format!("{}.sources", of.name);
        all.push(texts(&name, sources.iter().map(String::as_str)));
    }
    if of.name == "error" {
        let message = of.value.to_string();
        all.extend(exception("", &message, sources.iter().map(String::as_str)));
    }
    all
}

/// Returns the number of a level: <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>.
fn severity(level: Level) -> i32 {
    match level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    }
}

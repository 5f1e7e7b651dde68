//! Writes the lines that a request kept back, once it has failed.
//!
//! They are written when the request ends, marked as late, with the time at which they were made. A
//! line shows the spans of the record that it was made in.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use super::json_text::{push_name, push_name_in_span, push_str, push_value};
use super::pretty::PrettyLayer;
use super::timestamp::Timestamp;
use super::{NonBlockingStdout, SanitizingWriter, counter, export, queued_stdout};
use crate::base::fields::FieldValue;
use crate::context::trace::TraceContext;
use crate::settings::log_format::LogFormat;
use crate::traces::Story;
use crate::traces::lines::{LateLines, Line};
use crate::traces::span::Span;
use crate::traces::{LocalTrace, SpanEnd};

/// The target of the line that counts lines which the record had no room for.
const TARGET: &str = "monitor_runtime::http";

/// The form of the lines; set if `start()` installed the subscriber.
static FORM: OnceLock<Form> = OnceLock::new();

/// The form in which late lines are written: that of the log.
pub(crate) enum Form {
    Json,
    Pretty(PrettyLayer<SanitizingWriter<NonBlockingStdout>>),
}

impl Form {
    pub(crate) fn new(format: LogFormat, colours: bool) -> Self {
        match format {
            LogFormat::Json => Self::Json,
            LogFormat::Pretty => Self::Pretty(PrettyLayer {
                writer: SanitizingWriter(queued_stdout()),
                colours,
            }),
        }
    }
}

/// Sets the form of late lines; the first one stays, as the subscriber does.
pub(crate) fn write_late_lines_as(form: Form) {
    let _ = FORM.set(form);
}

/// Returns `true` if the process' subscriber is the runtime's own, and writes JSON.
pub(super) fn is_json() -> bool {
    matches!(FORM.get(), Some(Form::Json))
}

/// Ends a request or task, and writes the lines that it kept back if it failed, had a slow call or
/// was asked for.
pub(crate) fn end_trace(context: &TraceContext, end: SpanEnd) {
    context.end_local(end);
    if let Some(trace) = context.local() {
        write_late(trace);
    }
}

/// Ends an outermost call, and writes the lines that it kept back as [`end_trace`] does.
pub(crate) fn end_root(trace: &Arc<LocalTrace>, end: SpanEnd) {
    trace.end_root(end);
    write_late(trace);
}

fn write_late(trace: &LocalTrace) {
    if let Some(form) = FORM.get()
        && let Some(late) = trace.take_late_lines()
    {
        write(form, trace, &late);
    }
}

fn write(form: &Form, trace: &LocalTrace, late: &LateLines) {
    let story = trace.read();
    let first = late.lines.first().map(|first| (first.at, first.level));
    if let Some((at, level)) = first.filter(|_| late.left_out > 0) {
        let message = format!(
            "{} earlier lines of this request were left out",
            late.left_out
        );
        let summary = Line {
            at,
            level,
            target: TARGET.into(),
            message,
            fields: Vec::new(),
            is_logged: false,
            is_counted: false,
            span: 0,
        };
        write_line(form, trace, &story, &summary);
    }
    for line in &late.lines {
        write_line(form, trace, &story, line);
    }
}

fn write_line(form: &Form, trace: &LocalTrace, story: &Story, line: &Line) {
    let spans = spans_around(story, line.span);
    // A line that a limit held back was counted when its event came.
    if !line.is_counted {
        counter::count(line.level);
    }
    export::export_late(trace, line);
    // Its errors are not reported, because there is no log to report them to.
    let _ = match form {
        Form::Json => queued_stdout().write_all(&json(trace, &spans, line)),
        Form::Pretty(layer) => {
            let text = layer.late_line(&spans, line);
            layer.writer.clone().write_all(text.as_bytes())
        }
    };
}

/// Returns the spans around a line, from the root down. Spans that were left out are missing.
fn spans_around(story: &Story, number: u64) -> Vec<&Span> {
    let find = |number| story.spans.iter().find(|span| span.number == number);
    let up = std::iter::successors(find(number), |span| find(span.parent?));
    let mut spans: Vec<&Span> = up.collect();
    spans.reverse();
    spans
}

fn json(trace: &LocalTrace, spans: &[&Span], line: &Line) -> Vec<u8> {
    let mut out = br#"{"timestamp":""#.to_vec();
    Timestamp::new().push(&mut out, line.at);
    out.extend_from_slice(br#"","level":""#);
    out.extend_from_slice(line.level.as_str().as_bytes());
    out.extend_from_slice(br#"","fields":{"message":"#);
    push_str(&mut out, &line.message);
    for field in &line.fields {
        out.push(b',');
        push_name(&mut out, field.name);
        push_field(&mut out, &field.value);
        if !field.sources().is_empty() {
            out.push(b',');
            push_name(&mut out, &format!("{}.sources", field.name));
            push_value(&mut out, field.sources());
        }
    }
    out.extend_from_slice(br#"},"target":"#);
    push_str(&mut out, &line.target);
    out.extend_from_slice(br#","trace_id":""#);
    out.extend_from_slice(&trace.ids.trace.digits());
    out.extend_from_slice(br#"","span_id":""#);
    out.extend_from_slice(&trace.span_id(line.span).digits());
    out.extend_from_slice(br#"","late":true,"spans":["#);
    for (place, span) in spans.iter().enumerate() {
        out.extend_from_slice(if place == 0 { b"{" } else { b",{" });
        for (name, value) in &span.detail.fields {
            push_name_in_span(&mut out, name);
            push_field(&mut out, value);
            out.push(b',');
        }
        out.extend_from_slice(br#""name":"#);
        push_str(&mut out, &span.subject.name().to_string());
        out.push(b'}');
    }
    out.extend_from_slice(b"]}\n");
    out
}

fn push_field(out: &mut Vec<u8>, value: &FieldValue) {
    match value {
        FieldValue::Bool(value) => push_value(out, value),
        FieldValue::Int(value) => push_value(out, value),
        FieldValue::Unsigned(value) => push_value(out, value),
        FieldValue::Float(value) => push_value(out, value),
        other => push_str(out, &other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::traces::lines::{LineField, RecordedLine};
    use crate::traces::{SpanKey, Subject};

    #[test]
    fn both_forms_say_the_same() {
        let place = std::panic::Location::caller();
        let context = TraceContext::of_task(None, Subject::Task(place));
        let trace = context.local().expect("it begins one");
        let field = |name, value| LineField {
            name,
            value,
            sources: None,
        };
        let error = LineField {
            sources: Some(["the disk".to_owned(), "is \u{1b}full".to_owned()].into()),
            ..field("error", FieldValue::of_text("no room".to_owned()))
        };
        let mut line = RecordedLine::new(Level::DEBUG, "shop".into(), false);
        line.message = "about to \"load\"".to_owned();
        line.fields = vec![
            field("id", FieldValue::Unsigned(7)),
            field("name", FieldValue::Text("a b".to_owned())),
            error,
        ];
        trace.keep_line(line, SpanKey::ROOT);
        let story = trace.read();
        let (spans, line) = (spans_around(&story, 0), &story.lines[0]);
        let time = humantime::format_rfc3339_micros(line.at).to_string();
        let json = String::from_utf8(json(trace, &spans, line)).expect("UTF-8");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["timestamp"], time.as_str());
        assert_eq!(
            (&json["level"], &json["late"]),
            (&"DEBUG".into(), &true.into())
        );
        assert_eq!(json["fields"]["message"], "about to \"load\"");
        assert_eq!(
            (&json["fields"]["id"], &json["fields"]["name"]),
            (&7.into(), &"a b".into())
        );
        assert_eq!(json["fields"]["error.sources"][0], "the disk");
        assert_eq!(json["trace_id"], trace.ids.trace.to_string());
        assert_eq!(json["span_id"], trace.span_id(0).to_string());
        let root = format!("task {}:{}", place.file(), place.line());
        assert_eq!(json["spans"][0]["name"], root.as_str());

        let layer = PrettyLayer {
            writer: (),
            colours: false,
        };
        let pretty = layer.late_line(&spans, line);
        let rest =
            r#"id=7 name="a b" error=no room error.sources=[the disk, is \u{1b}full] late=true"#;
        let wanted = format!("{time} DEBUG {root}: shop: about to \"load\" {rest}\n");
        assert_eq!(pretty, wanted);
        assert!(trace.take_late_lines().is_none(), "it has not ended");
        end_trace(
            &context,
            SpanEnd::new(1, crate::base::outcome::Outcome::Panic),
        );
        assert!(
            trace
                .take_late_lines()
                .is_some_and(|late| late.lines.len() == 1)
        );
        assert!(trace.take_late_lines().is_none(), "each once");
    }
}

//! The documents as tables for a terminal.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::document::{Head, Kept, Request, SpanDocument, Whole};
use super::in_flight::InFlight;

/// Columns of the bar of a span.
const BAR: usize = 30;

/// Prints the kept requests, the latest first.
pub(in crate::server) fn kept_as_text(kept: &Kept) -> String {
    let mut out = row(
        "STARTED", "REASON", "OUTCOME", "DURATION", "TRACE", "REQUEST",
    );
    for head in &kept.requests {
        out.push_str(&head.row());
    }
    out
}

impl Head {
    fn row(&self) -> String {
        row(
            &self.started,
            self.reason.unwrap_or("-"),
            self.outcome.unwrap_or("running"),
            &duration(self.duration_ms),
            &self.trace_id,
            &self.name,
        )
    }
}

fn row(started: &str, reason: &str, outcome: &str, took: &str, trace: &str, name: &str) -> String {
    format!("{started:<27}  {reason:<9}  {outcome:<9}  {took:>10}  {trace:<32}  {name}\n")
}

/// Prints the requests in flight, the oldest first, each with its open calls.
pub(in crate::server) fn calls_as_text(running: &InFlight) -> String {
    let mut out = format!("{:>10}  {:<32}  REQUEST\n", "AGE", "TRACE");
    for request in &running.requests {
        let age = duration(request.age_ms);
        let fields = fields(&request.fields);
        let trace = request.trace_id.as_deref().unwrap_or("-");
        let thread = request.thread.as_ref();
        let thread = thread.map(|thread| format!("  on thread {thread:?}"));
        let scheduled = request.scheduled_ms;
        let scheduled = scheduled.map(|ms| format!("  scheduled {}", duration(ms)));
        let marks = thread.or(scheduled).unwrap_or_default();
        let name = &request.name;
        let _ = writeln!(out, "{age:>10}  {trace:<32}  {name}{fields}{marks}");
        for call in &request.calls {
            let age = duration(call.age_ms);
            let inset = "  ".repeat(call.depth);
            let fields = self::fields(&call.fields);
            let _ = writeln!(out, "{age:>10}  {:<32}  {inset}{}{fields}", "", call.name);
        }
    }
    if running.left_out > 0 {
        let _ = writeln!(out, "and {} younger ones", running.left_out);
    }
    let _ = writeln!(out, "{} in flight", running.all);
    out
}

/// Prints the trees of a trace.
pub(in crate::server) fn story_as_text(whole: &Whole) -> String {
    let mut out = format!("trace {}\n", whole.trace_id);
    for request in &whole.requests {
        out.push('\n');
        request.print(&mut out);
    }
    out
}

impl Request {
    pub(in crate::server) fn print(&self, out: &mut String) {
        let head = &self.head;
        let outcome = head.outcome.unwrap_or("running");
        let _ = write!(
            out,
            "{}  {outcome}  {}",
            head.name,
            duration(head.duration_ms)
        );
        let reason = head.reason.map(|reason| format!("  kept: {reason}"));
        let _ = writeln!(
            out,
            "  started {}{}",
            head.started,
            reason.unwrap_or_default()
        );
        let whole = self.spans.iter();
        let whole = whole.map(|span| span.start_ms + span.duration_ms);
        let whole = whole.fold(f64::MIN_POSITIVE, f64::max);
        let _ = writeln!(
            out,
            "{:>10} {:>10} {:>10}  {:<BAR$}  SPAN",
            "TOTAL", "OWN", "WAITING", ""
        );
        for span in &self.spans {
            span.print(whole, out);
        }
        if !self.lines.is_empty() {
            let _ = writeln!(out, "\n{:<27}  {:<5}  LINE", "TIME", "LEVEL");
        }
        for line in &self.lines {
            let fields = fields(&line.fields);
            let (time, level) = (&line.timestamp, line.level);
            let hidden = if line.logged {
                ""
            } else {
                "  (not in the log)"
            };
            let _ = writeln!(
                out,
                "{time:<27}  {level:<5}  {}: {}{fields}{hidden}",
                line.target, line.message
            );
        }
        for (left_out, what) in [
            (self.spans_left_out, "spans"),
            (self.details_left_out, "fields or errors"),
            (self.lines_left_out, "earlier lines"),
        ] {
            if left_out > 0 {
                let _ = writeln!(out, "left out: {left_out} {what}");
            }
        }
    }
}

impl SpanDocument {
    fn print(&self, whole: f64, out: &mut String) {
        let inset = "  ".repeat(self.depth);
        let outcome = match self.outcome {
            Some("ok") => "",
            Some(other) => other,
            None => "running",
        };
        let (total, own) = (duration(self.duration_ms), duration(self.own_ms));
        let waiting = self.waiting_ms.map_or_else(String::new, duration);
        let scheduled = self.scheduled_ms.filter(|ms| *ms > 0.0);
        let scheduled = scheduled.map(|ms| format!("scheduled {}", duration(ms)));
        let bar = self.bar(whole);
        let fields = fields(&self.fields);
        let class = if self.class == outcome {
            ""
        } else {
            self.class
        };
        let slow = if self.slow { "slow" } else { "" };
        let scheduled = scheduled.as_deref().unwrap_or_default();
        let marks = [outcome, class, slow, scheduled].into_iter();
        let marks: Vec<&str> = marks.filter(|mark| !mark.is_empty()).collect();
        let marks = marks.join("  ");
        let _ = writeln!(
            out,
            "{total:>10} {own:>10} {waiting:>10}  {bar}  {inset}{}{fields}  {marks}",
            self.name
        );
        for link in &self.error {
            let _ = writeln!(out, "{:>36}{:<BAR$}{inset}  {}", "", "", link.text);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "columns of a terminal"
    )]
    fn bar(&self, whole: f64) -> String {
        let column = |ms: f64| ((ms / whole * BAR as f64) as usize).min(BAR - 1);
        let (from, to) = (
            column(self.start_ms),
            column(self.start_ms + self.duration_ms),
        );
        let bar = "█".repeat(to - from + 1);
        format!("{}{bar}{}", " ".repeat(from), " ".repeat(BAR - 1 - to))
    }
}

fn fields(fields: &Map<String, Value>) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        let _ = match value {
            Value::String(text) => write!(out, " {name}={text:?}"),
            other => write!(out, " {name}={other}"),
        };
    }
    out
}

/// Formats a time in milliseconds, in the unit that one would say.
pub(in crate::server) fn duration(ms: f64) -> String {
    if ms < 1.0 {
        format!("{:.0} µs", ms * 1e3)
    } else if ms < 1e3 {
        format!("{ms:.1} ms")
    } else if ms < 120e3 {
        format!("{:.2} s", ms / 1e3)
    } else {
        format!("{:.1} min", ms / 60e3)
    }
}

//! The log lines of a local trace: those that the log shows, and those that it shows only if the
//! request fails, is slow or is asked for.

use std::collections::VecDeque;
use std::mem;
use std::time::SystemTime;

use tracing::Level;

use super::judge::Reason;
use super::record::LocalTrace;
use super::slots::SpanKey;
use crate::base::fields::FieldValue;

/// Lines that a local trace keeps: the last ones.
const MAX_LINES: usize = 100;
/// Bytes of all of them.
const MAX_BYTES: usize = 32 * 1024;

/// A line of the log, as data.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) at: SystemTime,
    pub(crate) level: Level,
    pub(crate) target: Box<str>,
    pub(crate) message: String,
    pub(crate) fields: Vec<LineField>,
    /// `true` if the log has shown it.
    pub(crate) is_logged: bool,
    /// The number of the span that it was written in.
    pub(crate) span: u64,
}

/// A field of a line.
#[derive(Clone)]
pub(crate) struct LineField {
    pub(crate) name: &'static str,
    /// Redacted as in the log.
    pub(crate) value: FieldValue,
    /// The texts of an error's sources, outermost first.
    pub(crate) sources: Vec<String>,
}

/// The last lines of a local trace.
#[derive(Default)]
pub(super) struct Lines {
    kept: VecDeque<Line>,
    bytes: usize,
    left_out: u64,
    /// The number of them that the log has not shown.
    unlogged_left_out: u64,
}

/// Lines that the log shows late.
pub(crate) struct LateLines {
    pub(crate) lines: Vec<Line>,
    /// Older ones that the record had no room for.
    pub(crate) left_out: u64,
}

impl Line {
    fn bytes(&self) -> usize {
        let field = |field: &LineField| {
            let sources: usize = field.sources.iter().map(String::len).sum();
            size_of::<LineField>() + field.value.text_bytes() + sources
        };
        let fields: usize = self.fields.iter().map(field).sum();
        size_of::<Self>() + self.target.len() + self.message.len() + fields
    }
}

impl Lines {
    fn keep(&mut self, line: Line) {
        self.bytes += line.bytes();
        self.kept.push_back(line);
        while self.kept.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
            self.left_out += 1;
            self.unlogged_left_out += u64::from(!oldest.is_logged);
        }
    }

    pub(super) fn all(&self) -> Vec<Line> {
        self.kept.iter().cloned().collect()
    }

    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the lines that the log has not shown, and counts them as shown.
    fn take_late(&mut self) -> Vec<Line> {
        let late = self.kept.iter_mut().filter(|line| !line.is_logged);
        late.map(|line| {
            let late = line.clone();
            line.is_logged = true;
            late
        })
        .collect()
    }
}

impl LocalTrace {
    /// Keeps a line that was written in a span of the trace.
    pub(crate) fn keep_line(&self, mut line: Line, inside: SpanKey) {
        line.span = inside.number;
        self.with(|rest| rest.lines.keep(line));
    }

    /// Returns the lines that the log is to show now, because the trace has ended and has failed,
    /// has a call that was slower than its threshold, or was asked for. Returns each line once.
    pub(crate) fn take_late_lines(&self) -> Option<LateLines> {
        self.with(|rest| {
            let facts = &rest.facts;
            let is_wanted = facts.kept == Some(Reason::Failed) || facts.was_slow || facts.was_asked;
            if facts.root.is_none() || !is_wanted {
                return None;
            }
            let left_out = mem::take(&mut rest.lines.unlogged_left_out);
            let lines = rest.lines.take_late();
            (!lines.is_empty()).then_some(LateLines { lines, left_out })
        })?
    }

    /// Returns the lines so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.with(|rest| rest.lines.all()).unwrap_or_default()
    }

    /// Notes that it is kept because a request or code asked for its lines.
    pub(crate) fn ask(&self) {
        self.with(|rest| rest.facts.was_asked = true);
    }
}

//! The log lines of a local trace: those that the log shows, and those that it shows only if the
//! request fails, is slow or is asked for.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, SystemTime};

use tracing::Level;

use super::LocalTrace;
use super::judge::Reason;
use super::slots::SpanKey;
use crate::base::clock;
use crate::base::fields::FieldValue;
use crate::base::redact::without_secrets;

/// Lines that a local trace keeps: the last ones.
const MAX_LINES: usize = 100;
/// Bytes of all of them.
const MAX_BYTES: usize = 32 * 1024;

/// A line of the log, as it was written. Most are dropped unread, so it is made at the least cost, and
/// secrets in its texts are hidden when it is [read](Line).
#[derive(Clone)]
pub(crate) struct RecordedLine {
    /// The time, in ticks of the clock.
    pub(crate) ticks: u64,
    pub(crate) level: Level,
    pub(crate) target: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) fields: Vec<LineField>,
    /// `true` if the log has shown it.
    pub(crate) is_logged: bool,
    /// `true` if `monitor_log_events_total` has its event.
    pub(crate) is_counted: bool,
    /// The number of the span that it was written in.
    span: u64,
}

/// A line of the log, redacted as the log is.
pub(crate) struct Line {
    pub(crate) at: SystemTime,
    pub(crate) level: Level,
    pub(crate) target: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) fields: Vec<LineField>,
    pub(crate) is_logged: bool,
    pub(crate) is_counted: bool,
    pub(crate) span: u64,
}

/// A field of a line.
#[derive(Clone)]
pub(crate) struct LineField {
    pub(crate) name: &'static str,
    pub(crate) value: FieldValue,
    /// The texts of an error's sources, outermost first.
    pub(crate) sources: Option<Box<[String]>>,
}

impl LineField {
    /// Returns the texts of an error's sources.
    pub(crate) fn sources(&self) -> &[String] {
        self.sources.as_deref().unwrap_or_default()
    }

    /// Hides secrets in its text.
    pub(crate) fn redacted(mut self) -> Self {
        self.value = match self.value {
            FieldValue::Text(text) => FieldValue::Text(without_secrets(text)),
            FieldValue::Shown(_) => FieldValue::of_text(without_secrets(self.value.to_string())),
            other => other,
        };
        self
    }
}

/// The last lines of a local trace.
#[derive(Default)]
pub(super) struct Lines {
    kept: VecDeque<RecordedLine>,
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

impl RecordedLine {
    /// Creates a line that is written now.
    pub(crate) fn new(level: Level, target: Cow<'static, str>, is_logged: bool) -> Self {
        Self {
            ticks: clock::now(),
            level,
            target,
            message: String::new(),
            fields: Vec::new(),
            is_logged,
            is_counted: is_logged,
            span: 0,
        }
    }

    /// Returns the bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        let field = |field: &LineField| {
            let sources: usize = field.sources().iter().map(String::len).sum();
            size_of::<LineField>() + field.value.text_bytes() + sources
        };
        let fields: usize = self.fields.iter().map(field).sum();
        size_of::<Self>() + self.message.len() + fields
    }

    /// Returns it as a reader sees it, in a trace that began at a time and in ticks of the clock.
    fn read(&self, (at, began): (SystemTime, u64)) -> Line {
        let since = clock::seconds(self.ticks.saturating_sub(began));
        let since = Duration::try_from_secs_f64(since).unwrap_or_default();
        self.clone().into_line(at.checked_add(since).unwrap_or(at))
    }

    /// Returns it as a reader sees it, written at a time.
    pub(crate) fn into_line(self, at: SystemTime) -> Line {
        let fields = self.fields.into_iter().map(LineField::redacted);
        Line {
            at,
            level: self.level,
            target: self.target,
            message: without_secrets(self.message),
            fields: fields.collect(),
            is_logged: self.is_logged,
            is_counted: self.is_counted,
            span: self.span,
        }
    }
}

impl From<&Line> for RecordedLine {
    fn from(line: &Line) -> Self {
        Self {
            ticks: 0,
            level: line.level,
            target: line.target.clone(),
            message: line.message.clone(),
            fields: line.fields.clone(),
            is_logged: line.is_logged,
            is_counted: line.is_counted,
            span: line.span,
        }
    }
}

impl Lines {
    fn keep(&mut self, line: RecordedLine) {
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

    pub(super) fn all(&self, begin: (SystemTime, u64)) -> Vec<Line> {
        self.kept.iter().map(|line| line.read(begin)).collect()
    }

    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the lines that the log has not shown, and counts them as shown.
    fn take_late(&mut self, begin: (SystemTime, u64)) -> Vec<Line> {
        let late = self.kept.iter_mut().filter(|line| !line.is_logged);
        late.map(|line| {
            let late = line.read(begin);
            line.is_logged = true;
            late
        })
        .collect()
    }
}

impl LocalTrace {
    /// Keeps a line that was written in a span of the trace.
    pub(crate) fn keep_line(&self, mut line: RecordedLine, inside: SpanKey) {
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
            let lines = rest.lines.take_late((self.at, self.began));
            (!lines.is_empty()).then_some(LateLines { lines, left_out })
        })?
    }

    /// Returns the lines so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.with(|rest| rest.lines.all((self.at, self.began)))
            .unwrap_or_default()
    }

    /// Notes that it is kept because a request or code asked for its lines.
    pub(crate) fn ask(&self) {
        self.with(|rest| rest.facts.was_asked = true);
    }
}

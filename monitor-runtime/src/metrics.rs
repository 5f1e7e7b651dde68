//! Every metric name, label and bucket, and the page that shows them.
//!
//! Names and labels follow the autometrics specification 1.0.0, widened by `result="cancelled"`
//! and by `result` on the histogram. The page is text format 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::outcome::Outcome;
use crate::tally::Tally;
use crate::{clock, site};

/// Default buckets, in seconds: OpenTelemetry's advice for HTTP, with three finer ones below.
pub(crate) const BUCKETS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];

/// `buckets = fast`: for what takes microseconds, from 1 µs to 100 ms.
pub const FAST_BUCKETS: &[f64] = &[
    0.000_001,
    0.000_002_5,
    0.000_005,
    0.000_01,
    0.000_025,
    0.000_05,
    0.000_1,
    0.000_25,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
];

/// `buckets = slow`: for jobs, from 100 ms to 10 min.
pub const SLOW_BUCKETS: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

/// The families of this page, for those who may not define them again.
const FAMILIES: [&str; 7] = [
    CALLS,
    DURATION,
    CONCURRENT,
    BUILD_INFO,
    LOG_EVENTS,
    LOG_DROPPED,
    CAPTURES,
];
const CALLS: &str = "function_calls_total";
const DURATION: &str = "function_calls_duration_seconds";
const CONCURRENT: &str = "function_calls_concurrent";
const BUILD_INFO: &str = "build_info";
const LOG_EVENTS: &str = "monitor_log_events_total";
const LOG_DROPPED: &str = "monitor_log_lines_dropped_total";
const CAPTURES: &str = "monitor_captures_total";

/// The `Content-Type` of the page.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What `build_info` and the `service_name` label say of this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) commit: String,
    pub(crate) branch: String,
}

/// What is known of the log and of Sentry; a part without numbers is not ours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    /// Events by level.
    pub(crate) events: Option<[(&'static str, u64); 5]>,
    pub(crate) dropped_lines: Option<u64>,
    /// Events for Sentry, by what became of them.
    pub(crate) captures: [(&'static str, u64); 3],
}

impl Log {
    fn show(&self, out: &mut String) {
        if let Some(events) = self.events {
            let help = "Events that passed the filter of the log, by level.";
            header(out, LOG_EVENTS, "counter", help);
            for (level, count) in events {
                let _ = writeln!(out, r#"{LOG_EVENTS}{{level="{level}"}} {count}"#);
            }
        }
        if let Some(lines) = self.dropped_lines {
            let help = "Log lines that the full queue had no room for, or that nobody took.";
            header(out, LOG_DROPPED, "counter", help);
            let _ = writeln!(out, "{LOG_DROPPED} {lines}");
        }
        let help = "Events for Sentry, by what became of them.";
        header(out, CAPTURES, "counter", help);
        for (result, count) in self.captures {
            let _ = writeln!(out, r#"{CAPTURES}{{result="{result}"}} {count}"#);
        }
    }
}

/// A function as its series name it; several sites may share one name.
struct Function {
    labels: String,
    tally: Tally,
}

/// The page: call sites first, then `others`, the families somebody else rendered.
pub(crate) fn page(service: &Service, log: &Log, others: &str) -> String {
    let functions = functions(service);
    let mut out = String::with_capacity(functions.len() * 512 + others.len() + 512);
    build_info(&mut out, service);
    calls(&mut out, &functions);
    durations(&mut out, &functions);
    concurrent(&mut out, &functions);
    log.show(&mut out);
    append_others(&mut out, others);
    out
}

/// Every annotated function, called or not, in the order of its labels.
fn functions(service: &Service) -> Vec<Function> {
    let service_name = escape(&service.name);
    let mut by_name: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for site in site::all().filter(|site| site.is_counted()) {
        by_name
            .entry((site.module(), site.function()))
            .and_modify(|tally| tally.merge(site))
            .or_insert_with(|| Tally::of(site));
    }
    let function = |((module, function), tally)| {
        let labels = format!(
            r#"function="{}",module="{}",service_name="{service_name}""#,
            escape(function),
            escape(module),
        );
        Function { labels, tally }
    };
    by_name.into_iter().map(function).collect()
}

fn header(out: &mut String, family: &str, kind: &str, help: &str) {
    let _ = write!(out, "# HELP {family} {help}\n# TYPE {family} {kind}\n");
}

fn build_info(out: &mut String, service: &Service) {
    header(
        out,
        BUILD_INFO,
        "gauge",
        "The build that is running; always 1.",
    );
    let Service {
        name,
        version,
        commit,
        branch,
    } = service;
    let _ = writeln!(
        out,
        r#"{BUILD_INFO}{{version="{}",commit="{}",branch="{}",service_name="{}"}} 1"#,
        escape(version),
        escape(commit),
        escape(branch),
        escape(name),
    );
}

fn calls(out: &mut String, functions: &[Function]) {
    header(out, CALLS, "counter", "Calls that have ended, by result.");
    for Function { labels, tally } in functions {
        let mut line = |outcome: Outcome, class: Option<&str>, count: u64| {
            let class = class.map(|class| format!(r#",error="{}""#, escape(class)));
            let (class, result) = (class.unwrap_or_default(), outcome.as_str());
            let _ = writeln!(
                out,
                r#"{CALLS}{{{labels},result="{result}"{class}}} {count}"#
            );
        };
        // `ok` and `error` exist from the start, so that a rate sees the very first call.
        line(Outcome::Ok, None, tally.calls(Outcome::Ok));
        line(Outcome::Error, None, tally.calls(Outcome::Error));
        for (class, count) in tally.classes() {
            line(Outcome::Error, Some(class), count);
        }
        let cancelled = tally.calls(Outcome::Cancelled);
        if cancelled > 0 {
            line(Outcome::Cancelled, None, cancelled);
        }
    }
}

fn durations(out: &mut String, functions: &[Function]) {
    header(
        out,
        DURATION,
        "histogram",
        "Time from the beginning of a call to its end.",
    );
    let timed = |function: &&Function| function.tally.is_timed();
    for Function { labels, tally } in functions.iter().filter(timed) {
        for outcome in [Outcome::Ok, Outcome::Error, Outcome::Cancelled] {
            let buckets = tally.buckets(outcome);
            let count: u64 = buckets.iter().sum();
            // A result that never happened costs no series.
            if count == 0 {
                continue;
            }
            let result = outcome.as_str();
            let mut below = 0;
            for (le, calls) in tally.bounds().iter().zip(buckets) {
                below += calls;
                let _ = writeln!(
                    out,
                    r#"{DURATION}_bucket{{{labels},result="{result}",le="{le}"}} {below}"#,
                );
            }
            let seconds = clock::seconds(tally.ticks(outcome));
            let _ = write!(
                out,
                "{DURATION}_bucket{{{labels},result=\"{result}\",le=\"+Inf\"}} {count}\n\
                 {DURATION}_sum{{{labels},result=\"{result}\"}} {seconds}\n\
                 {DURATION}_count{{{labels},result=\"{result}\"}} {count}\n",
            );
        }
    }
}

fn concurrent(out: &mut String, functions: &[Function]) {
    header(
        out,
        CONCURRENT,
        "gauge",
        "Calls that have begun and not ended.",
    );
    for Function { labels, tally } in functions {
        let _ = writeln!(out, "{CONCURRENT}{{{labels}}} {}", tally.concurrent());
    }
}

/// Appends families rendered by the exporter, without those that are ours.
///
/// A family may stand on a page only once; where a name collides, the call sites keep it.
fn append_others(out: &mut String, others: &str) {
    let mut ours = false;
    for line in others.lines() {
        let comment = line
            .strip_prefix("# HELP ")
            .or_else(|| line.strip_prefix("# TYPE "));
        if let Some(family) = comment.and_then(|rest| rest.split(' ').next()) {
            let of_histogram = family.strip_prefix(DURATION);
            ours = FAMILIES.contains(&family)
                || of_histogram.is_some_and(|rest| ["_bucket", "_sum", "_count"].contains(&rest));
        }
        if !ours && !line.is_empty() {
            out.push_str(line);
            out.push('\n');
        }
    }
}

/// A label value with backslash, quote and newline escaped.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => out.push_str(r"\\"),
            '"' => out.push_str(r#"\""#),
            '\n' => out.push_str(r"\n"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_rise() {
        for bounds in [&BUCKETS[..], FAST_BUCKETS, SLOW_BUCKETS] {
            assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn a_family_of_ours_is_kept_whole() {
        let others = "# HELP function_calls_total mine\n# TYPE function_calls_total counter\n\
                      function_calls_total{a=\"b\"} 7\n\n# TYPE mine counter\nmine 1\n\n";
        let mut out = String::new();
        append_others(&mut out, others);
        assert_eq!(out, "# TYPE mine counter\nmine 1\n");
    }

    #[test]
    fn labels_cannot_break_out_of_their_quotes() {
        assert_eq!(escape("a\"b\\c\nd"), r#"a\"b\\c\nd"#);
    }
}

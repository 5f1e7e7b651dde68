//! Every metric name, label and bucket, and the page that shows them.
//!
//! Names and labels follow the autometrics specification 1.0.0, widened by `result="cancelled"`
//! and by `result` on the histogram. The page is text format 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::cells::Total;
use crate::outcome::Outcome;
use crate::{clock, site};

/// An upper bound of a bucket.
pub(crate) struct Bound {
    /// In seconds.
    pub(crate) value: f64,
    /// As the `le` label spells it.
    le: &'static str,
}

macro_rules! bounds {
    ($($bound:literal)*) => { [$(Bound { value: $bound, le: stringify!($bound) }),*] };
}

/// Default buckets, in seconds: OpenTelemetry's advice for HTTP, with three finer ones below.
pub(crate) const BUCKETS: [Bound; 17] =
    bounds!(0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0);

/// The families of this page, for those who may not define them again.
const FAMILIES: [&str; 5] = [CALLS, DURATION, CONCURRENT, BUILD_INFO, LOG_DROPPED];
const CALLS: &str = "function_calls_total";
const DURATION: &str = "function_calls_duration_seconds";
const CONCURRENT: &str = "function_calls_concurrent";
const BUILD_INFO: &str = "build_info";
const LOG_DROPPED: &str = "monitor_log_lines_dropped_total";

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

/// A function as its series name it; several sites may share one name.
struct Function {
    labels: String,
    total: Total,
}

/// The page: call sites first, then `others`, the families somebody else rendered.
pub(crate) fn page(service: &Service, dropped_lines: Option<u64>, others: &str) -> String {
    let functions = functions(service);
    let mut out = String::with_capacity(functions.len() * 512 + others.len() + 512);
    build_info(&mut out, service);
    calls(&mut out, &functions);
    durations(&mut out, &functions);
    concurrent(&mut out, &functions);
    if let Some(lines) = dropped_lines {
        header(
            &mut out,
            LOG_DROPPED,
            "counter",
            "Log lines that the full queue had no room for.",
        );
        let _ = writeln!(out, "{LOG_DROPPED} {lines}");
    }
    append_others(&mut out, others);
    out
}

/// Every annotated function, called or not, in the order of its labels.
fn functions(service: &Service) -> Vec<Function> {
    let service_name = escape(&service.name);
    let mut by_name: BTreeMap<(&str, &str), Total> = BTreeMap::new();
    for site in site::all() {
        by_name
            .entry((site.module(), site.function()))
            .or_insert(Total::ZERO)
            .merge(&site.store().total());
    }
    let function = |((module, function), total)| {
        let labels = format!(
            r#"function="{}",module="{}",service_name="{service_name}""#,
            escape(function),
            escape(module),
        );
        Function { labels, total }
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
    for Function { labels, total } in functions {
        for outcome in [
            Outcome::Ok,
            Outcome::Error,
            Outcome::Panic,
            Outcome::Cancelled,
        ] {
            let count = total.calls(outcome);
            // `ok` and `error` exist from the start, so that a rate sees the very first call.
            if count == 0 && matches!(outcome, Outcome::Panic | Outcome::Cancelled) {
                continue;
            }
            let class = if outcome == Outcome::Panic {
                r#",error="panic""#
            } else {
                ""
            };
            let result = outcome.as_str();
            let _ = writeln!(
                out,
                r#"{CALLS}{{{labels},result="{result}"{class}}} {count}"#
            );
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
    for Function { labels, total } in functions {
        for outcome in [Outcome::Ok, Outcome::Error, Outcome::Cancelled] {
            let buckets = total.buckets(outcome);
            let count: u64 = buckets.iter().sum();
            // A result that never happened costs no series.
            if count == 0 {
                continue;
            }
            let result = outcome.as_str();
            let mut below = 0;
            for (bound, calls) in BUCKETS.iter().zip(buckets) {
                below += calls;
                let le = bound.le.strip_suffix(".0").unwrap_or(bound.le);
                let _ = writeln!(
                    out,
                    r#"{DURATION}_bucket{{{labels},result="{result}",le="{le}"}} {below}"#,
                );
            }
            let seconds = clock::seconds(total.sum(outcome));
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
    for Function { labels, total } in functions {
        let _ = writeln!(out, "{CONCURRENT}{{{labels}}} {}", total.concurrent());
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
        assert!(BUCKETS.windows(2).all(|pair| pair[0].value < pair[1].value));
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

//! Every metric name, label and bucket, and the page that shows them.
//!
//! Names and labels follow the autometrics specification 1.0.0, widened by `result="cancelled"` with
//! a reason, and by `result` on the histogram. All formats of the page have the same series: text
//! 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>), OpenMetrics 1.0
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>), and protobuf.
//!
//! OpenMetrics' `_created` lines are left out: Prometheus stores each as a series, which nearly
//! doubles the number of counters, and all of them would have the start time of the process.

mod exposition;
pub(crate) mod facade;
mod family;
mod foreign;
mod foreign_names;
mod function_families;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod layout;
mod objective_families;
mod objective_labels;
mod page;
#[cfg(feature = "otlp")]
pub(crate) mod points;
mod poll_families;
pub(crate) mod process;
mod process_families;
mod protobuf;
mod readings;
mod runtime_families;
mod sample;
mod service;
pub(crate) mod slo;
mod text_format;
mod text_page;

pub use exposition::Exposition;
pub use family::Format;

pub(crate) use family::Family;
use family::Kind;
pub(crate) use objective_families::{objective_series, objectives};
pub(crate) use objective_labels::LabelValues;
pub(crate) use page::{Chunks, Page};
pub(crate) use process_families::{process, runtime};
pub(crate) use readings::RESULTS;
pub(crate) use runtime_families::{
    CheckReading, Number, RuntimeFamily, WorkerReading, blocked_workers, captures, checks,
    incidents, label_overflow, log, otlp_items, traces,
};
pub(crate) use service::Service;
pub(crate) use text_format::{canonical, escape};

/// The series of the HTTP edge, which go through the `metrics` facade.
pub(crate) const HTTP_REQUESTS: &str = "http_requests_total";
pub(crate) const HTTP_RESULTS: &str = "monitor_http_requests_total";
pub(crate) const HTTP_DURATION: &str = "http_server_request_duration_seconds";
pub(crate) const HTTP_ACTIVE: &str = "http_server_active_requests";

pub(crate) const CALLS: Family<'static> = Family {
    name: "function_calls_total",
    kind: Kind::Counter,
    unit: None,
    help: "Calls that have ended, by result.",
};
/// `function_calls_total{result="error"}` summed over the classes and the labels of the attribute.
///
/// It is at 0 from the start, so `rate` sees the first errors of a class or label that no type
/// declares.
pub(crate) const ERRORS: Family<'static> = Family::counter(
    "monitor_function_errors_total",
    None,
    "Calls that ended with an error or a panic, of any class.",
);
pub(crate) const DURATION: Family<'static> = Family {
    name: "function_calls_duration_seconds",
    kind: Kind::Histogram,
    unit: Some("seconds"),
    help: "Time from the beginning of a call to its end.",
};
pub(crate) const CONCURRENT: Family<'static> = Family::gauge(
    "function_calls_concurrent",
    None,
    "Calls that have begun and not ended.",
);
/// Polls of futures. Only functions that are `async` have these series.
///
/// `function_calls_duration_seconds_sum` less the busy seconds is the time that calls waited.
pub(crate) const BUSY: Family<'static> = Family::counter(
    "function_calls_busy_seconds_total",
    Some("seconds"),
    "Time inside the polls of a function's futures; the rest of their duration they waited.",
);
pub(crate) const POLLS: Family<'static> = Family::counter(
    "function_calls_polls_total",
    None,
    "Polls of a function's futures that have ended.",
);
pub(crate) const SLOW_POLLS: Family<'static> = Family::counter(
    "function_calls_slow_polls_total",
    None,
    "Polls of a function's futures that took longer than MONITOR_SLOW_POLL.",
);
pub(crate) const BUILD_INFO: Family<'static> = Family {
    name: "build_info",
    kind: Kind::Info,
    unit: None,
    help: "The build that is running; always 1.",
};
pub(crate) const LOG_EVENTS: Family<'static> = Family::counter(
    "monitor_log_events_total",
    None,
    "Events that passed the filter of the log, by level.",
);
pub(crate) const LOG_DROPPED: Family<'static> = Family::counter(
    "monitor_log_lines_dropped_total",
    None,
    "Log lines that were dropped: the queue was full, or standard output refused them.",
);
pub(crate) const LOG_SUPPRESSED: Family<'static> = Family::counter(
    "monitor_log_lines_suppressed_total",
    None,
    "Log lines that were held back: their place writes more than MONITOR_LOG_LIMIT allows.",
);
pub(crate) const LABEL_OVERFLOW: Family<'static> = Family::counter(
    "monitor_label_overflow_total",
    None,
    "Calls with a value that its `bounded` label had no place for; it is `other`.",
);
pub(crate) const CAPTURES: Family<'static> = Family::counter(
    "monitor_captures_total",
    None,
    "Events for Sentry, by result.",
);
pub(crate) const OTLP_ITEMS: Family<'static> = Family::counter(
    "monitor_otlp_items_total",
    None,
    "Spans, data points and log records for the OpenTelemetry collector, by signal and result.",
);
pub(crate) const TRACES: Family<'static> = Family::counter(
    "monitor_traces_total",
    None,
    "Requests and tasks that have ended, by the reason for which their trace is kept, or dropped.",
);
pub(crate) const SPANS_LEFT_OUT: Family<'static> = Family::counter(
    "monitor_trace_spans_left_out_total",
    None,
    "Calls that a trace with more than 200 spans left out.",
);
pub(crate) const INCIDENTS: Family<'static> = Family::counter(
    "monitor_incidents_total",
    None,
    "Incidents whose evidence was kept, by what began them.",
);
pub(crate) const OLDEST_CALL: Family<'static> = Family::gauge(
    "function_calls_oldest_seconds",
    Some("seconds"),
    "Age of the oldest running call of a function, from one second on.",
);
pub(crate) const CHECK_UP: Family<'static> = Family::gauge(
    "monitor_health_check_up",
    None,
    "1 while a health check passes, or a watched runtime answers; 0 while it does not.",
);
pub(crate) const CHECK_DURATION: Family<'static> = Family::gauge(
    "monitor_health_check_duration_seconds",
    Some("seconds"),
    "Duration of the last run of a health check.",
);

/// Objectives of functions.
///
/// The counters have a series per function and promise, without the target, so a changed target
/// keeps the history. They have no buckets and no attribute labels, so they are the same however
/// Prometheus stores histograms. The gauges expose targets, so that rules made for another target
/// are noticed.
pub(crate) const OBJECTIVE_CALLS: Family<'static> = Family::counter(
    "monitor_objective_calls_total",
    None,
    "Calls that count for an objective, by promise.",
);
pub(crate) const OBJECTIVE_FAILURES: Family<'static> = Family::counter(
    "monitor_objective_failures_total",
    None,
    "Calls that count for an objective and broke the promise.",
);
pub(crate) const OBJECTIVE_TARGET: Family<'static> = Family::gauge(
    "monitor_objective_target_ratio",
    None,
    "The share of calls that have to keep the promise of an objective.",
);
pub(crate) const OBJECTIVE_THRESHOLD: Family<'static> = Family::gauge(
    "monitor_objective_threshold_seconds",
    Some("seconds"),
    "The longest duration with which a call keeps the latency of an objective.",
);
/// `function_calls_concurrent` summed over the labels of the attribute, with the objective's name
/// beside it.
pub(crate) const OBJECTIVE_IN_FLIGHT: Family<'static> = Family::gauge(
    "monitor_objective_calls_in_flight",
    None,
    "Calls of functions with an objective that have begun and not ended.",
);

/// The process, as Prometheus' own clients name it; present unless switched off.
/// <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>
pub(crate) const PROCESS_CPU: Family<'static> = Family::counter(
    "process_cpu_seconds_total",
    Some("seconds"),
    "CPU time that all threads have used, in user and system mode.",
);
pub(crate) const PROCESS_RESIDENT: Family<'static> = Family::gauge(
    "process_resident_memory_bytes",
    Some("bytes"),
    "Memory that is held in RAM.",
);
const PROCESS_VIRTUAL: Family<'static> = Family::gauge(
    "process_virtual_memory_bytes",
    Some("bytes"),
    "Address space that is in use.",
);
pub(crate) const PROCESS_FDS: Family<'static> =
    Family::gauge("process_open_fds", None, "Open file descriptors.");
pub(crate) const PROCESS_MOST_FDS: Family<'static> = Family::gauge(
    "process_max_fds",
    None,
    "File descriptors that may be open at once; absent without a limit.",
);
pub(crate) const PROCESS_START: Family<'static> = Family::gauge(
    "process_start_time_seconds",
    Some("seconds"),
    "Start of the process, since the Unix epoch.",
);
pub(crate) const PROCESS_THREADS: Family<'static> =
    Family::gauge("process_threads", None, "Threads of the process.");

/// The tokio runtime that `start()` was called on, named as in `tokio::runtime::RuntimeMetrics`.
pub(crate) const TOKIO_WORKERS: Family<'static> =
    Family::gauge("tokio_workers", None, "Worker threads of the runtime.");
pub(crate) const TOKIO_TASKS: Family<'static> = Family::gauge(
    "tokio_alive_tasks",
    None,
    "Tasks that were spawned and have not ended.",
);
pub(crate) const TOKIO_QUEUE: Family<'static> = Family::gauge(
    "tokio_global_queue_depth",
    None,
    "Tasks that wait in the queue all workers share.",
);
pub(crate) const TOKIO_BUSY: Family<'static> = Family::counter(
    "tokio_worker_busy_seconds_total",
    Some("seconds"),
    "Time that a worker was not parked.",
);
pub(crate) const TOKIO_PARKS: Family<'static> = Family::counter(
    "tokio_worker_parks_total",
    None,
    "Number of times that a worker had nothing to do.",
);
/// The workers of all runtimes that are watched.
pub(crate) const TOKIO_BLOCKED: Family<'static> = Family::counter(
    "tokio_worker_blocked_seconds_total",
    Some("seconds"),
    "Time for which single polls held up a worker, of those beyond the limit.",
);
/// The beginnings of the names of families, and the namespaces of OpenTelemetry that they stand for.
#[cfg(feature = "otlp")]
pub(crate) const NAMESPACES: [(&str, &str); 9] = [
    ("function_calls_", "function.calls."),
    ("function_", "function."),
    ("monitor_", "monitor."),
    ("http_server_request_", "http.server.request."),
    ("http_server_", "http.server."),
    ("http_", "http."),
    ("process_", "process."),
    ("tokio_", "tokio."),
    ("build_", "build."),
];

#[cfg(test)]
mod tests;

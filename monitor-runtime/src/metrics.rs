//! Every metric name, label and bucket, and the page that shows them.
//!
//! Names and labels follow the autometrics specification 1.0.0, widened by `result="cancelled"`
//! and by `result` on the histogram. The page comes in two formats, with the same series in both:
//! text 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>) and OpenMetrics 1.0
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! OpenMetrics' `_created` is left out: Prometheus makes a series of its own of each, nearly twice
//! as many counters, and all of them would say when the process began.

mod buckets;
mod exposition;
mod family;
mod functions;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod layout;
mod line;
mod others;
mod process;
mod promise;
mod readings;
mod sample;

pub use buckets::{BUCKETS, FAST_BUCKETS, SLOW_BUCKETS};
pub(crate) use buckets::{HTTP_BUCKETS, by_unit};
pub use exposition::Exposition;
pub use family::Format;

use std::time::Duration;

use family::{Family, Kind};
use line::label;
pub(crate) use line::{canonical, escape};
pub(crate) use process::{process, runtime};
pub(crate) use promise::LabelValues;
pub(crate) use readings::RESULTS;

use crate::site::Site;

/// The series of the HTTP edge, which go through the `metrics` facade.
pub(crate) const HTTP_REQUESTS: &str = "http_requests_total";
pub(crate) const HTTP_DURATION: &str = "http_server_request_duration_seconds";
pub(crate) const HTTP_ACTIVE: &str = "http_server_active_requests";

/// The families that every page has room for, for those who may not define them again.
const FAMILIES: [&Family<'static>; 10] = [
    &BUILD_INFO,
    &CALLS,
    &DURATION,
    &CONCURRENT,
    &LOG_EVENTS,
    &LOG_DROPPED,
    &LABEL_OVERFLOW,
    &CAPTURES,
    &CHECK_UP,
    &CHECK_DURATION,
];

pub(crate) const CALLS: Family<'static> = Family {
    name: "function_calls_total",
    kind: Kind::Counter,
    unit: None,
    help: "Calls that have ended, by result.",
};
pub(crate) const DURATION: Family<'static> = Family {
    name: "function_calls_duration_seconds",
    kind: Kind::Histogram,
    unit: Some("seconds"),
    help: "Time from the beginning of a call to its end.",
};
pub(crate) const CONCURRENT: Family<'static> = Family {
    name: "function_calls_concurrent",
    kind: Kind::Gauge,
    unit: None,
    help: "Calls that have begun and not ended.",
};
pub(crate) const BUILD_INFO: Family<'static> = Family {
    name: "build_info",
    kind: Kind::Info,
    unit: None,
    help: "The build that is running; always 1.",
};
const LOG_EVENTS: Family<'static> = Family {
    name: "monitor_log_events_total",
    kind: Kind::Counter,
    unit: None,
    help: "Events that passed the filter of the log, by level.",
};
const LOG_DROPPED: Family<'static> = Family {
    name: "monitor_log_lines_dropped_total",
    kind: Kind::Counter,
    unit: None,
    help: "Log lines that the full queue had no room for, or that nobody took.",
};

const LABEL_OVERFLOW: Family<'static> = Family {
    name: "monitor_label_overflow_total",
    kind: Kind::Counter,
    unit: None,
    help: "Calls with a value that its `bounded` label had no place for; it is `other`.",
};

const CAPTURES: Family<'static> = Family {
    name: "monitor_captures_total",
    kind: Kind::Counter,
    unit: None,
    help: "Events for Sentry, by what became of them.",
};

const CHECK_UP: Family<'static> = Family {
    name: "monitor_health_check_up",
    kind: Kind::Gauge,
    unit: None,
    help: "1 while a health check passes, or a watched runtime answers; 0 while it does not.",
};
const CHECK_DURATION: Family<'static> = Family {
    name: "monitor_health_check_duration_seconds",
    kind: Kind::Gauge,
    unit: Some("seconds"),
    help: "How long the last run of a health check took.",
};

/// The process, as Prometheus' own clients name it; present unless switched off.
/// <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>
const PROCESS_CPU: Family<'static> = Family::counter(
    "process_cpu_seconds_total",
    Some("seconds"),
    "CPU time that all threads have used, in user and system mode.",
);
const PROCESS_RESIDENT: Family<'static> = Family::gauge(
    "process_resident_memory_bytes",
    Some("bytes"),
    "Memory that is held in RAM.",
);
const PROCESS_VIRTUAL: Family<'static> = Family::gauge(
    "process_virtual_memory_bytes",
    Some("bytes"),
    "Address space that is in use.",
);
const PROCESS_FDS: Family<'static> =
    Family::gauge("process_open_fds", None, "Open file descriptors.");
const PROCESS_MOST_FDS: Family<'static> = Family::gauge(
    "process_max_fds",
    None,
    "File descriptors that may be open at once; absent without a limit.",
);
const PROCESS_START: Family<'static> = Family::gauge(
    "process_start_time_seconds",
    Some("seconds"),
    "When the process began, since the Unix epoch.",
);
const PROCESS_THREADS: Family<'static> =
    Family::gauge("process_threads", None, "Threads of the process.");

/// The tokio runtime that `start()` was called on, in the words of `tokio::runtime::RuntimeMetrics`.
const TOKIO_WORKERS: Family<'static> =
    Family::gauge("tokio_workers", None, "Worker threads of the runtime.");
const TOKIO_TASKS: Family<'static> = Family::gauge(
    "tokio_alive_tasks",
    None,
    "Tasks that were spawned and have not ended.",
);
const TOKIO_QUEUE: Family<'static> = Family::gauge(
    "tokio_global_queue_depth",
    None,
    "Tasks that wait in the queue all workers share.",
);
const TOKIO_BUSY: Family<'static> = Family::counter(
    "tokio_worker_busy_seconds_total",
    Some("seconds"),
    "Time that a worker was not parked.",
);
const TOKIO_PARKS: Family<'static> = Family::counter(
    "tokio_worker_parks_total",
    None,
    "How often a worker had nothing to do.",
);
/// What the rules for objectives record, in the terms of
/// <https://prometheus.io/docs/practices/rules/>.
pub(crate) mod slo {
    /// Calls that break the promise, and all calls, a second over 5 minutes.
    pub(crate) const FAILURES: &str = "monitor_slo:failures:rate5m";
    pub(crate) const CALLS: &str = "monitor_slo:calls:rate5m";
    /// The share of calls that may break it, and the share of that which is left.
    pub(crate) const BUDGET: &str = "monitor_slo:error_budget:ratio";
    pub(crate) const BUDGET_LEFT: &str = "monitor_slo:error_budget_left:ratio";

    /// The share of calls that break it, over a window.
    pub(crate) fn ratio(window: &str) -> String {
        format!("monitor_slo:failures:ratio_rate{window}")
    }

    /// How many calls break it in a window.
    pub(crate) fn failures(window: &str) -> String {
        format!("monitor_slo:failures:increase{window}")
    }
}

/// A family of the runtime's own, and a value for each set of labels.
pub(crate) struct Own {
    family: &'static Family<'static>,
    /// Labels without their braces, escaped; empty for none.
    values: Vec<(String, Number)>,
}

/// A value: a count, or a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Count(u64),
    Measure(f64),
}

/// What is known of the log: events by level, and lost lines; a part without numbers is not ours.
pub(crate) fn log(events: Option<[(&str, u64); 5]>, dropped_lines: Option<u64>) -> Vec<Own> {
    let events = events.map(|events| Own {
        family: &LOG_EVENTS,
        values: events
            .map(|(level, count)| (label("level", level), Number::Count(count)))
            .to_vec(),
    });
    let dropped = dropped_lines.map(|lines| Own {
        family: &LOG_DROPPED,
        values: vec![(String::new(), Number::Count(lines))],
    });
    events.into_iter().chain(dropped).collect()
}

/// Events for Sentry, by what became of them.
pub(crate) fn captures(captures: [(&str, u64); 3]) -> Own {
    let values = captures.map(|(result, count)| (label("result", result), Number::Count(count)));
    Own {
        family: &CAPTURES,
        values: values.to_vec(),
    }
}

/// Calls of these functions whose value was one too many for its label.
pub(crate) fn label_overflow(sites: impl Iterator<Item = &'static Site>) -> Option<Own> {
    let mut values: Vec<(String, u64)> = Vec::new();
    for site in sites.filter(|site| !site.labels.is_empty()) {
        for (place, calls) in site.family().overflowed() {
            let key = site.labels.get(place).copied().unwrap_or_default();
            let labels = [
                ("function", site.function()),
                ("module", site.module()),
                ("label", key),
            ];
            values.push((
                labels.map(|(key, value)| label(key, value)).join(","),
                calls,
            ));
        }
    }
    // Functions that share a name would give one series twice.
    values.sort_unstable();
    values.dedup_by(|(again, more), (labels, calls)| {
        let same = again == labels;
        *calls += u64::from(same) * *more;
        same
    });
    let family = &LABEL_OVERFLOW;
    let counted = |(labels, calls)| (labels, Number::Count(calls));
    (!values.is_empty()).then(|| Own {
        family,
        values: values.into_iter().map(counted).collect(),
    })
}

/// What is known of a health check at one moment.
pub(crate) struct CheckReading {
    pub(crate) check: String,
    pub(crate) up: bool,
    /// How long its last run took, if it is one that runs.
    pub(crate) took: Option<Duration>,
}

/// Health checks; nothing for a process without.
pub(crate) fn checks(readings: &[CheckReading]) -> Vec<Own> {
    let name = |reading: &CheckReading| label("check", &reading.check);
    let up = readings.iter().map(|reading| {
        let up = Number::Count(reading.up.into());
        (name(reading), up)
    });
    let took = readings.iter().filter_map(|reading| {
        let took = Number::Measure(reading.took?.as_secs_f64());
        Some((name(reading), took))
    });
    let families: [(_, Vec<_>); 2] = [(&CHECK_UP, up.collect()), (&CHECK_DURATION, took.collect())];
    let families = families.into_iter();
    families
        .filter(|(_, values)| !values.is_empty())
        .map(|(family, values)| Own { family, values })
        .collect()
}

/// What `build_info` and the `service_name` label say of this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) commit: String,
    pub(crate) branch: String,
}

impl Service {
    /// The labels of `build_info`.
    fn build(&self) -> String {
        [
            label("version", &self.version),
            label("commit", &self.commit),
            label("branch", &self.branch),
            self.label(),
        ]
        .join(",")
    }

    fn label(&self) -> String {
        label("service_name", &self.name)
    }
}

#[cfg(test)]
mod tests;

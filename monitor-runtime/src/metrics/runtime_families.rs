//! Families of the runtime's own that are not about functions.

use std::collections::BTreeMap;
use std::time::Duration;

use super::family::Family;
use super::text_format::label;
use super::{
    CAPTURES, CHECK_DURATION, CHECK_UP, INCIDENTS, LABEL_OVERFLOW, LOG_DROPPED, LOG_EVENTS,
    LOG_SUPPRESSED, OLDEST_CALL, OTLP_ITEMS, SPANS_LEFT_OUT, TOKIO_BLOCKED, TRACES,
};
use crate::base::clock;
use crate::callsite::Site;
use crate::traces::{judge, live};

/// A family of the runtime, and a value for each set of labels.
pub(crate) struct RuntimeFamily {
    pub(super) family: &'static Family<'static>,
    /// Labels without their braces, escaped; may be empty.
    pub(super) values: Vec<(String, Number)>,
}

/// A value: an integer, or a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Count(u64),
    Measure(f64),
}

/// Returns the families of the log: events by level, and lost lines. A family is absent if the
/// runtime has no number for it.
pub(crate) fn log(
    events: Option<[(&str, u64); 5]>,
    dropped_lines: Option<u64>,
    suppressed_lines: Option<u64>,
) -> Vec<RuntimeFamily> {
    let events = events.map(|events| RuntimeFamily {
        family: &LOG_EVENTS,
        values: events
            .map(|(level, count)| (label("level", level), Number::Count(count)))
            .to_vec(),
    });
    let lines = |family, lines: Option<u64>| {
        lines.map(|lines| RuntimeFamily {
            family,
            values: vec![(String::new(), Number::Count(lines))],
        })
    };
    let dropped = lines(&LOG_DROPPED, dropped_lines);
    let suppressed = lines(&LOG_SUPPRESSED, suppressed_lines);
    events
        .into_iter()
        .chain(dropped)
        .chain(suppressed)
        .collect()
}

/// Returns the family of events for Sentry, by result.
pub(crate) fn captures(captures: [(&str, u64); 3]) -> RuntimeFamily {
    let values = captures.map(|(result, count)| (label("result", result), Number::Count(count)));
    RuntimeFamily {
        family: &CAPTURES,
        values: values.to_vec(),
    }
}

/// Returns the family of items for the OpenTelemetry collector, by signal and result; none if nothing is
/// exported.
pub(crate) fn otlp_items(
    items: impl Iterator<Item = (&'static str, &'static str, u64)>,
) -> Option<RuntimeFamily> {
    let value = |(signal, result, count)| {
        let labels = [label("signal", signal), label("result", result)].join(",");
        (labels, Number::Count(count))
    };
    let values: Vec<_> = items.map(value).collect();
    (!values.is_empty()).then_some(RuntimeFamily {
        family: &OTLP_ITEMS,
        values,
    })
}

/// Returns the family of incidents, by what began them.
pub(crate) fn incidents(begun: [(&str, u64); 3]) -> RuntimeFamily {
    let values = begun.map(|(trigger, count)| (label("trigger", trigger), Number::Count(count)));
    RuntimeFamily {
        family: &INCIDENTS,
        values: values.to_vec(),
    }
}

/// Returns the families of local traces: those that have ended, and the oldest calls of those that
/// run.
pub(crate) fn traces(service: &str) -> Vec<RuntimeFamily> {
    let judged = judge::judged();
    let values = judged.map(|(reason, count)| (label("reason", reason), Number::Count(count)));
    let mut families = vec![
        RuntimeFamily {
            family: &TRACES,
            values: values.collect(),
        },
        RuntimeFamily {
            family: &SPANS_LEFT_OUT,
            values: vec![(String::new(), Number::Count(judge::left_out()))],
        },
    ];
    let oldest = oldest_calls(service);
    if !oldest.is_empty() {
        families.push(RuntimeFamily {
            family: &OLDEST_CALL,
            values: oldest,
        });
    }
    families
}

/// Returns the ages of the oldest calls that have run for some time, by function.
fn oldest_calls(service: &str) -> Vec<(String, Number)> {
    /// The series of younger calls would come and go.
    const LEAST_SECONDS: f64 = 1.0;
    let now = clock::now();
    let mut oldest: BTreeMap<String, f64> = BTreeMap::new();
    for (site, began) in live::oldest_calls() {
        let age = clock::seconds(now.saturating_sub(began));
        if age >= LEAST_SECONDS {
            let labels = [
                ("function", site.function()),
                ("module", site.module()),
                ("service_name", service),
            ];
            let labels = labels.map(|(key, value)| label(key, value)).join(",");
            let known = oldest.entry(labels).or_default();
            *known = known.max(age);
        }
    }
    let measured = |(labels, age)| (labels, Number::Measure(age));
    oldest.into_iter().map(measured).collect()
}

/// Returns the family that counts calls whose value was one too many for its label.
pub(crate) fn label_overflow(sites: impl Iterator<Item = &'static Site>) -> Option<RuntimeFamily> {
    let mut values: Vec<(String, u64)> = Vec::new();
    for site in sites.filter(|site| !site.labels.is_empty()) {
        for (place, calls) in site.sets().overflowed() {
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
    // Functions that share a name would repeat a series.
    values.sort_unstable();
    values.dedup_by(|(again, more), (labels, calls)| {
        let same = again == labels;
        *calls += u64::from(same) * *more;
        same
    });
    let family = &LABEL_OVERFLOW;
    let counted = |(labels, calls)| (labels, Number::Count(calls));
    (!values.is_empty()).then(|| RuntimeFamily {
        family,
        values: values.into_iter().map(counted).collect(),
    })
}

/// A worker of a runtime that is watched.
pub(crate) struct WorkerReading {
    pub(crate) runtime: String,
    pub(crate) worker: usize,
    /// The time for which it has been blocked since the start.
    pub(crate) blocked: Duration,
}

/// Returns the family of the time for which workers were blocked; none without workers.
pub(crate) fn blocked_workers(readings: &[WorkerReading]) -> Option<RuntimeFamily> {
    let value = |reading: &WorkerReading| {
        let worker = label("worker", &reading.worker.to_string());
        let labels = [label("runtime", &reading.runtime), worker].join(",");
        (labels, Number::Measure(reading.blocked.as_secs_f64()))
    };
    (!readings.is_empty()).then(|| RuntimeFamily {
        family: &TOKIO_BLOCKED,
        values: readings.iter().map(value).collect(),
    })
}

/// A health check at one moment.
pub(crate) struct CheckReading {
    pub(crate) check: String,
    pub(crate) up: bool,
    /// The duration of its last run; `None` for a check that does not run.
    pub(crate) took: Option<Duration>,
}

/// Returns the families of health checks; empty for a process without checks.
pub(crate) fn checks(readings: &[CheckReading]) -> Vec<RuntimeFamily> {
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
        .map(|(family, values)| RuntimeFamily { family, values })
        .collect()
}

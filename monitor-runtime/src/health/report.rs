//! The report behind `/health`, shaped as [health+json].
//!
//! [health+json]: https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use tokio::time::Instant;

use super::check_state::{Slot, Standing};
use super::history::Run;
use super::{Health, Refusal, Selection};
use crate::base::clock::milliseconds;

/// The worst of several statuses is their maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// All is well.
    Ok,
    /// Something is wrong, but the service does its work.
    Warn,
    /// The service should not get work.
    Fail,
}

/// The state of the service at one moment, as `/health` prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    /// The worst status of all.
    pub(crate) status: Status,
    service_id: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    checks: Vec<(&'a str, Entry<'a>)>,
}

/// The state of one check.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    status: Status,
    critical: bool,
    #[serde(flatten)]
    observed: Option<Observed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(flatten)]
    more: Option<More<'a>>,
}

/// The last finished run of a check.
#[derive(Debug, Serialize)]
struct Observed {
    /// The end of the last run, in RFC 3339.
    time: String,
    /// The duration of the last run, in `unit`.
    #[serde(rename = "observedValue")]
    took: f64,
    #[serde(rename = "observedUnit")]
    unit: &'static str,
}

/// The part that only `?verbose` shows.
#[derive(Debug, Serialize)]
struct More<'a> {
    /// The time at which the check began to pass or to fail, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    groups: &'a [String],
    /// Its last runs, the newest last.
    history: Vec<Past>,
}

/// One run of the past.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Past {
    status: Status,
    time: String,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

impl<'a> Report<'a> {
    pub(super) fn new(health: &'a Health, selection: &Selection, verbose: bool) -> Self {
        let now = Instant::now();
        let asked = |slot: &&Arc<Slot>| {
            selection.has_group_of(&slot.check.groups) && !selection.excludes(&slot.check.name)
        };
        let checks: Vec<_> = health
            .slots
            .iter()
            .filter(asked)
            .map(|slot| (slot.check.name.as_str(), Entry::new(slot, now, verbose)))
            .collect();
        let worst = checks.iter().map(|(_, entry)| entry.status).max();
        // A selected group asks about its checks, not about the process.
        let refusal = if !selection.groups.is_empty() {
            None
        } else if health.is_draining() {
            Some(Refusal::Draining)
        } else {
            health.watchdog.is_any_blocked().then_some(Refusal::Blocked)
        };
        let status = match refusal {
            Some(_) => Status::Fail,
            None => worst.unwrap_or(Status::Ok),
        };
        Self {
            status,
            service_id: &health.service.id,
            version: &health.service.version,
            output: refusal.map(|refusal| refusal.to_string()),
            notes: notes(health, selection),
            checks,
        }
    }
}

/// Prints the last runs of a check for the live page: `[[status, milliseconds since 1970, milliseconds it
/// took, output]]`, the newest last.
pub(super) fn last_runs(slot: &Slot, most: usize) -> String {
    let reading = slot.read(Instant::now(), true);
    let bad = bad(slot.check.critical);
    let skipped = reading.history.len().saturating_sub(most);
    let runs = reading.history.into_iter().skip(skipped).map(|run| {
        let at = run.time.duration_since(SystemTime::UNIX_EPOCH);
        let at = u64::try_from(at.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
        let took = milliseconds(run.took.as_secs_f64());
        let status = if run.failure.is_some() {
            bad
        } else {
            Status::Ok
        };
        serde_json::json!([status, at, took, run.failure.as_deref()])
    });
    runs.collect::<serde_json::Value>().to_string()
}

/// Returns notes on names that a client selected and that do not exist.
fn notes(health: &Health, selection: &Selection) -> Vec<String> {
    let names: Vec<&str> = health
        .slots
        .iter()
        .map(|slot| slot.check.name.as_str())
        .collect();
    let unmatched = selection.unmatched(&names).into_iter();
    unmatched
        .map(|name| format!("exclude: there is no check {name:?}"))
        .collect()
}

impl<'a> Entry<'a> {
    fn new(slot: &'a Slot, now: Instant, verbose: bool) -> Self {
        let reading = slot.read(now, verbose);
        let critical = slot.check.critical;
        let bad = bad(critical);
        let (status, output) = match reading.standing {
            Standing::Passing => (Status::Ok, None),
            // As bad as failing, because readiness treats it so.
            Standing::Pending => (bad, Some("no answer yet".to_owned())),
            Standing::Failing(output) => (bad, Some(output)),
        };
        let observed = reading.last.map(|run| Observed {
            time: rfc3339(run.time),
            took: milliseconds(run.took.as_secs_f64()),
            unit: "ms",
        });
        let runs = reading.history.into_iter();
        let more = verbose.then(|| More {
            since: reading.since.map(rfc3339),
            groups: &slot.check.groups,
            history: runs.map(|run| Past::new(run, bad)).collect(),
        });
        Self {
            status,
            critical,
            observed,
            output,
            more,
        }
    }
}

impl Past {
    fn new(run: Run, bad: Status) -> Self {
        Self {
            status: if run.failure.is_some() {
                bad
            } else {
                Status::Ok
            },
            time: rfc3339(run.time),
            duration_ms: milliseconds(run.took.as_secs_f64()),
            output: run.failure.map(|text| text.to_string()),
        }
    }
}

/// Returns the status of the service when a check fails.
fn bad(critical: bool) -> Status {
    if critical { Status::Fail } else { Status::Warn }
}

/// Formats the nearest time that RFC 3339 can express: a clock can be set to anything.
fn rfc3339(time: SystemTime) -> String {
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_seconds(time.clamp(SystemTime::UNIX_EPOCH, last)).to_string()
}

/// Writes checks as an object in their own order, each with the one-element list that the draft
/// requires.
fn as_map<S: Serializer>(checks: &[(&str, Entry<'_>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(checks.iter().map(|(name, entry)| (name, [entry])))
}

//! The report behind `/health`, shaped as [health+json].
//!
//! [health+json]: https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06

use std::sync::Arc;

use serde::{Serialize, Serializer};
use tokio::time::Instant;

use super::Service;
use super::slot::{Slot, Standing};

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

/// What is known about the service at one moment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    /// The worst status of all.
    pub(crate) status: Status,
    service_id: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'static str>,
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    checks: Vec<(&'a str, Entry)>,
}

/// What is known about one check.
#[derive(Debug, Serialize)]
struct Entry {
    status: Status,
    critical: bool,
    #[serde(flatten)]
    observed: Option<Observed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

/// The last finished run of a check.
#[derive(Debug, Serialize)]
struct Observed {
    /// When it ended, in RFC 3339.
    time: String,
    /// How long it took, in `unit`.
    #[serde(rename = "observedValue")]
    took: f64,
    #[serde(rename = "observedUnit")]
    unit: &'static str,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        service: &'a Service,
        slots: &'a [Arc<Slot>],
        draining: bool,
        now: Instant,
    ) -> Self {
        let checks: Vec<_> = slots
            .iter()
            .map(|slot| (slot.check.name.as_str(), Entry::new(slot, now)))
            .collect();
        let worst = checks
            .iter()
            .map(|(_, entry)| entry.status)
            .max()
            .unwrap_or(Status::Ok);
        Self {
            status: if draining { Status::Fail } else { worst },
            service_id: &service.id,
            version: &service.version,
            output: draining.then_some("draining"),
            checks,
        }
    }
}

impl Entry {
    fn new(slot: &Slot, now: Instant) -> Self {
        let (standing, verdict) = slot.read(now);
        let critical = slot.check.critical;
        let bad = if critical { Status::Fail } else { Status::Warn };
        let (status, output) = match standing {
            Standing::Passing => (Status::Ok, None),
            // As bad as failing, because readiness treats it so.
            Standing::Pending => (bad, Some("no answer yet".to_owned())),
            Standing::Failing(output) => (bad, Some(output)),
        };
        let observed = verdict.map(|verdict| Observed {
            time: humantime::format_rfc3339_seconds(verdict.time).to_string(),
            // Whole microseconds: more digits would be noise.
            took: (verdict.took.as_secs_f64() * 1e6).round() / 1e3,
            unit: "ms",
        });
        Self {
            status,
            critical,
            observed,
            output,
        }
    }
}

/// Writes checks as an object in their own order, each with the one-element list the draft wants.
fn as_map<S: Serializer>(checks: &[(&str, Entry)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(checks.iter().map(|(name, entry)| (name, [entry])))
}

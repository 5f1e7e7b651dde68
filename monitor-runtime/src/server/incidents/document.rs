//! Incidents as documents.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Value, json};

use super::parts::{CheckDocument, FailureDocument};
use super::said::{ChangedDocument, Period};
use super::state::{self, Known, State};
use super::trigger::Trigger;
use crate::server::requests::{InFlight, Request, timestamp};

/// The incidents that are kept.
#[derive(Serialize)]
pub(in crate::server) struct List {
    /// The latest first.
    pub(super) incidents: Vec<Head>,
    /// Triggers that came too often, and began no incident.
    pub(super) suppressed: Vec<Suppressed>,
}

#[derive(Serialize)]
pub(super) struct Head {
    pub(super) id: String,
    /// `true` while requests that end are added.
    pub(super) open: bool,
    /// RFC 3339.
    pub(super) began: String,
    pub(super) trigger: TriggerDocument,
    /// The time at which the trigger was no longer found; `null` while it lasts.
    pub(super) ended: Option<String>,
    /// Triggers that came while the incident was open.
    pub(super) joined: Vec<TriggerDocument>,
}

#[derive(Serialize)]
pub(super) struct TriggerDocument {
    /// `objective`, `check` or `stuck`.
    pub(super) kind: &'static str,
    /// The objective, the check or the function.
    pub(super) name: String,
    pub(super) said: String,
    pub(super) at: String,
}

#[derive(Serialize)]
pub(super) struct Suppressed {
    pub(super) trigger: TriggerDocument,
    pub(super) times: u64,
}

/// An incident in full.
#[derive(Serialize)]
pub(in crate::server) struct Incident<'a> {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) service: ServiceDocument<'a>,
    /// The times that changes compare.
    pub(super) period: &'a Period,
    /// The greatest change first.
    pub(super) changed: &'a [ChangedDocument],
    pub(super) changed_left_out: usize,
    /// Kept requests that ended in the minute before the incident began or in the half minute after,
    /// the latest first.
    pub(super) requests: &'a [Request],
    pub(super) requests_left_out: usize,
    /// The requests that were in flight when it began.
    pub(super) calls: &'a InFlight,
    /// The last kinds of failure, the latest first.
    pub(super) failures: &'a [FailureDocument],
    pub(super) failures_left_out: usize,
    pub(super) health: &'a Value,
    pub(super) checks: &'a [CheckDocument],
    pub(super) checks_left_out: usize,
}

#[derive(Serialize)]
pub(super) struct ServiceDocument<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) commit: &'a str,
    /// The machine's name; empty if the system has none.
    pub(super) host: String,
    pub(super) pid: u32,
}

/// Returns `[id, milliseconds since 1970, sentence, is open]` of each incident.
pub(super) fn lines(state: &State) -> Value {
    let lines = state.kept.iter().map(|one| {
        let at = one.began.system.duration_since(SystemTime::UNIX_EPOCH);
        let at = u64::try_from(at.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
        let said = one.triggers.first().map(|(_, first)| &first.said);
        json!([one.id, at, said, one.is_open])
    });
    lines.collect()
}

impl List {
    pub(super) fn new(state: &State) -> Self {
        let suppressed = state.triggers.iter().filter_map(|(key, known)| {
            let Known {
                suppressed, last, ..
            } = known;
            let (at, said) = last.clone()?;
            let key = key.clone();
            Some(Suppressed {
                trigger: TriggerDocument::new(at, &Trigger { key, said }),
                times: *suppressed,
            })
        });
        let mut suppressed: Vec<Suppressed> = suppressed.collect();
        suppressed.sort_by(|a, b| b.trigger.at.cmp(&a.trigger.at));
        Self {
            incidents: state.kept.iter().map(Head::new).collect(),
            suppressed,
        }
    }
}

impl Head {
    fn new(incident: &state::Incident) -> Self {
        let all = incident.triggers.iter();
        let mut all = all.map(|(at, trigger)| TriggerDocument::new(*at, trigger));
        Self {
            id: incident.id.clone(),
            open: incident.is_open,
            began: timestamp(incident.began.system),
            trigger: all.next().expect("a trigger began it"),
            ended: incident.ended.map(timestamp),
            joined: all.collect(),
        }
    }
}

impl TriggerDocument {
    fn new(at: SystemTime, trigger: &Trigger) -> Self {
        Self {
            kind: trigger.key.kind.as_str(),
            name: trigger.key.name.clone(),
            said: trigger.said.clone(),
            at: timestamp(at),
        }
    }
}

impl<'a> Incident<'a> {
    pub(super) fn new(incident: &'a state::Incident, service: &'a crate::metrics::Service) -> Self {
        let evidence = &incident.evidence;
        Self {
            head: Head::new(incident),
            service: ServiceDocument {
                name: &service.name,
                version: &service.version,
                commit: &service.commit,
                host: host(),
                pid: std::process::id(),
            },
            period: &evidence.period,
            changed: &evidence.changed,
            changed_left_out: evidence.changed_left_out,
            requests: &evidence.requests.kept,
            requests_left_out: evidence.requests.left_out,
            calls: &evidence.in_flight,
            failures: &evidence.failures,
            failures_left_out: evidence.failures_left_out,
            health: &evidence.health,
            checks: &evidence.checks,
            checks_left_out: evidence.checks_left_out,
        }
    }
}

fn host() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    let name = String::new();
    name
}

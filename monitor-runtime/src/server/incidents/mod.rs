//! Incidents: the evidence of an alert, frozen when its condition becomes true in this process.
//!
//! A [trigger](trigger) begins one: an objective that pages, a critical check that fails, a call that
//! is stuck. Most of the [evidence] is taken at once, and requests that end are added for another
//! half a minute. The functions that [changed](changes) are found by comparing the last minute with
//! the [hour] before it. A call does nothing for any of it: the upkeep comes by every five seconds.
//!
//! The last five are kept. A trigger that lasts has one, and one that comes and goes has two an
//! hour. Triggers that come while an incident is open join it.

mod changes;
mod document;
mod evidence;
mod hour;
mod numbers;
mod parts;
mod said;
mod state;
#[cfg(test)]
pub(super) mod tests;
mod text;
mod trigger;

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

pub(super) use document::{Incident as Document, List};
use evidence::Evidence;
use hour::Hour;
use state::State;
pub(super) use text::{incident_as_text, list_as_text};
pub(crate) use trigger::begun;
#[cfg(test)]
pub(super) use trigger::stuck;
use trigger::{Awake, Trigger};

use super::live::Live;
use super::requests;
use crate::base::clock;
use crate::health::Health;
use crate::metrics::Service;
use crate::slo;

/// The JSON Schema of both documents, without the parts that it shares with that of requests.
const SCHEMA: &str = include_str!("schema.json");

/// The `tracing` target of everything this module logs.
const TARGET: &str = "monitor_runtime::incidents";

/// The time for which an incident takes further requests.
const OPEN: Duration = Duration::from_secs(30);

/// One moment, on each of the clocks that evidence has times of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    instant: Instant,
    system: SystemTime,
    /// In ticks of the clock of calls.
    ticks: u64,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            instant: Instant::now(),
            system: SystemTime::now(),
            ticks: clock::now(),
        }
    }

    fn since(&self, earlier: &Self) -> Duration {
        self.instant.saturating_duration_since(earlier.instant)
    }
}

/// Returns the JSON Schema of both documents, with the parts that they share with those of requests.
pub(super) fn schema() -> String {
    let parse = |text| serde_json::from_str(text);
    let (mut schema, shared): (Value, Value) = (
        parse(SCHEMA).expect("valid JSON"),
        parse(requests::SCHEMA).expect("valid JSON"),
    );
    let shared = shared["$defs"].as_object().cloned().unwrap_or_default();
    if let Some(own) = schema["$defs"].as_object_mut() {
        own.extend(shared);
    }
    schema.to_string()
}

/// The incidents of the process, and all that is remembered for the next one.
pub(crate) struct Incidents {
    service: Service,
    health: Arc<Health>,
    /// The address of the server, without a slash at its end.
    address: OnceLock<String>,
    /// Only the upkeep locks it, and the next one.
    hour: Mutex<Option<Hour>>,
    awake: Mutex<Awake>,
    state: Mutex<State>,
}

impl Incidents {
    pub(super) fn new(service: &Service, health: Arc<Health>) -> Self {
        Self {
            service: service.clone(),
            health,
            address: OnceLock::new(),
            hour: Mutex::new(None),
            awake: Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// Sets the address by which lines of the log lead to incidents.
    pub(super) fn served_at(&self, address: String) {
        // A second server shows the same.
        let _ = self.address.set(address);
    }

    /// Looks for triggers, and brings the open incident up to date. The upkeep calls it every five
    /// seconds.
    pub(super) fn watch(&self, live: &Live) {
        let now = Moment::now();
        self.remember(live, now.instant);
        let totals = OnceCell::new();
        let ends = |function: usize| {
            let hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
            let now = totals.get_or_init(|| live.totals()).get(function);
            let known = now.zip(hour.as_ref());
            known.is_some_and(|(now, hour)| hour.has_ended(function, now))
        };
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        let awake = awake.since(now.ticks);
        let triggers = trigger::all(&self.health, live, (now.ticks, awake), ends);
        self.round(live, triggers, now);
    }

    fn remember(&self, live: &Live, now: Instant) {
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = hour.get_or_insert_with(|| Hour::new(now, live.functions()));
        hour.remember(now, || live.totals(), |function| live.classes(function));
    }

    /// Begins an incident for the first trigger that is new and has not begun too many.
    pub(super) fn round(&self, live: &Live, triggers: Vec<Trigger>, now: Moment) {
        let new = self.state().admit(triggers, &now);
        let mut new = new.into_iter();
        let Some(first) = new.next() else { return };
        let joined: Vec<Trigger> = new.collect();
        // Readers are not kept waiting meanwhile.
        let evidence = {
            let hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
            Evidence::freeze(live, &self.health, hour.as_ref(), &now)
        };
        trigger::count(first.key.kind);
        let said = first.said.clone();
        let id = self.state().begin(first, joined, evidence, now);
        let path = format!("/incidents/{id}");
        let address = slo::server_address().or_else(|| self.address.get().cloned());
        let incident = address.unwrap_or_default() + &path;
        // The subscriber may run user code: no lock is held.
        tracing::warn!(target: TARGET, trigger = said, incident, "an incident began");
    }

    /// Returns the incidents that are kept.
    pub(super) fn list(&self) -> List {
        List::new(&self.state())
    }

    /// Runs code that has an incident; `None` without one of this id.
    pub(super) fn one<R>(&self, id: &str, code: impl FnOnce(&Document<'_>) -> R) -> Option<R> {
        let mut state = self.state();
        let incident = state.kept.iter_mut().find(|one| one.id == id)?;
        incident.collect(&Moment::now());
        Some(code(&Document::new(incident, &self.service)))
    }

    /// Returns a line for each incident, as the live page lists them.
    pub(super) fn lines(&self) -> Value {
        document::lines(&self.state())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

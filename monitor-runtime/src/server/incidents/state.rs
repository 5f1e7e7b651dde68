//! The incidents that are kept, and the triggers that were found so far: when one begins, which join
//! it, and which are too many.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use super::evidence::Evidence;
use super::trigger::{Key, Trigger};
use super::{Moment, OPEN};

/// Incidents that are kept.
const MAX_KEPT: usize = 5;
/// The time in which one trigger begins [`MAX_BEGUN`] incidents at most.
const HOUR: Duration = Duration::from_secs(3600);
const MAX_BEGUN: usize = 2;
/// Triggers that are listed of those that joined an incident.
const MAX_JOINED: usize = 20;

/// Returns the id of an incident, which is unique among those of all processes of a service that
/// began at different times.
fn id(began: SystemTime, number: u64) -> String {
    let second = humantime::format_rfc3339_seconds(began).to_string();
    let digits: String = second.chars().filter(|c| !"-:".contains(*c)).collect();
    format!("{digits}-{number}")
}

#[derive(Default)]
pub(super) struct State {
    /// The latest first.
    pub(super) kept: VecDeque<Incident>,
    /// Incidents so far.
    pub(super) number: u64,
    pub(super) triggers: HashMap<Key, Known>,
}

/// The history of a trigger.
#[derive(Default)]
pub(super) struct Known {
    /// `true` while it lasts.
    pub(super) lasts: bool,
    /// The incidents of the last hour that it began.
    pub(super) begun: Vec<Moment>,
    /// The times that it came and began none, and the last of them.
    pub(super) suppressed: u64,
    pub(super) last: Option<(SystemTime, String)>,
}

/// An incident.
pub(super) struct Incident {
    pub(super) id: String,
    pub(super) began: Moment,
    pub(super) is_open: bool,
    /// The first one began it, and the others joined it, each with its time.
    pub(super) triggers: Vec<(SystemTime, Trigger)>,
    /// The time at which the first trigger was no longer found.
    pub(super) ended: Option<SystemTime>,
    pub(super) evidence: Evidence,
}

impl State {
    /// Notes the triggers that hold now. Returns those that begin an incident together.
    pub(super) fn admit(&mut self, triggers: Vec<Trigger>, now: &Moment) -> Vec<Trigger> {
        if let Some(open) = self.kept.front_mut().filter(|latest| latest.is_open) {
            open.collect(now);
            open.is_open = now.since(&open.began) < OPEN;
        }
        self.end_others(&triggers, now);
        let mut new = Vec::new();
        for trigger in triggers {
            let known = self.triggers.entry(trigger.key.clone()).or_default();
            if std::mem::replace(&mut known.lasts, true) {
                continue;
            }
            known.begun.retain(|begun| now.since(begun) < HOUR);
            let open = self.kept.front_mut().filter(|latest| latest.is_open);
            if let Some(open) = open {
                open.join(trigger, now);
            } else if known.begun.len() < MAX_BEGUN {
                new.push(trigger);
            } else {
                known.suppressed += 1;
                known.last = Some((now.system, trigger.said));
            }
        }
        new
    }

    /// Notes which triggers hold no longer.
    fn end_others(&mut self, triggers: &[Trigger], now: &Moment) {
        for (key, known) in &mut self.triggers {
            if known.lasts && triggers.iter().all(|trigger| trigger.key != *key) {
                known.lasts = false;
                let first = |one: &&mut Incident| {
                    let first = one.triggers.first();
                    one.ended.is_none() && first.is_some_and(|(_, first)| first.key == *key)
                };
                if let Some(incident) = self.kept.iter_mut().find(first) {
                    incident.ended = Some(now.system);
                }
            }
        }
    }

    /// Keeps an incident, and drops the oldest of too many. Returns its id.
    pub(super) fn begin(
        &mut self,
        first: Trigger,
        joined: Vec<Trigger>,
        evidence: Evidence,
        now: Moment,
    ) -> String {
        self.number += 1;
        if let Some(known) = self.triggers.get_mut(&first.key) {
            known.begun.push(now);
        }
        let id = id(now.system, self.number);
        let mut incident = Incident {
            id: id.clone(),
            began: now,
            is_open: true,
            triggers: vec![(now.system, first)],
            ended: None,
            evidence,
        };
        for trigger in joined {
            incident.join(trigger, &now);
        }
        self.kept.push_front(incident);
        self.kept.truncate(MAX_KEPT);
        id
    }
}

impl Incident {
    /// Adds requests that have ended since.
    pub(super) fn collect(&mut self, now: &Moment) {
        if self.is_open {
            self.evidence.collect(&self.began, now);
        }
    }

    fn join(&mut self, trigger: Trigger, now: &Moment) {
        if self.triggers.len() <= MAX_JOINED {
            self.triggers.push((now.system, trigger));
        }
    }
}

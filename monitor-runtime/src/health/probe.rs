//! The points that make up a probe's answer, and a client's selection of them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::check_state::Standing;
use super::{Health, Refusal};

/// One thing that a probe's answer depends on.
pub(crate) struct Point {
    /// The name of a check, or one with a colon, which no check has.
    pub(crate) name: String,
    /// `true` if the answer is negative while this point fails.
    pub(crate) decides: bool,
    /// The reason why it fails, if it does: the public one, and the one for clients that may see details.
    pub(crate) failure: Option<(Refusal, String)>,
}

/// The points or checks that a client selected; by default all of them.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Only checks that are in one of these.
    pub(crate) groups: Vec<String>,
    /// Points with one of these names are left out.
    pub(crate) exclude: Vec<String>,
}

impl Selection {
    /// Returns `true` if a check in these groups is selected, apart from its name.
    pub(super) fn has_group_of(&self, groups: &[String]) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|group| groups.contains(group))
    }

    pub(crate) fn excludes(&self, name: &str) -> bool {
        self.exclude.iter().any(|excluded| excluded == name)
    }

    /// Returns the names to be excluded that do not exist.
    pub(crate) fn unmatched<'a>(&'a self, names: &[&str]) -> Vec<&'a str> {
        let exclude = self.exclude.iter().map(String::as_str);
        exclude.filter(|name| !names.contains(name)).collect()
    }
}

/// The kind of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeKind {
    /// Should this process be left running?
    Live,
    /// Should it get work?
    Ready,
    /// Has it finished starting?
    Started,
}

impl Health {
    /// Returns the points of a question: those of the process first, then those of the selected
    /// checks.
    ///
    /// Liveness never has points of a check, even if the selection names some.
    pub(crate) fn points(&self, question: ProbeKind, selection: &Selection) -> Vec<Point> {
        let now = Instant::now();
        let mut points = Vec::new();
        if question == ProbeKind::Ready {
            let draining = self.is_draining().then_some(Refusal::Draining);
            points.push(Point::of_process("process:shutdown", draining));
        }
        if question != ProbeKind::Live {
            let started = self.started.load(Ordering::Acquire);
            let starting = (!started).then_some(Refusal::Starting);
            points.push(Point::of_process("process:started", starting));
        }
        if question != ProbeKind::Started {
            points.extend(self.watchdog.read().into_iter().map(|runtime| Point {
                name: runtime.name,
                decides: true,
                failure: runtime.blocked.map(blocked),
            }));
        }
        if question == ProbeKind::Live {
            let workers = self.blocked_workers();
            points.extend(workers.iter().map(|worker| Point {
                name: worker.name(),
                decides: false,
                failure: Some((Refusal::Blocked, worker.to_string())),
            }));
            return points;
        }
        let slots = self.slots.iter();
        let checks = slots.filter(|slot| selection.has_group_of(&slot.check.groups));
        points.extend(checks.map(|slot| {
            let failure = match (question, slot.standing(now)) {
                (_, Standing::Pending) => Some((Refusal::Starting, "no answer yet".to_owned())),
                (ProbeKind::Started, _) | (_, Standing::Passing) => None,
                (_, Standing::Failing(output)) => Some((Refusal::CriticalFailing, output)),
            };
            Point {
                name: slot.check.name.clone(),
                decides: slot.check.critical,
                failure,
            }
        }));
        points
    }
}

fn blocked(silent: Duration) -> (Refusal, String) {
    let silent = silent.as_secs_f64();
    let reason = format!("has run nothing for {silent:.1} s: all of its threads are blocked");
    (Refusal::Blocked, reason)
}

impl Point {
    fn of_process(name: &str, refusal: Option<Refusal>) -> Self {
        Self {
            name: name.to_owned(),
            decides: true,
            failure: refusal.map(|refusal| (refusal, refusal.to_string())),
        }
    }
}

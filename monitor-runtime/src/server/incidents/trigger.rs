//! The conditions that begin an incident: an objective that pages, a critical check that fails, a
//! call that is stuck.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::base::clock;
use crate::health::Health;
use crate::server::live::Live;
use crate::slo::{self, Burning};
use crate::traces::live;

/// The kind of a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Objective,
    Check,
    Stuck,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Objective, Self::Check, Self::Stuck];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Objective => "objective",
            Self::Check => "check",
            Self::Stuck => "stuck",
        }
    }
}

/// A trigger, apart from its figures: it lasts for as long as this is found again and again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) kind: Kind,
    /// The objective with its kind, the check, or the function.
    pub(super) name: String,
}

/// A condition that holds now.
#[derive(Clone, Debug)]
pub(in crate::server) struct Trigger {
    pub(super) key: Key,
    /// One sentence with its figures.
    pub(super) said: String,
}

/// Incidents that began, by kind of trigger.
static BEGUN: [AtomicU64; Kind::ALL.len()] = [const { AtomicU64::new(0) }; Kind::ALL.len()];

/// Counts an incident.
pub(super) fn count(kind: Kind) {
    BEGUN[kind as usize].fetch_add(1, Ordering::Relaxed);
}

/// Returns the number of incidents that began, by trigger.
pub(crate) fn begun() -> [(&'static str, u64); Kind::ALL.len()] {
    Kind::ALL.map(|kind| (kind.as_str(), BEGUN[kind as usize].load(Ordering::Relaxed)))
}

impl Trigger {
    fn new(kind: Kind, name: String, said: String) -> Self {
        let key = Key { kind, name };
        Self { key, said }
    }

    fn burning(burning: &Burning) -> Self {
        let Burning {
            name, kind, window, ..
        } = burning;
        let (rate, limit) = (times(burning.rate), times(burning.limit));
        let said = format!(
            "objective `{name}` ({kind}) burns {rate} times its budget over {window} (limit {limit})"
        );
        Self::new(Kind::Objective, format!("{name} ({kind})"), said)
    }

    pub(super) fn failing(check: &str, output: &str) -> Self {
        let said = format!("check `{check}` fails: {output}");
        Self::new(Kind::Check, check.to_owned(), said)
    }

    fn stuck(function: &str, module: &str, seconds: f64) -> Self {
        let said = format!("`{function}` has a call open for {seconds:.0} s");
        Self::new(Kind::Stuck, format!("{module}::{function}"), said)
    }
}

/// The time since which the process has run without a pause: a call is not stuck because the process
/// was stopped, or its machine suspended.
#[derive(Default)]
pub(super) struct Awake {
    last: u64,
    since: u64,
}

impl Awake {
    /// The time between two looks from which the process counts as paused.
    const PAUSE: Duration = Duration::from_secs(30);

    /// Notes that the process runs now, and returns since when it has, in ticks of the clock.
    pub(super) fn since(&mut self, now: u64) -> u64 {
        let pause = clock::ticks_of(Self::PAUSE.as_secs() * 1_000_000_000);
        let is_first = self.last == 0;
        if !is_first && now.saturating_sub(self.last) > pause {
            self.since = now;
        }
        self.last = now;
        self.since
    }
}

/// Returns the triggers that hold now, in ticks of the clock, of a process that has run since a time.
/// `ends` returns `true` for a function some of whose calls end.
pub(super) fn all(
    health: &Health,
    live: &Live,
    (now, awake): (u64, u64),
    ends: impl Fn(usize) -> bool,
) -> Vec<Trigger> {
    let mut all: Vec<Trigger> = slo::burning().iter().map(Trigger::burning).collect();
    let failing = health.critical_failures().into_iter();
    all.extend(failing.map(|(check, output)| Trigger::failing(check, &output)));
    let limit = Duration::from_secs(slo::STUCK_SECONDS);
    if clock::seconds(now.saturating_sub(awake)) >= limit.as_secs_f64() {
        all.extend(stuck(live, now, limit, ends));
    }
    all
}

/// Returns the functions with a call that has run for longer than `limit`, while others of it end.
pub(in crate::server) fn stuck(
    of: &Live,
    now: u64,
    limit: Duration,
    ends: impl Fn(usize) -> bool,
) -> Vec<Trigger> {
    let limit = clock::ticks_of(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
    let Some(latest) = now.checked_sub(limit) else {
        return Vec::new();
    };
    let mut old = live::oldest_calls_until(latest);
    old.sort_by_key(|(_, began)| *began);
    let mut found: Vec<Trigger> = Vec::new();
    for (site, began) in old {
        let Some(function) = of.place(site).filter(|function| ends(*function)) else {
            continue;
        };
        let (name, module) = of.name(function);
        let seconds = clock::seconds(now.saturating_sub(began));
        let trigger = Trigger::stuck(name, module, seconds);
        if found.iter().all(|known| known.key != trigger.key) {
            found.push(trigger);
        }
    }
    found
}

/// Formats a burn rate: one digit behind the point, unless it is large.
fn times(rate: f64) -> String {
    let digits = usize::from(rate < 100.0);
    let text = format!("{rate:.digits$}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_of_the_process_is_no_time_in_which_calls_hang() {
        let second = clock::ticks_of(1_000_000_000);
        let mut awake = Awake::default();
        let began = 1000 * second;
        for step in 0..100 {
            assert_eq!(awake.since(began + step * 5 * second), 0, "since the start");
        }
        let resumed = began + 5000 * second;
        assert_eq!(awake.since(resumed), resumed);
        assert_eq!(awake.since(resumed + 6 * second), resumed);
    }

    #[test]
    fn a_rate_has_the_digits_that_matter() {
        for (rate, text) in [(22.04, "22"), (14.4, "14.4"), (150.3, "150"), (6.0, "6")] {
            assert_eq!(times(rate), text);
        }
    }
}

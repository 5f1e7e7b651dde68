//! The evidence of an incident, as documents: nothing that happens later changes it, and its size is
//! known.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::changes::{self, Origin};
use super::hour::{Before, Hour};
use super::parts::{CheckDocument, FailureDocument};
use super::said::{ChangedDocument, Period};
use super::{Moment, OPEN};
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::health::{Health, Selection};
use crate::server::live::{Class, Live};
use crate::server::requests::{self, InFlight, Request};
use crate::traces::{SpanId, TraceId, store};

/// Bytes of the requests of an incident that ended before it began, and of all of them. With the
/// other parts an incident stays below a megabyte.
const MAX_BEFORE: usize = 360_000;
const MAX_REQUESTS: usize = 600_000;
/// Bytes of the requests in flight.
const MAX_IN_FLIGHT: usize = 150_000;
/// Bytes of the failures, and their number.
const MAX_FAILURE_BYTES: usize = 100_000;
const MAX_FAILURES: usize = 20;
/// Bytes of the checks.
const MAX_CHECK_BYTES: usize = 60_000;
/// Functions that changed.
const MAX_CHANGED: usize = 20;

/// The time before the trigger in which requests ended that belong to the incident.
const MINUTE: Duration = Duration::from_secs(60);

/// All that an incident shows beside its triggers.
pub(super) struct Evidence {
    pub(super) period: Period,
    pub(super) changed: Vec<ChangedDocument>,
    pub(super) changed_left_out: usize,
    pub(super) requests: Requests,
    pub(super) in_flight: InFlight,
    pub(super) failures: Vec<FailureDocument>,
    pub(super) failures_left_out: usize,
    pub(super) health: serde_json::Value,
    pub(super) checks: Vec<CheckDocument>,
    pub(super) checks_left_out: usize,
}

/// The kept requests around the trigger.
#[derive(Default)]
pub(super) struct Requests {
    pub(super) kept: Vec<Request>,
    pub(super) left_out: usize,
    bytes: usize,
    /// Traces that were looked at, by the span of their root.
    seen: HashSet<(TraceId, SpanId)>,
}

impl Evidence {
    /// Takes all of it but the requests that end later.
    pub(super) fn freeze(live: &Live, health: &Health, hour: Option<&Hour>, now: &Moment) -> Self {
        let minute = live.minute();
        let begin = now.instant.checked_sub(minute.length);
        let before = begin.and_then(|begin| hour?.before(begin));
        let since = now.system.checked_sub(minute.length);
        let since = since.unwrap_or(SystemTime::UNIX_EPOCH);
        let origin = |function| origin(live, function, since);
        let found = changes::compare(&minute, before.as_ref(), origin);
        let period = Period::new(&minute, before.as_ref());
        let changed = found.iter().take(MAX_CHANGED);
        let changed = changed.map(|changed| {
            let place = changed.function;
            let class = |outcome| top_class(live, place, outcome, before.as_ref());
            ChangedDocument::new(changed, live.name(place), &period, class, || origin(place))
        });
        let (failures, failures_left_out) = failures(live);
        let (whole, checks, checks_left_out) = checks(health);
        let mut requests = Requests::default();
        requests.collect(now, now, MAX_BEFORE);
        Self {
            changed: changed.collect(),
            changed_left_out: found.len().saturating_sub(MAX_CHANGED),
            period,
            requests,
            in_flight: requests::in_flight_within(MAX_IN_FLIGHT),
            failures,
            failures_left_out,
            health: whole,
            checks,
            checks_left_out,
        }
    }

    /// Adds requests that have ended since.
    pub(super) fn collect(&mut self, began: &Moment, now: &Moment) {
        self.requests.collect(began, now, MAX_REQUESTS);
    }

    /// Returns roughly the bytes that it occupies.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let failures = self.failures.iter().map(FailureDocument::bytes);
        let checks = self.checks.iter().map(CheckDocument::bytes);
        let changed = self.changed.iter().map(ChangedDocument::bytes);
        let in_flight = self.in_flight.bytes();
        let parts = failures.chain(checks).chain(changed).sum::<usize>();
        self.requests.bytes + in_flight + parts
    }
}

impl Requests {
    /// Adds the requests that ended in the minute before the incident began, and since then.
    fn collect(&mut self, began: &Moment, now: &Moment, limit: usize) {
        let ticks =
            |time: Duration| clock::ticks_of(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let from = began.ticks.saturating_sub(ticks(MINUTE));
        let to = began.ticks.saturating_add(ticks(OPEN));
        let mut found = store::kept_within(from, to.min(now.ticks));
        // One that runs is taken when it has ended, or as it is at last.
        let is_last = now.ticks >= to;
        found.retain(|kept| {
            let ids = &kept.trace.ids;
            (is_last || kept.trace.has_ended()) && self.seen.insert((ids.trace, ids.span))
        });
        // What failed has room before what is ordinary. The sort keeps the latest first.
        found.sort_by_key(|kept| kept.reason as usize);
        for kept in found {
            if self.bytes >= limit {
                self.left_out += 1;
                continue;
            }
            let request = Request::new(&kept.trace, now.ticks);
            let bytes = request.bytes();
            if self.bytes + bytes > limit {
                self.left_out += 1;
            } else {
                self.bytes += bytes;
                self.kept.push(request);
            }
        }
        self.kept.sort_by(|a, b| b.started().cmp(a.started()));
    }
}

/// Returns the origin of a function's errors since a time.
fn origin(live: &Live, function: usize, since: SystemTime) -> Origin {
    let sites = live.sites(function).iter();
    let failures = sites.flat_map(|site| site.recent().failures());
    let mut recent = failures.filter(|failure| failure.call.at >= since);
    let mut found = None;
    while found != Some(Origin::Here)
        && let Some(failure) = recent.next()
    {
        found = Some(match (failure.first, failure.expected) {
            (true, false) => Origin::Here,
            (false, false) => Origin::PassedOn,
            (_, true) => found.unwrap_or(Origin::Expected),
        });
    }
    found.unwrap_or(Origin::Here)
}

/// Returns the class of most of a function's errors since the end of the hour before, or since the
/// start; of cancelled calls, the reason. `None` for calls without one.
fn top_class(
    live: &Live,
    function: usize,
    outcome: Outcome,
    before: Option<&Before>,
) -> Option<&'static str> {
    let known = |class: &Class| {
        let all = before.map_or(&[][..], |before| &before.classes);
        let is_same = |known: &Class| (known.outcome, known.name) == (class.outcome, class.name);
        let mut all = all.iter();
        let found = all.find(|(of, known)| *of as usize == function && is_same(known));
        found.map_or(0, |(_, known)| known.calls)
    };
    let classes = live.classes(function).into_iter();
    let classes = classes.filter(|class| class.outcome == outcome);
    let new = classes.map(|class| (class.calls.saturating_sub(known(&class)), class.name));
    let (new, class) = new.max_by_key(|(new, _)| *new)?;
    (new > 0 && !class.is_empty()).then_some(class)
}

fn failures(live: &Live) -> (Vec<FailureDocument>, usize) {
    let all = live.failures();
    let mut shown = Vec::new();
    let mut bytes = 0;
    for (function, site, failure) in all.iter().take(MAX_FAILURES) {
        let (name, module) = live.name(*function);
        let failure = FailureDocument::new(name, module, site, failure);
        bytes += failure.bytes();
        if bytes > MAX_FAILURE_BYTES {
            break;
        }
        shown.push(failure);
    }
    let left_out = all.len() - shown.len();
    (shown, left_out)
}

/// Returns the state of the service, and that of its checks: those that fail first.
fn checks(health: &Health) -> (serde_json::Value, Vec<CheckDocument>, usize) {
    let report = health.report(&Selection::default(), false);
    let report = serde_json::to_value(report).unwrap_or_default();
    let none = serde_json::Map::new();
    let all = report["checks"].as_object().unwrap_or(&none).iter();
    let mut all: Vec<_> = all
        .map(|(name, entries)| CheckDocument::new(name, &entries[0]))
        .collect();
    all.sort_by_key(|check| !check.fails());
    let mut bytes = 0;
    let fits = |check: &CheckDocument| {
        bytes += check.bytes();
        bytes <= MAX_CHECK_BYTES
    };
    let number = all.len();
    let shown: Vec<_> = all.into_iter().take_while(fits).collect();
    let left_out = number - shown.len();
    let whole = serde_json::json!({ "status": report["status"], "output": report["output"] });
    (whole, shown, left_out)
}

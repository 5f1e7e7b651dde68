//! Tests of the triggers that begin an incident, the time for which it takes requests, and the number that is kept.

use std::panic::Location;

use serde_json::Value;

use super::*;
use crate::base::outcome::Outcome;
use crate::server::incidents::trigger::Trigger;
use crate::server::incidents::{Document, Incidents, incident_as_text};
use crate::traces::{LocalTrace, SpanEnd, SpanKey, Subject};

fn failing(check: &str) -> Trigger {
    Trigger::failing(check, "no route to host")
}

struct Process {
    incidents: Incidents,
    live: Live,
    now: Moment,
}

impl Process {
    fn new() -> Self {
        Self {
            incidents: Incidents::new(&service(), health(vec![])),
            live: live(&[]),
            now: Moment::now(),
        }
    }

    /// Lets time pass, and finds these triggers.
    fn find(&mut self, later: Duration, checks: &[&str]) {
        self.now = after(self.now, later);
        let triggers = checks.iter().copied().map(failing).collect();
        self.incidents.round(&self.live, triggers, self.now);
    }

    fn list(&self) -> Value {
        serde_json::to_value(self.incidents.list()).expect("JSON")
    }

    /// Returns the check that began each incident, the latest first.
    fn began(&self) -> Vec<String> {
        let list = self.list();
        let all = list["incidents"].as_array().expect("a list").iter();
        all.map(|one| one["trigger"]["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    fn id(&self, place: usize) -> String {
        let list = self.list();
        let id = list["incidents"][place]["id"].as_str();
        id.expect("an incident").to_owned()
    }

    fn one<R>(&self, id: &str, code: impl FnOnce(&Document<'_>) -> R) -> R {
        self.incidents.one(id, code).expect("it is kept")
    }

    fn json(&self, id: &str) -> Value {
        self.one(id, |one| serde_json::to_value(one).expect("JSON"))
    }
}

#[test]
fn a_trigger_that_lasts_begins_one() {
    let mut process = Process::new();
    process.find(SECOND, &["db"]);
    for _ in 0..2000 {
        process.find(SECOND * 5, &["db"]);
    }
    assert_eq!(process.began(), ["db"]);
    let list = process.list();
    assert_eq!(list["incidents"][0]["open"], false);
    assert_eq!(list["incidents"][0]["ended"], Value::Null);
    process.find(SECOND * 5, &[]);
    let list = process.list();
    assert!(list["incidents"][0]["ended"].is_string(), "{list}");
    assert_eq!(list["suppressed"], Value::Array(Vec::new()));
}

#[test]
fn a_trigger_that_comes_and_goes_begins_two_an_hour_and_the_rest_is_said() {
    let mut process = Process::new();
    for _ in 0..20 {
        process.find(MINUTE, &["db"]);
        process.find(MINUTE, &[]);
    }
    assert_eq!(process.began(), ["db", "db"]);
    let list = process.list();
    assert_eq!(list["suppressed"][0]["times"], 18);
    assert_eq!(
        list["suppressed"][0]["trigger"]["said"],
        "check `db` fails: no route to host"
    );
    let text = super::super::list_as_text(&process.incidents.list());
    assert!(text.contains("suppressed 18 times, last at "), "{text}");
    // Another one is not held up, and an hour later there are two more.
    process.find(MINUTE, &["cache"]);
    assert_eq!(process.began(), ["cache", "db", "db"]);
    process.find(MINUTE, &[]);
    process.find(MINUTE * 21, &["db"]);
    assert_eq!(process.began(), ["db", "cache", "db", "db"]);
}

#[test]
fn the_sixth_incident_pushes_the_first_out() {
    let mut process = Process::new();
    let names = ["a", "b", "c", "d", "e", "f"];
    process.find(MINUTE, &names[..1]);
    let first = process.id(0);
    assert_eq!(process.json(&first)["trigger"]["name"], "a");
    for name in 2..=names.len() {
        process.find(MINUTE, &names[..name]);
    }
    assert_eq!(process.began(), ["f", "e", "d", "c", "b"]);
    assert!(process.incidents.one(&first, |_| ()).is_none());
    let mut ids: Vec<String> = (0..5).map(|place| process.id(place)).collect();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn triggers_that_come_together_share_an_incident() {
    let mut process = Process::new();
    process.find(SECOND, &["db", "cache"]);
    process.find(SECOND * 25, &["db", "cache", "queue"]);
    assert_eq!(process.began(), ["db"]);
    let list = process.list();
    let joined: Vec<_> = list["incidents"][0]["joined"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(joined, ["cache", "queue"]);
    // It is closed by now.
    process.find(SECOND * 10, &["db", "cache", "queue", "disk"]);
    assert_eq!(process.began(), ["disk", "db"]);
    let text = process.one(&process.id(1), incident_as_text);
    assert!(text.contains("trigger   check `db` fails: no route to host\nalso      check `cache`"));
}

/// A request that begins now.
#[track_caller]
fn request() -> std::sync::Arc<LocalTrace> {
    LocalTrace::begin(origin(), Subject::Task(Location::caller()))
}

fn end(request: &std::sync::Arc<LocalTrace>) -> String {
    request.end_root(SpanEnd::new(clock::now(), Outcome::Error));
    request.ids.trace.to_string()
}

#[test]
fn requests_of_a_minute_and_a_half_are_its_evidence() {
    let _alone = alone();
    let mut process = Process::new();
    let has = |process: &Process, trace: &str| {
        let json = process.json(&process.id(0));
        let requests = json["requests"].as_array().expect("a list");
        requests.iter().any(|one| one["trace_id"] == trace)
    };
    // The clock that requests end by is real; an incident that begins later sees them as older.
    let before = end(&request());
    let running = request();
    // As one that tries again.
    let fails = running.begin_span(SpanKey::ROOT, Subject::Task(Location::caller()), None);
    let failed = SpanEnd::new(clock::now(), Outcome::Error);
    running.end_span(fails.expect("room"), failed);
    process.now = Moment::now();
    process.find(SECOND * 40, &["db"]);
    assert!(has(&process, &before), "it ended 40 s before");
    let json = process.json(&process.id(0));
    let calls = json["calls"]["requests"].as_array().expect("a list");
    let running_id = running.ids.trace.to_string();
    assert!(
        calls
            .iter()
            .any(|one| one["trace_id"] == running_id.as_str())
    );
    assert!(!has(&process, &running_id));
    let late = end(&running);
    process.find(SECOND * 5, &["db"]);
    assert!(has(&process, &late), "it has ended since");
    let json = process.json(&process.id(0));
    let requests = json["requests"].as_array().expect("a list").iter();
    let ended = requests.filter(|one| one["trace_id"] == late.as_str());
    let outcomes: Vec<_> = ended.map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["error"], "once, and to its end");

    let mut process = Process::new();
    process.find(SECOND * 70, &["db"]);
    assert!(!has(&process, &before), "it ended 70 s before");

    // Begins so that now is after its half minute.
    let mut process = Process::new();
    let began = Moment::now();
    let nanoseconds = 35_000_000_000;
    process.now = Moment {
        ticks: began.ticks - clock::ticks_of(nanoseconds),
        ..began
    };
    process.find(Duration::ZERO, &["db"]);
    let too_late = end(&request());
    process.now.ticks = clock::now();
    process.find(SECOND * 5, &["db"]);
    assert!(!has(&process, &too_late), "it ended 35 s later");
}

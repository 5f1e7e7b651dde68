//! Tests of `failures` and `successes`, and of the history of runs.

use std::time::Duration;

use tokio::time::Instant;

use super::{failing, health, json, passing};
use crate::health::Heartbeat;
use crate::health::awake::Awake;
use crate::health::check_state::{Slot, Standing};
use crate::health::history::RUNS;
use crate::health::{Check, CheckError, ProbeKind, Refusal, Selection, validate};

fn record(slot: &Slot, outcomes: &str) {
    for (run, outcome) in outcomes.chars().enumerate() {
        let outcome = match outcome {
            '+' => Ok(()),
            _ => Err(format!("run {run}")),
        };
        slot.record(Instant::now(), outcome);
    }
}

#[test]
fn a_verdict_changes_when_enough_runs_in_a_row_say_so() {
    let check = || passing("flaps").failures(3).successes(2);
    for (outcomes, reason) in [
        ("-", Some("run 0")),
        ("+", None),
        ("+--", None),
        ("+--+--", None),
        ("+---", Some("run 3")),
        ("+---+", Some("run 3")),
        ("+---+-", Some("run 5")),
        ("+---+-+", Some("run 5")),
        ("+---++", None),
        ("-+", Some("run 0")),
        ("-++", None),
    ] {
        let slot = Slot::new(check(), Awake::default());
        record(&slot, outcomes);
        assert_eq!(failing(&slot).as_deref(), reason, "{outcomes}");
    }
}

#[test]
fn numbers_and_names_that_mean_nothing_are_refused() {
    let refused = |check: Check| {
        let error: CheckError = validate::validate(&[check]).expect_err("refused");
        error.to_string()
    };
    assert_eq!(
        refused(passing("db").failures(0)),
        r#"health check "db": failures is 0 but must be at least 1"#
    );
    assert!(refused(passing("db").successes(0)).contains("successes is 0"));
    let never = Heartbeat::new("task", Duration::ZERO).check();
    assert_eq!(
        refused(never),
        r#"health check "task": limit is 0s but must be longer than zero"#
    );
    assert!(
        refused(passing("db").group("a b"))
            .starts_with(r#"health check "db": group "a b" must be 1 to 64"#)
    );
    for target in [
        "",
        "db",
        ":5432",
        "db:",
        "db:0",
        "db:99999",
        "http://db:80",
        "a b:1",
    ] {
        let expected = format!("health check \"db\": {target:?} is not a target: HOST:PORT");
        assert_eq!(refused(Check::tcp("db", target)), expected);
    }
    for url in [
        "",
        "db",
        "ftp://db/",
        "http://",
        "http://bob:secret@db/",
        "http://a b/",
    ] {
        assert!(
            refused(Check::http("db", url))
                .ends_with("is not a URL: http:// or https://, without a password")
                && !refused(Check::http("db", url)).contains("secret"),
            "{url}"
        );
    }
}

#[test]
fn the_last_runs_are_kept_the_newest_last() {
    let health = health(vec![passing("db").group("storage").critical()]);
    let slot = &health.slots[0];
    record(slot, &"+".repeat(RUNS));
    record(slot, "+--");
    let verbose = health.report(&Selection::default(), true);
    let report = serde_json::to_value(&verbose).expect("serialisable");
    let check = &report["checks"]["db"][0];
    assert_eq!(check["groups"], serde_json::json!(["storage"]));
    for time in [&check["since"], &check["history"][0]["time"]] {
        assert!(humantime::parse_rfc3339(time.as_str().expect("a time")).is_ok());
    }
    let history = check["history"].as_array().expect("runs");
    assert_eq!(history.len(), RUNS);
    let last = &history[RUNS - 1];
    assert_eq!(
        (&last["status"], &last["output"]),
        (&"fail".into(), &"run 2".into())
    );
    assert!(last["durationMs"].as_f64().expect("a number") < 1e3);
    let before = &history[RUNS - 3];
    assert_eq!(before["status"], "ok");
    assert!(before.get("output").is_none());
    // History is computed only if the query asks for it.
    assert!(json(&health)["checks"]["db"][0].get("history").is_none());
}

#[test]
fn readings_are_of_checks_that_have_answered() {
    let health = health(vec![passing("db"), passing("cache"), passing("new")]);
    record(&health.slots[0], "+");
    record(&health.slots[1], "-");
    let readings = health.readings();
    let short: Vec<_> = readings
        .iter()
        .map(|reading| (reading.check.as_str(), reading.up))
        .collect();
    assert_eq!(short, [("db", true), ("cache", false)]);
    assert!(
        readings
            .iter()
            .all(|reading| reading.took < Some(Duration::from_secs(1)))
    );
}

#[test]
fn points_of_a_question_are_those_that_can_decide_it() {
    let health = health(vec![
        passing("db").critical().group("storage"),
        passing("cache"),
    ]);
    let names = |question, groups: &[&str]| {
        let selection = Selection {
            groups: groups.iter().map(ToString::to_string).collect(),
            exclude: Vec::new(),
        };
        let points = health.points(question, &selection).into_iter();
        points
            .map(|point| (point.name, point.decides))
            .collect::<Vec<_>>()
    };
    let of = |name: &str, decides| (name.to_owned(), decides);
    // By type: a check cannot be added to liveness.
    assert_eq!(names(ProbeKind::Live, &[]), []);
    let process = [of("process:shutdown", true), of("process:started", true)];
    let all = [&process[..], &[of("db", true), of("cache", false)]].concat();
    assert_eq!(names(ProbeKind::Ready, &[]), all);
    assert_eq!(names(ProbeKind::Ready, &["storage"]), all[..3]);
    assert_eq!(
        names(ProbeKind::Started, &[])[1..],
        [of("db", true), of("cache", false)]
    );

    health.mark_started();
    record(&health.slots[1], "-");
    assert_eq!(health.ask(ProbeKind::Started), Err(Refusal::Starting));
    record(&health.slots[0], "+");
    assert_eq!(
        health.ask(ProbeKind::Started),
        Ok(()),
        "known to fail is known"
    );
    assert_eq!(health.ask(ProbeKind::Ready), Ok(()));
    assert_eq!(health.slots[0].standing(Instant::now()), Standing::Passing);
}

//! Tests of what the registry accepts and reports; the submodules run checks.

mod blocking;
mod damping;
mod hostile;
mod pace;
mod ready_made;
mod watchdog;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::check_state::{Slot, Standing};
use super::{
    BlockingLimits, Check, CheckError, Health, ProbeKind, Refusal, Selection, Service, Status,
};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn health(checks: Vec<Check>) -> Arc<Health> {
    let service = Service {
        id: "shop".into(),
        version: "1.2.3".into(),
    };
    Health::new(service, checks, BlockingLimits::default()).expect("valid checks")
}

fn passing(name: &str) -> Check {
    Check::new(name, || async { Ok::<_, String>(7) })
}

fn json(health: &Health) -> serde_json::Value {
    serde_json::to_value(health.report(&Selection::default(), false)).expect("serialisable")
}

fn failing(slot: &Slot) -> Option<String> {
    match slot.standing(Instant::now()) {
        Standing::Failing(output) => Some(output),
        Standing::Pending | Standing::Passing => None,
    }
}

#[test]
fn invalid_checks_are_refused_by_name_value_and_rule() {
    let refused = |checks| {
        let service = Service {
            id: String::new(),
            version: String::new(),
        };
        Health::new(service, checks, BlockingLimits::default())
            .err()
            .expect("refused")
            .to_string()
    };
    let twice = refused(vec![passing("db"), passing("db")]);
    assert_eq!(
        twice,
        r#"health check "db" is there twice: each name must be used once"#
    );
    for name in ["", "ä", "a b", "a\nb", &"x".repeat(65)] {
        let text = refused(vec![passing(name)]);
        assert!(
            text.contains(&format!("{name:?}")) && text.contains("1 to 64"),
            "{text}"
        );
    }
    let zero = refused(vec![passing("db").interval(Duration::ZERO)]);
    assert_eq!(
        zero,
        r#"health check "db": interval is 0s but must be longer than zero"#
    );
    assert!(refused(vec![passing("db").timeout(Duration::ZERO)]).contains("timeout is 0s"));
    assert!(super::validate::validate(&[passing(&"x".repeat(64)), passing("a.B_9-")]).is_ok());
    let again = super::validate::validate(&[passing("db"), passing("db")]);
    assert_eq!(again, Err(CheckError::Duplicate("db".into())));
}

#[test]
fn without_checks_the_report_is_ok() {
    let health = health(vec![]);
    health.spawn().expect("nothing to start");
    let expected = serde_json::json!({ "status": "ok", "serviceId": "shop", "version": "1.2.3" });
    assert_eq!(json(&health), expected);
    health.stop();
}

#[test]
fn draining_beats_starting_and_leaves_liveness_alone() {
    let health = health(vec![]);
    assert_eq!(health.ask(ProbeKind::Ready), Err(Refusal::Starting));
    assert!(health.ask(ProbeKind::Started).is_err());
    health.mark_started();
    assert!(health.ask(ProbeKind::Started).is_ok());
    assert_eq!(health.ask(ProbeKind::Ready), Ok(()));
    health.begin_drain();
    assert!(
        health.is_draining()
            && health.ask(ProbeKind::Started).is_ok()
            && health.ask(ProbeKind::Live).is_ok()
    );
    assert_eq!(health.ask(ProbeKind::Ready), Err(Refusal::Draining));
    assert_eq!(json(&health)["status"], "fail");
    assert_eq!(json(&health)["output"], "draining");
}

#[test]
fn critical_checks_decide_readiness_and_others_only_warn() {
    let degraded = health(vec![passing("cache"), passing("db").critical()]);
    degraded.mark_started();
    assert_eq!(degraded.ask(ProbeKind::Ready), Err(Refusal::Starting));
    let [cache, db] = &*degraded.slots else {
        panic!("two slots")
    };
    assert_eq!(
        degraded.report(&Selection::default(), false).status,
        Status::Fail,
        "a critical check has no verdict"
    );
    db.record(Instant::now(), Ok(()));
    assert_eq!(
        degraded.report(&Selection::default(), false).status,
        Status::Warn,
        "a degraded check has no verdict"
    );
    // A check that is not critical holds nothing up, and may hang for ever.
    assert_eq!(degraded.ask(ProbeKind::Started), Ok(()));
    assert_eq!(degraded.ask(ProbeKind::Ready), Ok(()));
    cache.record(Instant::now(), Err("refused".into()));
    assert_eq!(
        (
            degraded.ask(ProbeKind::Ready),
            degraded.report(&Selection::default(), false).status
        ),
        (Ok(()), Status::Warn)
    );
    db.record(Instant::now(), Err("refused".into()));
    assert_eq!(
        degraded.ask(ProbeKind::Ready),
        Err(Refusal::CriticalFailing)
    );
    assert_eq!(
        degraded.report(&Selection::default(), false).status,
        Status::Fail
    );
    assert!(degraded.ask(ProbeKind::Started).is_ok() && degraded.ask(ProbeKind::Live).is_ok());
}

#[test]
fn the_report_has_the_shape_of_health_json() {
    let health = health(vec![
        passing("zeta").critical(),
        passing("alpha"),
        passing("new"),
    ]);
    health.slots[0].record(Instant::now(), Ok(()));
    health.slots[1].record(Instant::now(), Err("refused".into()));
    let text = serde_json::to_string(&health.report(&Selection::default(), false)).unwrap();
    assert!(
        text.starts_with(r#"{"status":"warn","serviceId":"shop","version":"1.2.3","checks":{"#)
    );
    assert!(
        text.find("zeta") < text.find("alpha"),
        "in the order of declaration: {text}"
    );
    let report = json(&health);
    let zeta = &report["checks"]["zeta"][0];
    assert_eq!(
        (&zeta["status"], &zeta["critical"]),
        (&"ok".into(), &true.into())
    );
    assert_eq!(zeta["observedUnit"], "ms");
    assert!(zeta["observedValue"].as_f64().unwrap() < 1e3);
    assert!(humantime::parse_rfc3339(zeta["time"].as_str().unwrap()).is_ok());
    assert!(zeta.get("output").is_none());
    assert_eq!(report["checks"]["alpha"][0]["output"], "refused");
    let new =
        serde_json::json!([{ "status": "warn", "critical": false, "output": "no answer yet" }]);
    assert_eq!(report["checks"]["new"], new);
}

#[derive(Debug)]
struct Layer(String, Option<Box<Layer>>);

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Layer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|layer| layer as _)
    }
}

#[test]
fn failures_are_one_bounded_line_with_the_whole_chain() {
    let error = |text: &str, source| Layer(text.into(), source);
    let chain = error(
        "no pool",
        Some(Box::new(error("no\r\nroute\u{7}\u{1b}[0m", None))),
    );
    assert_eq!(super::error_text::of_error(&chain), "no pool: no  route[0m");
    let repeated = error(
        "no pool: timed out",
        Some(Box::new(error("timed out", None))),
    );
    assert_eq!(super::error_text::of_error(&repeated), "no pool: timed out");
    assert_eq!(
        super::error_text::of_error(&error("", None)),
        "failed without a message"
    );
    let long = super::error_text::of_error(&error(&"ä".repeat(9_999), None));
    assert_eq!((long.chars().count(), long.ends_with("ä…")), (500, true));
    assert_eq!(
        super::error_text::of_error(&error(&"x".repeat(500), None)),
        "x".repeat(500)
    );
    assert_eq!(
        super::error_text::of_panic(&7),
        "panicked: without a message"
    );
}

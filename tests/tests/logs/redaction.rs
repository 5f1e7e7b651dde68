//! Tests that a value with a secret name is in no log line, no event and no capture.

use monitor_runtime::{Secret, logs::json_layer, monitored, testkit};
use monitor_tests::alone;
use monitor_tests::pieces::Pieces;
use monitor_tests::process::{Sentry, wait_for};
use sentry::Breadcrumb;
use sentry::protocol::Map;
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

/// In every secret of these tests, and nowhere else.
const LEAK: &str = "hunter2";

#[derive(Debug, thiserror::Error)]
#[error("no way to postgres://app:{LEAK}@db/orders")]
struct Unreachable;

#[monitored(
    args(user, password, plan),
    fields(http.header.authorization = header, card = ?Secret::new(LEAK), iban = LEAK, tokens_used = 512),
    sentry(tags(session_id = LEAK, tier = "gold"))
)]
fn log_in(
    user: &str,
    password: String,
    plan: Option<&str>,
    header: &str,
) -> Result<(), Unreachable> {
    let _ = (user, password, plan, header);
    let _span = tracing::info_span!("inside", access_token = LEAK, step = 1).entered();
    tracing::info!(
        apiKey = LEAK,
        secret = 7,
        iban = LEAK,
        rows = 3,
        "from mongodb://a:{LEAK}@h1,h2/x"
    );
    sentry::add_breadcrumb(Breadcrumb {
        message: Some(format!("GET https://me:{LEAK}@host/")),
        data: Map::from([
            ("cookie".to_owned(), LEAK.into()),
            (
                "nested".to_owned(),
                serde_json::json!({"Set-Cookie": LEAK, "size": 3}),
            ),
        ]),
        ..Breadcrumb::default()
    });
    sentry::configure_scope(|scope| {
        scope.set_extra("passwd", LEAK.into());
        scope.set_tag("jwt", LEAK);
    });
    Err(Unreachable)
}

fn call() {
    log_in("ada", LEAK.to_owned(), None, LEAK).expect_err("it is unreachable");
}

/// One test, since the names are those of the process.
#[test]
fn secrets_are_nowhere() {
    alone!();
    let sentry = Sentry::start();
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .log_filter("off")
        .redact(["IBAN"])
        .sentry_dsn(sentry.dsn())
        .start_blocking()
        .expect("the runtime starts");

    let pieces = Pieces::default();
    let layers = registry()
        .with(json_layer(pieces.clone()))
        .with(monitor_runtime::sentry::sentry_layer());
    tracing::subscriber::with_default(layers, call);
    let lines = pieces.values();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(!pieces.lines().concat().contains(LEAK), "{lines:#?}");
    let own = &lines[0]["fields"];
    assert_eq!(
        (&own["apiKey"], &own["secret"], &own["rows"]),
        (&"[redacted]".into(), &"[redacted]".into(), &3.into())
    );
    assert_eq!(own["message"], "from mongodb://[redacted]@h1,h2/x");
    let completion = &lines[1]["fields"];
    assert_eq!(completion["password"], "[redacted]");
    assert_eq!(completion["http.header.authorization"], "[redacted]");
    assert_eq!(
        (&completion["user"], &completion["tokens_used"]),
        (&"ada".into(), &512.into())
    );
    assert_eq!(
        completion["error"],
        "no way to postgres://[redacted]@db/orders"
    );
    let spans = lines[0]["spans"].as_array().expect("two spans");
    assert_eq!(
        (&spans[0]["iban"], &spans[0]["card"]),
        (&"[redacted]".into(), &"[redacted]".into())
    );
    assert_eq!(
        (&spans[1]["access_token"], &spans[1]["step"]),
        (&"[redacted]".into(), &1.into())
    );

    let ((), seen) = testkit::capture(call);
    assert!(!format!("{seen:?}").contains(LEAK), "{seen:#?}");
    seen.call("log_in")
        .assert_field("password", "[redacted]")
        .assert_field("plan", "");

    monitor.shutdown_blocking();
    let events = wait_for("the event", || {
        Some(sentry.events()).filter(|events| !events.is_empty())
    });
    assert!(
        !Value::from(events.clone()).to_string().contains(LEAK),
        "{events:#?}"
    );
    let tags = &events[0]["tags"];
    assert_eq!(
        (&tags["session_id"], &tags["tier"], &tags["jwt"]),
        (&"[redacted]".into(), &"gold".into(), &"[redacted]".into())
    );
    let crumbs = events[0]["breadcrumbs"]["values"]
        .as_array()
        .expect("breadcrumbs");
    let theirs = crumbs
        .iter()
        .find(|crumb| crumb["data"]["nested"].is_object());
    assert_eq!(theirs.expect("theirs")["data"]["nested"]["size"], 3);
}

#[test]
fn a_wrapped_value_is_shown_by_nothing() {
    let secret = Secret::from(LEAK.to_owned());
    let shown = format!(
        "{secret} {secret:?} {}",
        serde_json::to_string(&[&secret]).expect("JSON")
    );
    assert_eq!(shown, r#"[redacted] [redacted] ["[redacted]"]"#);
    let read: Secret<String> = serde_json::from_str("\"hunter2\"").expect("a string");
    assert_eq!(
        (secret.expose().as_str(), read.into_exposed().as_str()),
        (LEAK, LEAK)
    );
}

//! Settings and templates that are misspelt are told by the running service, and OpenTelemetry's
//! attributes name it.

use std::path::Path;

use monitor_runtime::http::{layer, set_route};
use monitor_runtime::testkit;
use monitor_tests::alone;
use monitor_tests::pieces::Pieces;
use monitor_tests::process::{Service, get, wait_for};
use serde_json::Value;
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;

/// The `WARN` lines of a service that has started.
fn warnings(service: &Service, least: usize) -> Vec<String> {
    let parse = |line: &String| serde_json::from_str::<Value>(line).ok();
    wait_for("the warnings", || {
        let lines = service.lines();
        let warnings = lines
            .iter()
            .filter_map(parse)
            .filter(|line| line["level"] == "WARN");
        let messages =
            warnings.filter_map(|line| Some(line["fields"]["message"].as_str()?.to_owned()));
        Some(messages.collect::<Vec<_>>()).filter(|messages| messages.len() >= least)
    })
}

fn unattended(env: &[(&str, &str)]) -> Service {
    Service::start(Path::new(env!("CARGO_BIN_EXE_unattended")), env)
}

#[test]
fn a_misspelt_variable_is_one_warning_without_its_value() {
    let service = unattended(&[
        ("MONITOR_TOEKN", "hunter2-hunter2-hunter2"),
        ("MONITOR_LOGFORMAT", "hunter2"),
        ("SENTRY_DNS", "https://hunter2@host/1"),
        ("MONITOR_PORT_9464_TCP_ADDR", "10.0.0.1"),
        ("MONITOR_SERVICE_HOST", "10.0.0.1"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=shop,password=hunter2,%",
        ),
    ]);
    let mut warnings = warnings(&service, 4);
    warnings.sort_unstable();
    let begins = [
        "OTEL_RESOURCE_ATTRIBUTES=",
        "the variable MONITOR_LOGFORMAT has no effect: no setting has this name; the nearest is MONITOR_LOG_FORMAT",
        "the variable MONITOR_TOEKN has no effect: no setting has this name; the nearest is MONITOR_TOKEN",
        "the variable SENTRY_DNS has no effect: no setting has this name; the nearest is SENTRY_DSN",
    ];
    assert_eq!(warnings.len(), begins.len(), "{warnings:#?}");
    for (warning, begin) in warnings.iter().zip(begins) {
        assert!(warning.starts_with(begin), "{warning}");
    }
    assert!(!service.lines().concat().contains("hunter2"));
}

#[test]
fn opentelemetrys_attributes_name_the_service() {
    let attributes = "service.name=web%20shop,service.version=9.8.7,deployment.environment=staging";
    let service = unattended(&[
        ("OTEL_RESOURCE_ATTRIBUTES", attributes),
        ("MONITOR_ADDR", "LOCALHOST:0"),
    ]);
    assert!(service.management.ip().is_loopback());
    let (_, page) = get(service.management, "/metrics");
    let info = page.lines().find(|line| line.starts_with("build_info{"));
    let info = info.expect("build_info");
    assert!(
        info.contains("service_name=\"web shop\"") && info.contains("version=\"9.8.7\""),
        "{info}"
    );
    let (_, health) = get(service.management, "/health");
    let health: Value = serde_json::from_str(&health).expect("JSON");
    let shown = health.get("version").is_none() || health["version"] == "9.8.7";
    assert!(shown, "{health}");
}

/// One test, since the process has one log.
#[test]
fn a_template_that_never_matches_is_one_warning() {
    alone!();
    // Before there is a log.
    let early = layer().routes(["/early/:id"]);
    let pieces = Pieces::default();
    let log =
        tracing_subscriber::registry().with(monitor_runtime::logs::json_layer(pieces.clone()));
    tracing::subscriber::set_global_default(log).expect("the first");
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .start_blocking()
        .expect("it starts");
    let told = |part: &str| {
        pieces
            .lines()
            .iter()
            .filter(|line| line.contains(part))
            .count()
    };
    assert_eq!(
        told(r#"the route template \"/early/:id\" never matches a path: write \"/early/{id}\""#),
        1
    );
    drop(early);
    monitor.shutdown_blocking();

    let warned = |make: fn()| {
        let ((), seen) = testkit::capture(make);
        let warnings = seen
            .log
            .into_iter()
            .filter(|event| event.level == Level::WARN);
        warnings.map(|event| event.message).collect::<Vec<_>>()
    };
    let again = || drop(layer().routes(["orders/{id}", "/orders/{id}", "orders/{id}"]));
    let expected = r#"the route template "orders/{id}" never matches a path: write "/orders/{id}""#;
    assert_eq!(warned(again), [expected]);
    assert_eq!(warned(again), [""; 0], "once");
    let hidden = || {
        drop(
            layer()
                .routes(["/a/{id}", "/f/{name}"])
                .routes(["/a/new", "/f/{*rest}", "/a/{id}"]),
        );
    };
    let expected = r#"the route template "/a/new" is never reached, because "/a/{id}" before it matches the same paths: put "/a/new" first"#;
    assert_eq!(warned(hidden), [expected]);
    let named = || {
        set_route("/users/<int:id>");
        set_route("reports");
        set_route("/reports/{id}");
        let _ = monitor_runtime::http::warp::route("/pets/[id]");
    };
    assert_eq!(
        warned(named),
        [
            r#"the route "/users/<int:id>" is not spelled as a template: write "/users/{id}""#,
            r#"the route "/pets/[id]" is not spelled as a template: write "/pets/{id}""#,
        ]
    );
}

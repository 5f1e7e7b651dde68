//! A place in the code that logs too many errors hides those of no other place.

use monitor_runtime::monitored;
use monitor_tests::alone;
use monitor_tests::process::Sentry;
use serde_json::Value;

#[monitored]
fn storm() {
    for number in 0..20 {
        log::error!("noisy {number}");
    }
}

#[monitored]
fn other() {
    log::error!("quiet");
}

#[monitored]
fn native() {
    for number in 0..20 {
        tracing::error!("native noise {number}");
    }
    tracing::error!("native and quiet");
}

#[test]
fn each_place_has_a_limit_of_its_own() {
    alone!();
    let sentry = Sentry::start();
    let builder = monitor_runtime::builder!().addr("off");
    let monitor = builder.sentry_dsn(sentry.dsn()).start_blocking();
    let monitor = monitor.expect("the runtime starts");
    storm();
    other();
    native();
    let client = sentry::Hub::main().client().expect("a client is bound");
    client.flush(Some(std::time::Duration::from_secs(20)));
    monitor.shutdown_blocking();
    let events = sentry.events();
    let messages = events.iter().filter_map(|event| event["message"].as_str());
    let messages: Vec<&str> = messages.collect();
    let count = |part: &str| {
        messages
            .iter()
            .filter(|message| message.starts_with(part))
            .count()
    };
    assert_eq!((count("noisy"), count("quiet")), (10, 1), "{messages:?}");
    assert_eq!(
        (count("native noise"), count("native and quiet")),
        (10, 1),
        "{messages:?}"
    );
    let suppressed = |event: &&Value| event["tags"]["suppressed"] == "10";
    assert_eq!(
        events.iter().filter(suppressed).count(),
        2,
        "one summary for each place"
    );
}

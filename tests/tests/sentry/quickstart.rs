//! Each failing request of the real quickstart is one event at the DSN, and tells enough.

use monitor_tests::process::{Sentry, Service, get, wait_for};
use serde_json::Value;
use std::time::Duration;

/// The events, once there are `count` of them and no more follow.
fn settled(sentry: &Sentry, count: usize) -> Vec<Value> {
    wait_for("the events", || {
        (sentry.events().len() >= count).then_some(())
    });
    std::thread::sleep(Duration::from_millis(300));
    let events = sentry.events();
    assert_eq!(events.len(), count, "{events:#?}");
    events
}

#[test]
fn every_failing_request_is_one_event_and_no_other_is() {
    let sentry = Sentry::start();
    let env = [
        ("SENTRY_DSN", sentry.dsn()),
        ("SENTRY_ENVIRONMENT", "testing".into()),
        ("SENTRY_RELEASE", "shop@9.9.9".into()),
    ];
    let env: Vec<(&str, &str)> = env
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let service = Service::quickstart(&env);
    for id in [1, 500, 2, 501, 502] {
        get(service.addr, &format!("/orders/{id}"));
    }
    get(service.addr, "/hello/world");
    service.hang_up_on_slow(1);
    assert_eq!(get(service.addr, "/panic").0, 500);

    let events = settled(&sentry, 4);
    let (panics, errors): (Vec<_>, Vec<_>) =
        events.iter().partition(|event| event["level"] == "fatal");
    assert_eq!((panics.len(), errors.len()), (1, 3));
    for event in &events {
        assert_eq!(event["release"], "shop@9.9.9");
        assert_eq!(event["environment"], "testing");
        assert_eq!(event["tags"]["service"], "quickstart");
        assert_eq!(event["tags"]["module"], "quickstart");
    }

    let mut keys: Vec<String> = errors
        .iter()
        .map(|event| {
            event["exception"]["values"][0]["value"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "no row with key 500",
            "no row with key 501",
            "no row with key 502"
        ]
    );
    for event in &errors {
        assert_eq!(event["exception"]["values"][0]["type"], "StoreError");
        assert_eq!(event["tags"]["function"], "<Memory as Store>::load");
        assert_eq!(event["transaction"], "Orders::find");
        assert_eq!(event["culprit"], "<Memory as Store>::load");
        assert!(event["contexts"]["fields"]["id"].is_u64(), "{event:#}");
    }

    let panic = panics[0];
    assert_eq!(panic["tags"]["function"], "explode");
    assert_eq!(
        panic["exception"]["values"][0]["value"],
        "this is what a bug looks like"
    );
    let frames = &panic["exception"]["values"][0]["stacktrace"]["frames"];
    let functions = frames.as_array().expect("a panic has a stack trace");
    let ours = |frame: &&Value| {
        frame["function"]
            .as_str()
            .is_some_and(|name| name.contains("quickstart::explode"))
    };
    assert!(functions.iter().any(|frame| ours(&frame)), "{frames:#}");
}

#[test]
fn events_that_wait_are_sent_before_the_process_ends() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    let mut service = Service::quickstart(&[("SENTRY_DSN", &dsn), ("MONITOR_DRAIN", "1ms")]);
    for id in 0..5 {
        get(service.addr, &format!("/orders/{}", 900 + id));
    }
    service.signal("TERM");
    assert!(service.wait().success());
    assert_eq!(sentry.events().len(), 5);
}

#[test]
fn a_sentry_that_is_gone_holds_nothing_up() {
    // A port that was free a moment ago, and refuses.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .unwrap();
    let dsn = format!("http://public@{gone}/7");
    let mut service = Service::quickstart(&[("SENTRY_DSN", &dsn), ("MONITOR_DRAIN", "1ms")]);
    for id in 0..20 {
        assert_eq!(get(service.addr, &format!("/orders/{}", 900 + id)).0, 500);
    }
    service.signal("TERM");
    assert!(service.wait().success());
}

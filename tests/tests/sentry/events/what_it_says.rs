use super::*;

#[derive(Debug, thiserror::Error, Classify)]
enum Payment {
    #[error("the bank does not answer")]
    BankDown(#[source] NotFound),
}

#[monitored(fields(order = 7))]
fn says_charge() -> Result<(), Payment> {
    Err(Payment::BankDown(NotFound(7)))
}

#[monitored]
async fn says_order() -> Result<(), Payment> {
    pause().await;
    says_charge()
}

#[monitored]
async fn says_request() -> Result<(), Payment> {
    says_order().await
}

#[test]
fn who_where_and_why() {
    alone!();
    sentry();
    run(says_request()).expect_err("the bank is down");
    let event = one("says_request");
    assert_eq!(
        event["contexts"]["path"]["functions"],
        json!(["says_request", "says_order", "says_charge"])
    );
    assert_eq!(event["culprit"], "says_charge");
    let tags = &event["tags"];
    assert_eq!(tags["function"], "says_charge");
    assert_eq!(tags["module"], "sentry::events::what_it_says");
    assert_eq!(tags["service"], "events");
    assert_eq!(tags["error_class"], "BankDown");
    assert_eq!(event["contexts"]["fields"]["order"], 7);
    assert_eq!(event["release"], "events@1.2.3");
    assert_eq!(event["environment"], "testing");
    assert!(event["server_name"].is_string(), "{event:#}");
    assert_eq!(
        event["fingerprint"],
        json!(["sentry::events::what_it_says", "says_charge", "BankDown"])
    );
    let trace = event["contexts"]["trace"]["trace_id"].as_str();
    assert_eq!(tags["trace_id"].as_str(), trace);
    assert_eq!(trace.map(str::len), Some(32));
    // Sentry's order: what is shown first comes last.
    assert_eq!(
        texts(&event),
        ["no row with key 7", "the bank does not answer"]
    );
    let types = |at: usize| event["exception"]["values"][at]["type"].clone();
    assert_eq!([types(0), types(1)], [json!("NotFound"), json!("Payment")]);
}

#[test]
fn the_stack_tells_frames_of_the_runtime_from_the_users() {
    alone!();
    sentry();
    run(stacked()).expect_err("it fails");
    let event = one("stacked");
    let frames = &event["exception"]["values"][0]["stacktrace"]["frames"];
    let frames = frames.as_array().expect("an error has a stack trace");
    let (mut ours, mut theirs) = (0, 0);
    for frame in frames {
        let name = frame["function"].as_str().unwrap_or_default();
        let file = frame["abs_path"].as_str().unwrap_or_default();
        if name.starts_with("monitor_runtime::") || name.starts_with("std::") {
            ours += 1;
            assert_eq!(frame["in_app"], false, "{name}");
        }
        // This program, and what tests share.
        if file.contains("/tests/sentry/") || file.contains("/tests/src/") {
            theirs += 1;
            assert_eq!(frame["in_app"], true, "{name}");
        } else {
            assert_ne!(frame["in_app"], true, "{name} {file}");
        }
    }
    assert!(ours > 3 && theirs > 1, "{frames:#?}");
}

#[monitored]
async fn stacked() -> Result<(), NotFound> {
    pause().await;
    Err(NotFound(8))
}

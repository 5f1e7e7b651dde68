use super::*;
use std::panic::catch_unwind;

#[monitored]
async fn unwound() {
    crumb("before the panic");
    pause().await;
    bursts();
}

#[monitored]
fn bursts() {
    panic!("it bursts")
}

#[test]
fn a_panic_is_one_event_from_where_it_began() {
    alone!();
    sentry();
    catch_unwind(|| run(unwound())).expect_err("it panics");
    let event = one("unwound");
    assert_eq!(event["level"], "fatal");
    assert_eq!(texts(&event), ["it bursts"]);
    assert_eq!(breadcrumbs(&event), ["before the panic"]);
    assert_eq!(
        event["contexts"]["path"]["functions"],
        json!(["unwound", "bursts"])
    );
    let mechanism = &event["exception"]["values"][0]["mechanism"];
    assert_eq!(mechanism["handled"], false);
}

#[monitored]
async fn caught_by_tokio() {
    pause().await;
    panic!("caught by tokio")
}

#[monitored]
async fn sees_a_panic() -> Result<(), tokio::task::JoinError> {
    monitor_runtime::task::spawn(caught_by_tokio()).await
}

#[test]
fn a_panic_that_becomes_an_error_is_told_of_where_it_does() {
    alone!();
    sentry();
    let runtime = tokio::runtime::Builder::new_multi_thread().build();
    let seen = runtime.expect("a runtime").block_on(sees_a_panic());
    assert!(seen.is_err_and(|error| error.is_panic()));
    assert_eq!(texts(&one("caught_by_tokio")), ["caught by tokio"]);
    assert_eq!(events_of(&["sees_a_panic"]).len(), 1);
}

#[derive(Debug)]
struct Broken;
impl std::fmt::Display for Broken {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("Display is broken")
    }
}
impl std::error::Error for Broken {}

struct FailsWhenDropped;
impl Drop for FailsWhenDropped {
    fn drop(&mut self) {
        let _ = fails_broken();
    }
}

#[monitored]
fn fails_broken() -> Result<(), Broken> {
    Err(Broken)
}

#[monitored]
fn panics_around_what_is_broken() {
    let _guard = FailsWhenDropped;
    panic!("the real reason")
}

#[test]
fn an_error_that_cannot_be_shown_while_a_panic_unwinds_aborts_nothing() {
    alone!();
    sentry();
    catch_unwind(panics_around_what_is_broken).expect_err("it panics");
    let events = events_of(&["panics_around_what_is_broken"]);
    let told: Vec<_> = events.iter().flat_map(texts).collect();
    assert!(told.contains(&"the real reason"), "{told:?}");
}

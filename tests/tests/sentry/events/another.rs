use super::*;

#[derive(Debug, thiserror::Error)]
#[error("timed out")]
struct CacheSlow;

#[derive(Debug, thiserror::Error)]
#[error("timed out")]
struct StoreSlow;

#[monitored]
async fn cache() -> Result<(), CacheSlow> {
    pause().await;
    Err(CacheSlow)
}

#[monitored]
async fn recovers_and_fails() -> Result<(), StoreSlow> {
    let _ = cache().await;
    pause().await;
    Err(StoreSlow)
}

#[test]
fn the_same_words_of_another_error_are_another_event_of_the_same_trace() {
    alone!();
    sentry();
    run(recovers_and_fails()).expect_err("slow");
    let events = events_of(&["recovers_and_fails"]);
    let culprits: Vec<_> = events.iter().map(|event| &event["culprit"]).collect();
    assert_eq!(culprits, ["cache", "recovers_and_fails"]);
    let trace = |at: usize| events[at]["contexts"]["trace"]["trace_id"].clone();
    assert_eq!(trace(0), trace(1), "one call");
    assert_eq!(breadcrumbs(&events[1]), ["timed out"], "what came before");

    run(recovers_and_fails()).expect_err("slow");
    let later = events_of(&["recovers_and_fails"]);
    assert_eq!(later.len(), 4);
    assert_ne!(later[2]["contexts"]["trace"]["trace_id"], trace(0));
    assert_eq!(breadcrumbs(&later[2]), [""; 0], "of the call before");
}

#[monitored]
async fn attempt(number: u64) -> Result<(), NotFound> {
    pause().await;
    Err(NotFound(number))
}

#[monitored]
async fn retries() -> Result<(), NotFound> {
    for number in 0..2 {
        let _ = attempt(number).await;
        pause().await;
    }
    attempt(2).await
}

#[test]
fn every_attempt_that_fails_is_one() {
    alone!();
    sentry();
    run(retries()).expect_err("no row");
    let events = events_of(&["retries"]);
    let texts: Vec<_> = events.iter().flat_map(texts).collect();
    assert_eq!(
        texts,
        [
            "no row with key 0",
            "no row with key 1",
            "no row with key 2"
        ]
    );
}

#[derive(Debug, thiserror::Error, Classify)]
enum Declined {
    #[error("the card was declined")]
    #[monitor(expected)]
    Card,
}

#[monitored]
fn expected() -> Result<(), Declined> {
    Err(Declined::Card)
}

#[monitored(sentry = false)]
fn silent() -> Result<(), NotFound> {
    Err(NotFound(30))
}

#[monitored]
fn after_what_made_no_event() -> Result<(), NotFound> {
    let _ = silent();
    expected().map_err(|_| NotFound(31))
}

#[test]
fn a_call_without_an_event_is_a_breadcrumb_of_the_next_event() {
    alone!();
    sentry();
    after_what_made_no_event().expect_err("no row");
    let event = one("after_what_made_no_event");
    assert_eq!(texts(&event), ["no row with key 31"]);
    assert_eq!(
        breadcrumbs(&event),
        ["no row with key 30", "the card was declined"]
    );
}

#[monitored]
fn calls_it_expected() -> Result<(), Declined> {
    attempt_now().map_err(|_| Declined::Card)
}

#[monitored]
fn attempt_now() -> Result<(), NotFound> {
    Err(NotFound(33))
}

#[monitored]
fn calls_it_a_failure_again() -> Result<(), NotFound> {
    calls_it_expected().map_err(|_| NotFound(34))
}

#[test]
fn a_failure_after_an_expected_error_is_one() {
    alone!();
    sentry();
    calls_it_a_failure_again().expect_err("no row");
    let events = events_of(&["calls_it_a_failure_again"]);
    let texts: Vec<_> = events.iter().flat_map(texts).collect();
    assert_eq!(texts, ["no row with key 33", "no row with key 34"]);
}

#[monitored]
fn works_for_ever(jobs: &std::sync::mpsc::Receiver<u64>) {
    for job in jobs {
        let _ = job_of_a_worker(job);
    }
}

#[monitored]
fn job_of_a_worker(job: u64) -> Result<(), NotFound> {
    Err(NotFound(job))
}

#[test]
fn a_worker_that_goes_on_swallows_none() {
    alone!();
    sentry();
    let (send, jobs) = std::sync::mpsc::channel();
    std::thread::spawn(move || works_for_ever(&jobs));
    for job in 40..43 {
        send.send(job).expect("the worker works");
    }
    let told = || Some(events_of(&["works_for_ever"])).filter(|events| events.len() == 3);
    let events = wait_for("three events", told);
    assert_eq!(texts(&events[2]), ["no row with key 42"]);
    // It is still running.
    send.send(43).expect("the worker works");
}

//! One event per failure, and what it says: the path, the chain, the breadcrumbs, the trace.

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use monitor_runtime::{Classify, Monitor, monitored};
use monitor_tests::process::{Sentry, wait_for};
use monitor_tests::{pause, run};
use sentry::Breadcrumb;
use serde_json::{Value, json};

/// The runtime of these tests, and the Sentry it sends to.
fn sentry() -> &'static Sentry {
    static STARTED: OnceLock<(Sentry, Monitor)> = OnceLock::new();
    let start = || {
        let sentry = Sentry::start();
        let monitor = monitor_runtime::builder!()
            .addr("off")
            .service_name("events")
            .sentry_dsn(sentry.dsn())
            .environment("testing")
            .release("events@1.2.3")
            .start_blocking();
        (sentry, monitor.expect("the runtime starts"))
    };
    &STARTED.get_or_init(start).0
}

/// Every event so far whose outermost function is one of these.
fn events_of(outermost: &[&str]) -> Vec<Value> {
    let client = sentry::Hub::main().client().expect("a client is bound");
    assert!(client.flush(Some(Duration::from_secs(20))), "all is sent");
    let events = sentry().events().into_iter();
    let ours = |event: &Value| {
        let transaction = event["transaction"].as_str().unwrap_or_default();
        outermost.contains(&transaction)
    };
    let mut events: Vec<Value> = events.filter(ours).collect();
    // As they came about: one whose making takes long may arrive behind the next.
    events.sort_by_key(|event| event["timestamp"].to_string());
    events
}

#[track_caller]
fn one(outermost: &str) -> Value {
    let mut events = events_of(&[outermost]);
    assert_eq!(events.len(), 1, "one event of {outermost}: {events:#?}");
    events.remove(0)
}

fn texts(event: &Value) -> Vec<&str> {
    let values = event["exception"]["values"].as_array();
    let values = values.into_iter().flatten();
    values.filter_map(|value| value["value"].as_str()).collect()
}

fn breadcrumbs(event: &Value) -> Vec<&str> {
    let values = event["breadcrumbs"]["values"].as_array();
    let values = values.into_iter().flatten();
    values
        .filter_map(|crumb| crumb["message"].as_str())
        .collect()
}

fn crumb(message: impl Into<String>) {
    sentry::add_breadcrumb(Breadcrumb {
        message: Some(message.into()),
        ..Breadcrumb::default()
    });
}

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct NotFound(u64);

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("the order cannot be read")]
    Read(#[from] NotFound),
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("the order is gone")]
    Gone,
}

mod what_it_says {
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
        assert_eq!(tags["module"], "sentry_events::what_it_says");
        assert_eq!(tags["service"], "events");
        assert_eq!(tags["error_class"], "BankDown");
        assert_eq!(event["contexts"]["fields"]["order"], 7);
        assert_eq!(event["release"], "events@1.2.3");
        assert_eq!(event["environment"], "testing");
        assert!(event["server_name"].is_string(), "{event:#}");
        assert_eq!(
            event["fingerprint"],
            json!(["sentry_events::what_it_says", "says_charge", "BankDown"])
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
    fn its_stack_tells_our_frames_from_the_users() {
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
}

mod passed_on {
    use super::*;

    #[monitored]
    fn deeper(levels: usize) -> Result<(), NotFound> {
        if levels == 0 {
            return Err(NotFound(9));
        }
        crumb(levels.to_string());
        deeper(levels - 1)
    }

    #[monitored]
    fn deepest() -> Result<(), NotFound> {
        deeper(300)
    }

    #[test]
    fn through_hundreds_of_functions() {
        sentry();
        deepest().expect_err("no row");
        let events = events_of(&["deeper", "deepest"]);
        assert_eq!(events.len(), 1, "{events:#?}");
        let path = &events[0]["contexts"]["path"]["functions"];
        let path = path.as_array().expect("a path");
        // Both ends of 302: what was asked for, and where it failed.
        assert_eq!(path.len(), 65, "{path:?}");
        assert_eq!(path[0], "deepest");
        assert_eq!(path[32], "… 238 more");
        assert_eq!(events[0]["transaction"], "deepest");
        // Calls that have ended are not on the path of later ones.
        deeper(0).expect_err("no row");
        let events = events_of(&["deeper"]);
        assert_eq!(
            events[0]["contexts"]["path"]["functions"],
            serde_json::json!(["deeper"]),
        );
    }

    #[monitored]
    async fn row() -> Result<(), NotFound> {
        pause().await;
        Err(NotFound(1))
    }

    #[monitored]
    async fn dropped_source() -> Result<(), OrderError> {
        row().await.map_err(|_| {
            crumb("on its way up");
            tracing::info!("and logged");
            OrderError::Gone
        })
    }

    #[monitored]
    async fn passes_dropped_source() -> anyhow::Result<()> {
        use anyhow::Context as _;
        dropped_source().await.context("no page")
    }

    #[test]
    fn another_error_in_its_place_is_another_event() {
        sentry();
        run(passes_dropped_source()).expect_err("gone");
        let events = events_of(&["passes_dropped_source"]);
        let texts: Vec<_> = events.iter().flat_map(texts).collect();
        assert_eq!(texts, ["no row with key 1", "the order is gone"]);
    }

    #[monitored]
    async fn rolls_back() {
        pause().await;
    }

    #[monitored]
    async fn disk() -> Result<(), io::Error> {
        pause().await;
        Err(io::Error::other("the disk is full"))
    }

    #[monitored]
    async fn after_a_rollback() -> Result<(), OrderError> {
        let row = row().await;
        rolls_back().await;
        Ok(row?)
    }

    #[monitored]
    async fn after_a_rollback_transparently() -> Result<(), OrderError> {
        let disk = disk().await;
        rolls_back().await;
        Ok(disk?)
    }

    #[test]
    fn after_a_rollback_was_awaited() {
        sentry();
        run(after_a_rollback()).expect_err("no row");
        assert_eq!(texts(&one("after_a_rollback")), ["no row with key 1"]);
        run(after_a_rollback_transparently()).expect_err("full");
        let event = one("after_a_rollback_transparently");
        assert_eq!(texts(&event), ["the disk is full"]);
    }

    #[monitored]
    async fn failing_side() -> Result<(), NotFound> {
        pause().await;
        Err(NotFound(2))
    }

    #[monitored]
    async fn endless_side() -> Result<(), NotFound> {
        crumb("of the side that goes on");
        std::future::pending().await
    }

    #[monitored]
    async fn tries_both() -> Result<(), OrderError> {
        let both = futures_util::future::try_join(failing_side(), endless_side()).await;
        Ok(both.map(drop)?)
    }

    #[test]
    fn past_a_sibling_that_is_dropped() {
        sentry();
        run(tries_both()).expect_err("one side fails");
        let event = one("tries_both");
        assert_eq!(texts(&event), ["no row with key 2"]);
        assert_eq!(breadcrumbs(&event), [""; 0], "of its sibling");
    }
}

mod another {
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
    fn what_makes_no_event_is_a_breadcrumb_of_the_next() {
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
}

mod trails {
    use super::*;

    #[monitored]
    async fn leaves_a_trail(name: &'static str) -> Result<(), NotFound> {
        crumb(format!("{name} begins"));
        pause().await;
        crumb(format!("{name} goes on"));
        helps(name).await;
        pause().await;
        tracing::info!(name, "{name} logs");
        fails_at_its_end(name).await
    }

    #[monitored]
    async fn helps(name: &'static str) {
        pause().await;
        crumb(format!("{name} is helped"));
    }

    #[monitored]
    async fn fails_at_its_end(name: &'static str) -> Result<(), NotFound> {
        crumb(format!("{name} ends"));
        pause().await;
        Err(NotFound(50))
    }

    fn trail_of(name: &str) -> Vec<String> {
        ["begins", "goes on", "is helped", "logs", "ends"]
            .iter()
            .map(|step| format!("{name} {step}"))
            .collect()
    }

    #[monitored]
    async fn alone() -> Result<(), NotFound> {
        crumb("before the call");
        leaves_a_trail("alone").await
    }

    #[test]
    fn breadcrumbs_survive_awaits() {
        sentry();
        crumb("outside all calls");
        run(alone()).expect_err("no row");
        let event = one("alone");
        let mut expected = vec!["before the call".to_owned()];
        expected.extend(trail_of("alone"));
        let inside: Vec<_> = breadcrumbs(&event)
            .into_iter()
            .filter(|message| *message != "outside all calls")
            .collect();
        assert_eq!(inside, expected);
        let logged = &event["breadcrumbs"]["values"];
        let logged = logged.as_array().expect("breadcrumbs");
        let logged = logged.iter().find(|crumb| crumb["message"] == "alone logs");
        let logged = logged.expect("the line of the log");
        assert_eq!(logged["category"], "sentry_events::trails");
        assert_eq!(logged["data"]["name"], "alone");
    }

    #[monitored]
    async fn joins() {
        crumb("joins");
        let sides = ["a", "b", "c"].map(leaves_a_trail);
        futures_util::future::join_all(sides).await;
    }

    #[test]
    fn breadcrumbs_do_not_cross_siblings() {
        sentry();
        run(joins());
        let events = events_of(&["joins"]);
        assert_eq!(events.len(), 3);
        for (event, name) in events.iter().zip(["a", "b", "c"]) {
            let mut expected = vec!["joins".to_owned()];
            expected.extend(trail_of(name));
            assert_eq!(breadcrumbs(event), expected, "{name}");
        }
    }

    #[monitored]
    async fn request(name: &'static str) -> Result<(), NotFound> {
        leaves_a_trail(name).await
    }

    #[test]
    fn breadcrumbs_do_not_cross_calls_that_take_turns() {
        sentry();
        let all = ["d", "e", "f"].map(|name| Box::pin(request(name)));
        let all = run(futures_util::future::join_all(all));
        assert!(all.iter().all(Result::is_err));
        let events = events_of(&["request"]);
        assert_eq!(events.len(), 3);
        for (event, name) in events.iter().zip(["d", "e", "f"]) {
            assert_eq!(breadcrumbs(event), trail_of(name), "{name}");
        }
    }

    #[monitored]
    async fn moves() -> Result<(), NotFound> {
        leaves_a_trail("moved").await
    }

    #[test]
    fn breadcrumbs_go_along_to_another_thread() {
        sentry();
        let mut future = Box::pin(moves());
        let ended = (0..20).any(|_| {
            std::thread::scope(|scope| {
                let poll = scope.spawn(|| monitor_tests::poll(future.as_mut()).is_ready());
                poll.join().expect("no panic")
            })
        });
        assert!(ended, "it ends");
        assert_eq!(breadcrumbs(&one("moves")), trail_of("moved"));
    }

    #[monitored]
    fn many() -> Result<(), NotFound> {
        (0..500).for_each(|number| crumb(number.to_string()));
        Err(NotFound(51))
    }

    #[test]
    fn the_newest_breadcrumbs_are_kept() {
        sentry();
        many().expect_err("no row");
        let event = one("many");
        let kept: Vec<_> = (436..500).map(|number: u32| number.to_string()).collect();
        assert_eq!(breadcrumbs(&event), kept);
    }
}

mod tasks {
    use super::*;

    fn tag(value: &'static str) {
        sentry::configure_scope(|scope| scope.set_tag("tenant", value));
    }

    #[monitored]
    async fn task(tenant: &'static str) -> Result<(), NotFound> {
        tag(tenant);
        crumb(tenant);
        tokio::task::yield_now().await;
        Err(NotFound(60))
    }

    #[monitored]
    async fn spawns() {
        crumb("spawns");
        let tasks =
            ["north", "south", "east"].map(|tenant| monitor_runtime::task::spawn(task(tenant)));
        for task in tasks {
            task.await.expect("no panic").expect_err("no row");
        }
    }

    #[test]
    fn a_task_is_a_story_of_its_own() {
        sentry();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        // Its tasks are polled while `spawns` runs, on the same thread.
        runtime.expect("a runtime").block_on(spawns());
        let events = events_of(&["task"]);
        let tenant = |event: &Value| event["tags"]["tenant"].as_str().map(str::to_owned);
        let mut tenants: Vec<_> = events.iter().filter_map(tenant).collect();
        tenants.sort();
        assert_eq!(tenants, ["east", "north", "south"]);
        for event in &events {
            let tenant = tenant(event).expect("a tag");
            assert_eq!(breadcrumbs(event), [tenant]);
            assert_eq!(event["contexts"]["path"]["functions"], json!(["task"]));
        }
        assert_eq!(events_of(&["spawns"]).len(), 0);
    }

    #[monitored]
    async fn untagged() -> Result<(), NotFound> {
        Err(NotFound(61))
    }

    #[test]
    fn tags_end_with_their_task() {
        sentry();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(async {
            monitor_runtime::task::spawn(async { tag("west") })
                .await
                .expect("no panic");
            untagged().await.expect_err("no row");
        });
        assert!(one("untagged")["tags"].get("tenant").is_none());
    }

    #[monitored(sentry(throttle = "100000/s"))]
    async fn one_of_many(number: u64) -> Result<(), NotFound> {
        let tag = number.to_string();
        sentry::configure_scope(|scope| scope.set_tag("number", &tag));
        for step in 0..4 {
            crumb(format!("{number} {step}"));
            tokio::task::yield_now().await;
        }
        Err(NotFound(number))
    }

    #[test]
    fn many_tasks_on_many_threads_stay_apart() {
        sentry();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .build();
        runtime.expect("a runtime").block_on(async {
            let tasks: Vec<_> = (1000..1060)
                .map(|number| monitor_runtime::task::spawn(one_of_many(number)))
                .collect();
            for task in tasks {
                task.await.expect("no panic").expect_err("no row");
            }
        });
        let events = events_of(&["one_of_many"]);
        assert_eq!(events.len(), 60);
        for event in events {
            let number = event["tags"]["number"].as_str().expect("a tag");
            assert_eq!(texts(&event), [format!("no row with key {number}")]);
            let expected = [0, 1, 2, 3].map(|step| format!("{number} {step}"));
            assert_eq!(breadcrumbs(&event), expected);
        }
    }

    #[monitored]
    fn blocks_on<F: Future>(future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(future)
    }

    #[monitored]
    async fn below_a_call_that_blocks() -> Result<(), NotFound> {
        Err(NotFound(62))
    }

    #[test]
    fn what_runs_around_a_task_is_not_its_path() {
        sentry();
        let task = async { monitor_runtime::task::spawn(below_a_call_that_blocks()).await };
        let failed = blocks_on(task).expect("no panic");
        failed.expect_err("no row");
        one("below_a_call_that_blocks");
    }
}

mod panics {
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
        sentry();
        catch_unwind(panics_around_what_is_broken).expect_err("it panics");
        let events = events_of(&["panics_around_what_is_broken"]);
        let told: Vec<_> = events.iter().flat_map(texts).collect();
        assert!(told.contains(&"the real reason"), "{told:?}");
    }
}

mod logged {
    use super::*;

    #[monitored]
    fn logs_an_error() {
        crumb("before the line");
        tracing::error!(disk = "sda", "the disk is slow");
    }

    #[monitored]
    fn fails_with_a_line() -> Result<(), NotFound> {
        Err(NotFound(70))
    }

    #[test]
    fn the_users_own_error_line_is_an_event_and_ours_is_none() {
        sentry();
        logs_an_error();
        fails_with_a_line().expect_err("no row");
        let event = one("logs_an_error");
        assert_eq!(event["message"], "the disk is slow");
        assert_eq!(event["logger"], "sentry_events::logged");
        assert_eq!(event["contexts"]["fields"]["disk"], "sda");
        assert_eq!(breadcrumbs(&event), ["before the line"]);
        assert_eq!(texts(&one("fails_with_a_line")), ["no row with key 70"]);
    }
}

#[monitored]
fn within_a_trace() -> Result<(), io::Error> {
    Err(io::Error::other("in somebody's trace"))
}

#[test]
fn an_event_is_of_the_trace_its_call_was_handed() {
    sentry();
    let id = "0af7651916cd43dd8448eb211c80319c";
    let mut headers = http::HeaderMap::new();
    let parent = format!("00-{id}-b7ad6b7169203331-01");
    headers.insert("traceparent", parent.parse().expect("a header"));
    let context =
        monitor_runtime::trace::TraceContext::extract(&headers).expect("a sound traceparent");
    context.scope(within_a_trace).expect_err("it fails");
    let event = one("within_a_trace");
    assert_eq!(event["contexts"]["trace"]["trace_id"], id);
    assert_eq!(event["tags"]["trace_id"], id);
}

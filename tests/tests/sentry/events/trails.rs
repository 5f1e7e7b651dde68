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
    alone!();
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
    assert_eq!(logged["category"], "sentry::events::trails");
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
    alone!();
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
    alone!();
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
    alone!();
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
    alone!();
    sentry();
    many().expect_err("no row");
    let event = one("many");
    let kept: Vec<_> = (436..500).map(|number: u32| number.to_string()).collect();
    assert_eq!(breadcrumbs(&event), kept);
}

#[monitored]
async fn of_another() {
    crumb("of another");
    pause().await;
    crumb("of another, later");
}

type Other = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn begun() -> Other {
    let mut other: Other = Box::pin(of_another());
    assert!(monitor_tests::poll(other.as_mut()).is_pending());
    other
}

#[monitored]
fn drops(other: Other) -> Result<(), NotFound> {
    crumb("of the one that drops");
    drop(other);
    Err(NotFound(52))
}

#[monitored]
fn finishes(other: Other) -> Result<(), NotFound> {
    crumb("of the one that finishes");
    run(other);
    Err(NotFound(53))
}

#[monitored]
async fn waits_and_drops(other: Other) -> Result<(), NotFound> {
    pause().await;
    drop(other);
    crumb("of the one that waits");
    Err(NotFound(54))
}

#[test]
fn a_future_that_is_dropped_or_finished_in_another_call_takes_its_breadcrumbs_along() {
    alone!();
    sentry();
    drops(begun()).expect_err("no row");
    finishes(begun()).expect_err("no row");
    let other = begun();
    std::thread::scope(|scope| {
        let elsewhere = scope.spawn(|| run(waits_and_drops(other)));
        elsewhere.join().expect("no panic").expect_err("no row");
    });
    assert_eq!(breadcrumbs(&one("drops")), ["of the one that drops"]);
    let seen = one("finishes");
    assert!(!breadcrumbs(&seen).contains(&"of another"), "{seen}");
    assert_eq!(
        breadcrumbs(&one("waits_and_drops")),
        ["of the one that waits"]
    );
}

#[monitored]
async fn gives_up(waits: bool) -> Result<(), NotFound> {
    if waits {
        pause().await;
    }
    let other = begun();
    if waits {
        pause().await;
    }
    drop(other);
    Err(NotFound(55))
}

#[monitored(latency = false)]
async fn untimed_gives_up() -> Result<(), NotFound> {
    pause().await;
    let other = begun();
    pause().await;
    drop(other);
    Err(NotFound(56))
}

#[monitored(latency = false)]
async fn untimed_inside() {
    crumb("of an untimed one");
    std::future::pending::<()>().await;
}

#[monitored]
async fn gives_up_an_untimed() -> Result<(), NotFound> {
    pause().await;
    let mut other = Box::pin(untimed_inside());
    assert!(monitor_tests::poll(other.as_mut()).is_pending());
    pause().await;
    drop(other);
    Err(NotFound(57))
}

#[test]
fn calls_that_are_not_timed_leave_their_breadcrumbs_to_their_callers() {
    alone!();
    sentry();
    run(untimed_gives_up()).expect_err("no row");
    run(gives_up_an_untimed()).expect_err("no row");
    assert_eq!(breadcrumbs(&one("untimed_gives_up")), ["of another"]);
    assert_eq!(
        breadcrumbs(&one("gives_up_an_untimed")),
        ["of an untimed one"]
    );
}

/// A call that a function makes and gives up is a part of it.
#[test]
fn a_future_that_its_caller_drops_leaves_it_the_breadcrumbs() {
    alone!();
    sentry();
    for waits in [false, true] {
        run(gives_up(waits)).expect_err("no row");
    }
    for event in events_of(&["gives_up"]) {
        assert_eq!(breadcrumbs(&event), ["of another"], "{event}");
    }
}

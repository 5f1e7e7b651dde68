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
    let tasks = ["north", "south", "east"].map(|tenant| monitor_runtime::task::spawn(task(tenant)));
    for task in tasks {
        task.await.expect("no panic").expect_err("no row");
    }
}

#[test]
fn a_task_is_a_story_of_its_own() {
    alone!();
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
    alone!();
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
    alone!();
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
fn calls_around_a_task_are_not_its_path() {
    alone!();
    sentry();
    let task = async { monitor_runtime::task::spawn(below_a_call_that_blocks()).await };
    let failed = blocks_on(task).expect("no panic");
    failed.expect_err("no row");
    one("below_a_call_that_blocks");
}

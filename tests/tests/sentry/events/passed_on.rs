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
    alone!();
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
    alone!();
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
    alone!();
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
    alone!();
    sentry();
    run(tries_both()).expect_err("one side fails");
    let event = one("tries_both");
    assert_eq!(texts(&event), ["no row with key 2"]);
    assert_eq!(breadcrumbs(&event), [""; 0], "of its sibling");
}

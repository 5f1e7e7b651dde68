//! A `Result` in the `Ok` of another, as a time-out and a task return it.

use std::time::Duration;

use monitor_runtime::testkit::{Seen, capture, capture_async};
use monitor_runtime::{Classify, monitored};
use tokio::task::JoinError;
use tokio::time::error::Elapsed;

use super::judged;

#[derive(Debug, thiserror::Error, Classify)]
enum Store {
    #[error("the disk is full")]
    Full(#[source] std::io::Error),
    #[error("no such row")]
    #[monitor(expected)]
    Missing,
}

#[derive(Debug, thiserror::Error, Classify)]
#[error("the pool is closed")]
struct Closed;

fn full() -> Store {
    Store::Full(std::io::Error::other("28 bytes left"))
}

async fn store(error: Option<Store>) -> Result<u8, Store> {
    error.map_or(Ok(7), Err)
}

async fn never() -> Result<u8, Store> {
    std::future::pending().await
}

#[monitored]
async fn timed(error: Option<Store>) -> Result<Result<u8, Store>, Elapsed> {
    tokio::time::timeout(Duration::from_secs(60), store(error)).await
}

#[monitored]
async fn too_late() -> Result<Result<u8, Store>, Elapsed> {
    tokio::time::timeout(Duration::from_millis(1), never()).await
}

#[monitored]
async fn spawned(error: Option<Store>) -> Result<Result<u8, Store>, JoinError> {
    tokio::spawn(store(error)).await
}

type Deep = Result<Result<Result<u8, Store>, Elapsed>, JoinError>;

#[monitored]
async fn spawned_and_timed(error: Option<Store>) -> Deep {
    let timed = tokio::time::timeout(Duration::from_secs(60), store(error));
    tokio::spawn(timed).await
}

const CHAIN: &str = "the disk is full: 28 bytes left";

fn is_full(seen: &Seen) {
    assert_eq!(judged(seen, Some("Full")).as_deref(), Some(CHAIN));
    let exceptions = &seen.captures[0].exception.values;
    assert_eq!(exceptions.len(), 2, "{exceptions:?}");
    assert_eq!(exceptions[1].ty, "Store");
}

#[tokio::test]
async fn the_inner_error_of_a_time_out_or_a_task_counts() {
    is_full(&capture_async(timed(Some(full()))).await.1);
    is_full(&capture_async(spawned(Some(full()))).await.1);
    is_full(&capture_async(spawned_and_timed(Some(full()))).await.1);
    judged(&capture_async(timed(None)).await.1, None);
    judged(&capture_async(spawned(None)).await.1, None);
    judged(&capture_async(spawned_and_timed(None)).await.1, None);
    let text = judged(&capture_async(too_late()).await.1, Some(""));
    assert_eq!(text.as_deref(), Some("deadline has elapsed"));
}

#[tokio::test]
async fn an_expected_inner_error_is_an_expected_one() {
    let (_, seen) = capture_async(timed(Some(Store::Missing))).await;
    seen.call("timed")
        .assert_error("no such row")
        .assert_class("Missing");
    assert_eq!(super::error_lines(&seen), 0);
    seen.assert_captured(&[]);
}

#[monitored]
fn by_class(outer: bool) -> Result<Result<(), Store>, Closed> {
    if outer { Err(Closed) } else { Ok(Err(full())) }
}

#[monitored]
fn in_a_box(outer: bool) -> Result<Result<(), Box<dyn std::error::Error>>, anyhow::Error> {
    if outer {
        Err(anyhow::anyhow!("outer").context("while"))
    } else {
        Ok(Err(full().into()))
    }
}

#[monitored]
fn of_text(outer: bool) -> Result<Result<(), String>, String> {
    if outer {
        Err("outer".into())
    } else {
        Ok(Err("inner".into()))
    }
}

#[monitored]
fn of_a_response(status: u16) -> Result<Result<http::StatusCode, String>, Closed> {
    Ok(Ok(http::StatusCode::from_u16(status).expect("a status")))
}

#[monitored]
fn four_deep() -> Result<Result<Result<Result<u8, Store>, Closed>, Closed>, Closed> {
    Ok(Ok(Ok(Err(full()))))
}

#[monitored]
fn generic<T, E, F>(result: Result<Result<T, E>, F>) -> Result<Result<T, E>, F> {
    result
}

#[monitored(error_if = |done: &Result<Result<u8, Store>, Closed>| matches!(done, Ok(Ok(0))))]
fn by_rule(value: Result<u8, Store>) -> Result<Result<u8, Store>, Closed> {
    Ok(value)
}

#[monitored(ret)]
fn shown(value: Result<u8, Store>) -> Result<Result<u8, Store>, Closed> {
    Ok(value)
}

#[test]
fn each_error_is_seen_by_its_own_type() {
    let text = |seen: Seen, class| judged(&seen, Some(class));
    let of = |text: &str| Some(text.to_owned());
    assert_eq!(
        text(capture(|| by_class(true)).1, "Closed"),
        of("the pool is closed")
    );
    assert_eq!(text(capture(|| by_class(false)).1, "Full"), of(CHAIN));
    assert_eq!(
        text(capture(|| in_a_box(true).is_ok()).1, ""),
        of("while: outer")
    );
    assert_eq!(text(capture(|| in_a_box(false).is_ok()).1, ""), of(CHAIN));
    assert_eq!(text(capture(|| of_text(true)).1, ""), of("outer"));
    assert_eq!(text(capture(|| of_text(false)).1, ""), of("inner"));
    assert_eq!(
        text(capture(|| of_a_response(500)).1, "500"),
        of("returned 500")
    );
    judged(&capture(|| of_a_response(404)).1, None);
    // Deeper than it is asked: an error all the same, of which the type is shown.
    let deep = text(capture(four_deep).1, "");
    assert!(deep.is_some_and(|deep| deep.ends_with("Store")));
    judged(
        &capture(|| generic::<u8, Store, Closed>(Ok(Err(full()))).is_ok()).1,
        Some(""),
    );
    judged(
        &capture(|| generic::<u8, Store, Closed>(Ok(Ok(1))).is_ok()).1,
        None,
    );
}

#[test]
fn a_rule_and_ret_see_the_whole() {
    judged(&capture(|| by_rule(Ok(0))).1, Some(""));
    judged(&capture(|| by_rule(Err(full()))).1, None);
    let (_, seen) = capture(|| shown(Ok(3)));
    assert_eq!(seen.log_event("shown ok").field("return"), Some("Ok(3)"));
    judged(&capture(|| shown(Err(full()))).1, Some("Full"));
}

mod of_an_alias {
    use super::monitored;

    type Result<T> = std::result::Result<std::result::Result<T, String>, u8>;

    #[monitored]
    pub(super) fn fails_inside() -> Result<()> {
        Ok(Err("inside".to_owned()))
    }

    #[monitored]
    pub(super) fn works() -> Result<()> {
        Ok(Ok(()))
    }
}

#[test]
fn an_alias_whose_spelling_hides_the_inner_result_hides_no_error() {
    let (_, seen) = capture(of_an_alias::fails_inside);
    assert_eq!(seen.calls[0].result, "error", "{seen:?}");
    let (_, seen) = capture(of_an_alias::works);
    assert_eq!(seen.calls[0].result, "ok", "{seen:?}");
}

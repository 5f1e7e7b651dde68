use super::*;

fn titles(seen: &Seen) -> Vec<String> {
    let title = |event: &sentry::protocol::Event<'_>| {
        let error = event.exception.last();
        let error = error.and_then(|error| error.value.clone());
        event.message.clone().or(error).unwrap_or_default()
    };
    seen.captures.iter().map(title).collect()
}

#[tokio::test]
async fn a_line_around_a_call_that_failed_is_no_second_event() {
    let (_, seen) = capture_async(ask(&[], async |_| {
        let found = find(7).await;
        tokio::task::yield_now().await;
        if let Err(error) = found {
            tracing::error!(?error, "inside a handler");
            tracing::error!("an unexpected error occurred");
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        StatusCode::OK
    }))
    .await;
    assert_eq!(titles(&seen), ["no row with key 7"]);
}

#[tokio::test]
async fn a_line_of_a_request_that_has_not_failed_is_an_event() {
    let fails = async |_| {
        let _ = find(8).await;
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let logs = async |_| {
        tracing::error!("another request is in trouble");
        let found = monitor_runtime::task::scoped(find(9)).await;
        tracing::error!("its own call has not failed");
        drop(found);
        StatusCode::OK
    };
    let both = async { tokio::join!(ask(&[], fails), ask(&[], logs)) };
    let (_, seen) = capture_async(both).await;
    let mut titles = titles(&seen);
    titles.sort();
    let expected = [
        "another request is in trouble",
        "its own call has not failed",
        "no row with key 8",
        "no row with key 9",
    ];
    assert_eq!(titles, expected);
}

#[monitored]
async fn handles_one() -> Result<(), String> {
    if find(10).await.is_err() {
        tracing::error!("the disk is full");
    }
    Ok(())
}

#[tokio::test]
async fn a_line_on_something_else_inside_a_call_is_an_event() {
    let (_, seen) = capture_async(ask(&[], async |_| {
        handles_one().await.expect("it handles it");
        StatusCode::OK
    }))
    .await;
    assert_eq!(titles(&seen), ["no row with key 10", "the disk is full"]);
}

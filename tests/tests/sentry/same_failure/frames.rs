use super::*;

#[monitored]
fn first() -> Result<u64, AppError> {
    Ok(disk()?)
}

#[monitored]
fn second() -> anyhow::Result<u64> {
    first().context("second")
}

#[monitored]
fn third() -> Result<u64, Box<dyn Error>> {
    Ok(second()?)
}

#[monitored]
fn takes_it_out() -> Result<u64, AppError> {
    second().map_err(|error| match error.downcast::<AppError>() {
        Ok(AppError::Disk(error)) => error.into(),
        _ => AppError::other(),
    })
}

#[test]
fn one_error_through_all_of_them() {
    let (_, seen) = capture(third);
    told(&seen, &["disk"]);
    let (_, seen) = capture(takes_it_out);
    told(&seen, &["disk"]);
}

#[monitored]
fn handles_and_fails() -> Result<u64, AppError> {
    let _ = third();
    Err(AppError::other())
}

#[monitored]
fn passes_on() -> anyhow::Result<u64> {
    Ok(handles_and_fails()?)
}

#[test]
fn another_error_goes_on_as_one() {
    let (_, seen) = capture(passes_on);
    told(&seen, &["disk", "handles_and_fails"]);
}

#[monitored]
fn answers() -> axum::http::Response<()> {
    let mut response = axum::http::Response::new(());
    if third().is_err() {
        *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

#[test]
fn a_response_without_words_is_the_answer_to_the_failure() {
    let (_, seen) = capture(answers);
    told(&seen, &["disk"]);
}

type Status = axum::http::StatusCode;

#[monitored]
fn handles_and_returns_a_status() -> Result<u64, Status> {
    let _ = third();
    Err(Status::BAD_GATEWAY)
}

#[monitored]
fn handles_and_returns_a_tuple() -> Result<u64, (Status, &'static str)> {
    let _ = third();
    Err((Status::INTERNAL_SERVER_ERROR, "another"))
}

#[monitored]
fn passes_the_status_on() -> Result<u64, Status> {
    handles_and_returns_a_status()
}

#[monitored]
async fn handles_waits_and_returns_a_status() -> Result<u64, Status> {
    let _ = third();
    tokio::task::yield_now().await;
    Err(Status::BAD_GATEWAY)
}

/// It may be about the failure before it, or not: one event too many, rather than none.
#[test]
fn an_error_that_is_a_status_is_a_failure_of_its_own() {
    let (_, seen) = capture(handles_and_returns_a_status);
    told(&seen, &["disk", "handles_and_returns_a_status"]);
    let (_, seen) = capture(handles_and_returns_a_tuple);
    told(&seen, &["disk", "handles_and_returns_a_tuple"]);
    let (_, seen) = capture(passes_the_status_on);
    told(&seen, &["disk", "handles_and_returns_a_status"]);
    let (_, seen) = capture(|| monitor_tests::run(handles_waits_and_returns_a_status()));
    told(&seen, &["disk", "handles_waits_and_returns_a_status"]);
}

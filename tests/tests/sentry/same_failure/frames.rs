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

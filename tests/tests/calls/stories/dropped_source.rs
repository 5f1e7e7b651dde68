use super::*;

#[monitored]
fn d_row() -> Result<u64, NotFound> {
    Err(NotFound(8))
}

#[monitored]
fn d_order() -> Result<u64, OrderError> {
    d_row().map_err(|_| OrderError::Gone)
}

#[monitored]
fn d_page() -> Result<u64, String> {
    d_order().map_err(|_| "no page".to_owned())
}

#[test]
fn another_error_in_its_place_is_another_line() {
    log();
    d_page().expect_err("no row");
    let functions = ["d_row", "d_order", "d_page"];
    assert_eq!(log().told_by(&functions), functions);
}

#[monitored]
async fn da_row() -> Result<u64, NotFound> {
    pause().await;
    Err(NotFound(9))
}

#[monitored]
async fn da_order() -> Result<u64, OrderError> {
    pause().await;
    da_row().await.map_err(|_| OrderError::Gone)
}

#[monitored]
async fn da_page() -> Result<u64, String> {
    pause().await;
    da_order().await.map_err(|_| "no page".to_owned())
}

#[test]
fn another_error_in_its_place_is_another_line_in_the_same_poll_too() {
    log();
    run(da_page()).expect_err("no row");
    let functions = ["da_row", "da_order", "da_page"];
    assert_eq!(log().told_by(&functions), functions);
}

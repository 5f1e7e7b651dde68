use super::*;

#[monitored]
fn a_cache() -> Result<u64, NotFound> {
    Err(NotFound(13))
}

#[monitored]
fn a_store() -> Result<u64, OrderError> {
    Err(OrderError::Gone)
}

#[monitored]
fn a_page() -> Result<u64, OrderError> {
    a_cache().or_else(|_| a_store())
}

#[test]
fn a_recovered_error_and_a_later_one_are_two() {
    log();
    a_page().expect_err("gone");
    let told = log().told_by(&["a_cache", "a_store", "a_page"]);
    assert_eq!(told, ["a_cache", "a_store"]);
}

#[monitored]
async fn aa_cache() -> Result<u64, NotFound> {
    pause().await;
    Err(NotFound(14))
}

#[monitored]
async fn aa_page() -> Result<u64, OrderError> {
    let cached = aa_cache().await;
    assert!(cached.is_err());
    pause().await;
    Err(OrderError::Gone)
}

#[test]
fn a_recovered_error_and_one_of_a_later_poll_are_two() {
    log();
    run(aa_page()).expect_err("gone");
    let told = log().told_by(&["aa_cache", "aa_page"]);
    assert_eq!(told, ["aa_cache", "aa_page"]);
}

#[monitored]
fn item(number: u64) -> Result<u64, NotFound> {
    Err(NotFound(number))
}

#[monitored]
fn tries_all() -> usize {
    (20..25).filter(|number| item(*number).is_err()).count()
}

#[test]
fn every_error_a_loop_goes_on_after_is_told() {
    log();
    assert_eq!(tries_all(), 5);
    let told = log().told_by(&["item", "tries_all"]);
    assert_eq!(told, ["item"; 5]);
}

#[monitored]
fn retried() -> Result<u64, NotFound> {
    Err(NotFound(15))
}

#[monitored]
fn retries() -> Result<u64, NotFound> {
    retried().or_else(|_| retried()).or_else(|_| retried())
}

#[test]
fn the_same_text_again_is_another_error_where_it_comes_out() {
    log();
    retries().expect_err("not found");
    let told = log().told_by(&["retried", "retries"]);
    assert_eq!(told, ["retried"; 3], "three calls, three errors");
}

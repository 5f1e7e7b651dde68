//! One error is one ERROR line, however many frames it comes through.

use anyhow::Context as _;
use monitor_runtime::monitored;
use monitor_tests::{log, pause, run};
use tracing::Level;

#[derive(Debug, thiserror::Error)]
#[error("no row with key {0}")]
struct NotFound(u64);

#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("the order cannot be read")]
    Read(#[from] NotFound),
    #[error("the order is gone")]
    Gone,
}

/// Asserts that only the first of these functions reported an error; the others passed it on.
#[track_caller]
fn told_once(functions: &[&str]) {
    assert_eq!(log().told_by(functions), functions[..1], "one ERROR line");
    for function in functions {
        let event = log().completion(function);
        assert_eq!(event.text("result"), "error", "{function} failed too");
        if *function != functions[0] {
            assert_eq!(event.level, Level::INFO, "{function} passes it on");
        }
    }
}

mod question_mark {
    use super::*;

    #[monitored]
    fn q_row() -> Result<u64, NotFound> {
        Err(NotFound(7))
    }

    #[monitored]
    fn q_order() -> Result<u64, OrderError> {
        Ok(q_row()?)
    }

    #[monitored]
    fn q_page() -> Result<u64, OrderError> {
        let order = q_order()?;
        Ok(order)
    }

    #[test]
    fn through_three_frames() {
        log();
        q_page().expect_err("no row");
        told_once(&["q_row", "q_order", "q_page"]);
        let page = log().completion("q_page");
        let chain = "the order cannot be read: no row with key 7";
        assert_eq!(page.text("error"), chain, "each shows the chain it has");
    }
}

mod dropped_source {
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
}

mod context {
    use super::*;

    #[monitored]
    fn c_row() -> Result<u64, NotFound> {
        Err(NotFound(10))
    }

    #[monitored]
    fn c_order() -> anyhow::Result<u64> {
        c_row().context("while reading the order")
    }

    #[monitored]
    fn c_page() -> anyhow::Result<u64> {
        c_order().with_context(|| "while showing the page")
    }

    #[test]
    fn with_context() {
        log();
        c_page().expect_err("no row");
        told_once(&["c_row", "c_order", "c_page"]);
    }
}

mod behind_other_calls {
    use super::*;

    #[monitored]
    fn b_row() -> Result<u64, NotFound> {
        Err(NotFound(16))
    }

    #[monitored]
    fn b_clean_up() {}

    #[monitored]
    fn b_order() -> Result<u64, OrderError> {
        let row = b_row();
        b_clean_up();
        Ok(row?)
    }

    #[monitored]
    fn b_page() -> anyhow::Result<u64> {
        let order = b_order().context("while showing the page");
        b_clean_up();
        order
    }

    #[test]
    fn passed_on_behind_other_calls() {
        log();
        b_page().expect_err("no row");
        told_once(&["b_row", "b_order", "b_page"]);
    }
}

mod later_poll {
    use super::*;

    #[monitored]
    async fn l_row() -> Result<u64, NotFound> {
        pause().await;
        Err(NotFound(11))
    }

    #[monitored]
    fn l_clean_up() {}

    #[monitored]
    async fn l_order() -> Result<u64, OrderError> {
        let row = l_row().await;
        l_clean_up();
        pause().await;
        l_clean_up();
        Ok(row?)
    }

    #[monitored]
    async fn l_page() -> Result<u64, OrderError> {
        let order = l_order().await;
        pause().await;
        order
    }

    #[test]
    fn passed_on_in_a_later_poll() {
        log();
        run(l_page()).expect_err("no row");
        told_once(&["l_row", "l_order", "l_page"]);
    }

    #[test]
    fn passed_on_in_a_later_poll_on_another_thread() {
        log();
        let mut future = Box::pin(moved_page());
        let ended = (0..10).any(|_| {
            std::thread::scope(|scope| {
                let poll = scope.spawn(|| monitor_tests::poll(future.as_mut()).is_ready());
                poll.join().expect("no panic")
            })
        });
        assert!(ended, "it ends");
        told_once(&["moved_row", "moved_order", "moved_page"]);
    }

    #[monitored]
    async fn moved_row() -> Result<u64, NotFound> {
        pause().await;
        Err(NotFound(12))
    }

    #[monitored]
    async fn moved_order() -> Result<u64, OrderError> {
        let row = moved_row().await;
        pause().await;
        Ok(row?)
    }

    #[monitored]
    async fn moved_page() -> Result<u64, OrderError> {
        let order = moved_order().await;
        pause().await;
        order
    }
}

mod another {
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
}

mod siblings {
    use super::*;

    #[monitored]
    async fn side(number: u64) -> Result<u64, NotFound> {
        pause().await;
        Err(NotFound(number))
    }

    #[monitored]
    async fn both() -> Result<u64, NotFound> {
        let (left, right) = futures_util::future::join(side(30), side(31)).await;
        Ok(left? + right?)
    }

    #[test]
    fn joined_siblings_fail_each_for_itself() {
        log();
        run(both()).expect_err("neither");
        assert_eq!(log().told_by(&["side", "both"]), ["side", "side"]);
    }
}

#[monitored]
fn after_a_panic() -> Result<(), &'static str> {
    std::panic::catch_unwind(panics_first).expect_err("it panics");
    succeeds();
    Err("a story of its own")
}

#[monitored]
fn panics_first() {
    panic!("first");
}

#[monitored]
fn succeeds() {}

#[test]
fn an_error_after_a_caught_panic_is_its_own() {
    log();
    after_a_panic().expect_err("its own");
    let told = log().told_by(&["panics_first", "after_a_panic"]);
    assert_eq!(told, ["panics_first", "after_a_panic"]);
}

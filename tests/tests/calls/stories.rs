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

mod dropped_source;

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

mod later_poll;

mod another;

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

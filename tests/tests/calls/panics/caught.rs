//! Panics that are caught in the body of a function, and others after them.

use std::pin::Pin;

use super::*;

fn catches_a_plain_panic() {
    catch_unwind(|| panic!("caught and harmless")).expect_err("it panics");
}

#[monitored]
fn works_or_panics(panics: bool) {
    assert!(!panics, "kills both");
}

#[monitored]
fn catches_before_a_panic() {
    catches_a_plain_panic();
    works_or_panics(true);
}

#[monitored]
fn catches_between_calls() {
    works_or_panics(false);
    catches_a_plain_panic();
    works_or_panics(false);
    works_or_panics(true);
}

#[monitored]
async fn catches_before_an_async_panic() {
    catches_a_plain_panic();
    ends_by_the_second().await;
}

#[monitored]
async fn ends_by_the_second() {
    pause().await;
    panic!("kills both");
}

#[monitored]
fn catches_in_a_box() -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async {
        pause().await;
        catches_a_plain_panic();
        ends_by_the_second().await;
    })
}

#[test]
fn a_panic_that_was_caught_is_not_the_one_that_ends_a_function_later() {
    log();
    let is_unwound = |outer: &str, inner: &str, call: fn()| {
        let before = log().told_by(&[inner]).len();
        catch_unwind(call).expect_err("it panics");
        let told = log().told_by(&[outer, inner]);
        assert_eq!(told[before..], [inner], "one ERROR line");
        let event = log().completion(outer);
        assert_eq!((event.level, event.text("error")), (Level::INFO, ""));
        let inner = log().completions(inner);
        let error = inner.last().expect("a line").text("error");
        assert!(error.contains("kills both"), "{error}");
    };
    let (sync, later) = ("works_or_panics", "ends_by_the_second");
    is_unwound("catches_before_a_panic", sync, catches_before_a_panic);
    is_unwound("catches_between_calls", sync, catches_between_calls);
    is_unwound("catches_before_an_async_panic", later, || {
        run(catches_before_an_async_panic());
    });
    is_unwound("catches_in_a_box", later, || run(catches_in_a_box()));
}

#[monitored]
fn cleans_up_and_resumes() {
    let panic = catch_unwind(|| panic!("comes again")).expect_err("it panics");
    cleans_up_before_it_goes_on();
    resume_unwind(panic);
}

#[monitored]
fn cleans_up_before_it_goes_on() {}

#[test]
fn a_panic_resumed_after_another_call_is_told() {
    log();
    catch_unwind(cleans_up_and_resumes).expect_err("it goes on");
    let event = log().completion("cleans_up_and_resumes");
    assert_eq!(event.level, Level::ERROR);
    let error = event.text("error");
    assert!(error.contains("comes again"), "{error}");
}

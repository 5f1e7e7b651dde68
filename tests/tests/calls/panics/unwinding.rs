//! Calls that are made, and futures that run, while a panic unwinds.

use super::*;

#[monitored]
fn cleans_up() {}

#[monitored]
fn cleans_up_while_unwinding() {
    let _guard = OnDrop(cleans_up);
    panics_below();
}

#[monitored]
fn panics_below() {
    panic!("below the guard");
}

#[test]
fn a_call_made_while_unwinding_is_what_it_is() {
    log();
    let panic = catch_unwind(cleans_up_while_unwinding).expect_err("it panics");
    assert_eq!(message(&*panic), "below the guard");
    assert_counts("cleans_up", Counts::oks(1));
    assert_counts("panics_below", Counts::panics(1));
    assert_counts("cleans_up_while_unwinding", Counts::panics(1));
}

#[test]
fn a_call_made_while_unwinding_does_not_make_it_two_panics() {
    log();
    catch_unwind(one_panic_and_a_clean_up).expect_err("it panics");
    let told = log().told_by(&["one_panic_and_a_clean_up", "one_panic"]);
    assert_eq!(told, ["one_panic"], "one ERROR line");
}

#[monitored]
fn one_panic_and_a_clean_up() {
    let _guard = OnDrop(another_clean_up);
    one_panic();
}

#[monitored]
fn another_clean_up() {}

#[monitored]
fn one_panic() {
    panic!("one panic");
}

#[monitored]
fn fails_to_clean_up() {
    panic!("while cleaning up");
}

#[monitored]
fn panics_with_a_bad_guard() {
    let _guard = OnDrop(|| {
        catch_unwind(fails_to_clean_up).expect_err("it panics");
    });
    panic!("the real reason");
}

#[test]
fn a_panic_caught_while_another_unwinds_leaves_both_told() {
    log();
    let panic = catch_unwind(panics_with_a_bad_guard).expect_err("it panics");
    assert_eq!(message(&*panic), "the real reason");
    assert_counts("fails_to_clean_up", Counts::panics(1));
    assert_counts("panics_with_a_bad_guard", Counts::panics(1));
    let functions = ["fails_to_clean_up", "panics_with_a_bad_guard"];
    assert_eq!(
        log().told_by(&functions),
        functions,
        "two panics, two lines"
    );
}

#[monitored]
async fn future_while_unwinding() -> u8 {
    pause().await;
    1
}

#[monitored]
fn runs_a_future_while_unwinding() {
    let _guard = OnDrop(|| assert_eq!(run(future_while_unwinding()), 1));
    panic!("around a future");
}

#[test]
fn a_future_run_while_unwinding_is_ok() {
    log();
    catch_unwind(runs_a_future_while_unwinding).expect_err("it panics");
    assert_counts("future_while_unwinding", Counts::oks(1));
    assert_counts("runs_a_future_while_unwinding", Counts::panics(1));
}

#[monitored]
fn panics_with_a_value() {
    std::panic::panic_any(42_u8);
}

#[test]
fn the_payload_of_a_panic_is_passed_on() {
    log();
    let panic = catch_unwind(AssertUnwindSafe(panics_with_a_value)).expect_err("it panics");
    assert_eq!(panic.downcast_ref(), Some(&42_u8));
    assert_counts("panics_with_a_value", Counts::panics(1));
}

#[monitored]
fn ends_badly() -> Result<(), String> {
    let _guard = OnDrop(|| panic!("on the way out"));
    Ok(())
}

#[monitored]
async fn ends_badly_later() -> Result<(), String> {
    let _guard = OnDrop(|| panic!("on the way out"));
    pause().await;
    Ok(())
}

#[test]
fn a_guard_that_panics_on_the_way_out_is_a_panic_of_its_function() {
    log();
    catch_unwind(ends_badly).expect_err("it panics");
    assert_counts("ends_badly", Counts::panics(1));
    catch_unwind(|| run(ends_badly_later())).expect_err("it panics");
    assert_counts("ends_badly_later", Counts::panics(1));
}

#[monitored(err = false)]
fn quiet_about_errors() {
    panic!("a bug all the same");
}

#[monitored(err(level = "info"))]
fn mild_about_errors() {
    panic!("a bug all the same");
}

#[test]
fn settings_for_errors_do_not_hold_for_panics() {
    log();
    catch_unwind(quiet_about_errors).expect_err("it panics");
    catch_unwind(mild_about_errors).expect_err("it panics");
    let both = ["quiet_about_errors", "mild_about_errors"];
    assert_eq!(log().told_by(&both), both, "one ERROR line each");
}

//! Errors of functions that write no line for them: the next function around that writes one tells the error,
//! and the event stays that of the function it came out of.

use monitor_tests::{alone, log};

use super::*;

/// Asserts the functions with an ERROR line, and those with an event.
#[track_caller]
fn lines_and_events(seen: &Seen, lines: &[&str], events: &[&str]) {
    let loud = seen.log.iter().filter(|line| line.level == Level::ERROR);
    let told: Vec<_> = loud.filter_map(|line| line.field("function")).collect();
    assert_eq!(told, lines, "ERROR lines");
    let sent = seen.captures.iter();
    let sent: Vec<_> = sent.map(|event| event.tags["function"].as_str()).collect();
    assert_eq!(sent, events, "events");
}

/// Functions around one that writes no line of its errors, which its attribute's arguments say.
macro_rules! around {
    ($($module:ident($($argument:tt)*);)*) => {
        $(mod $module {
            use super::*;

            #[monitored($($argument)*)]
            fn inner() -> Result<u64, NotFound> {
                Err(NotFound(7))
            }

            #[monitored($($argument)*)]
            async fn inner_later() -> Result<u64, NotFound> {
                pause().await;
                Err(NotFound(7))
            }

            #[monitored($($argument)*)]
            fn between() -> Result<u64, AppError> {
                Ok(inner()?)
            }

            #[monitored]
            fn job() -> Result<u64, AppError> {
                between()
            }

            #[monitored]
            fn outermost() -> anyhow::Result<u64> {
                job().context("at night")
            }

            #[monitored]
            async fn job_later() -> Result<u64, AppError> {
                let found = inner_later().await;
                pause().await;
                Ok(found?)
            }

            #[monitored]
            fn job_in_a_box() -> Pin<Box<dyn Future<Output = Result<u64, AppError>>>> {
                Box::pin(async { Ok(inner_later().await?) })
            }

            #[monitored]
            async fn outermost_later() -> anyhow::Result<u64> {
                let first = job_in_a_box().await;
                pause().await;
                first.context("at night")
            }

            #[monitored]
            fn swallows() -> Result<u64, AppError> {
                let _ = inner();
                Err(AppError::other())
            }

            #[test]
            fn the_function_around_tells_it() {
                let (result, seen) = capture(outermost);
                result.expect_err("it fails");
                lines_and_events(&seen, &["job"], &["inner"]);
                let (result, seen) = run(capture_async(job_later()));
                result.expect_err("it fails");
                lines_and_events(&seen, &["job_later"], &["inner_later"]);
                let (result, seen) = run(capture_async(outermost_later()));
                result.expect_err("it fails");
                lines_and_events(&seen, &["job_in_a_box"], &["inner_later"]);
            }

            #[test]
            fn an_error_that_goes_no_further_has_no_line() {
                let (result, seen) = capture(swallows);
                result.expect_err("it fails");
                lines_and_events(&seen, &["swallows"], &["inner", "swallows"]);
            }
        })*
    };
}

around! {
    without_lines(log = false);
    without_lines_of_errors(err = false);
}

#[monitored(log = false)]
fn finds_again() -> Result<u64, NotFound> {
    Err(NotFound(7))
}

#[monitored]
fn fails_twice_alike() -> Result<u64, NotFound> {
    let _ = find(7);
    finds_again()
}

#[test]
fn a_line_of_an_earlier_failure_is_not_that_of_a_later_one() {
    let (result, seen) = capture(fails_twice_alike);
    result.expect_err("it fails");
    let lines = seen.log.iter().filter(|line| line.level == Level::ERROR);
    let lines: Vec<_> = lines.filter_map(|line| line.field("function")).collect();
    assert_eq!(lines, ["find", "fails_twice_alike"]);
}

#[monitored(err = false, level = "warn")]
fn warns_of_all_calls() -> Result<u64, NotFound> {
    Err(NotFound(7))
}

#[monitored]
fn calls_one_that_warns() -> Result<u64, NotFound> {
    warns_of_all_calls()
}

#[test]
fn an_ordinary_line_that_warns_is_enough() {
    let (result, seen) = capture(calls_one_that_warns);
    result.expect_err("it fails");
    lines_and_events(&seen, &[], &["warns_of_all_calls"]);
    let warned = seen.log.iter().filter(|line| line.level == Level::WARN);
    let warned: Vec<_> = warned.filter_map(|line| line.field("function")).collect();
    assert_eq!(warned, ["warns_of_all_calls"]);
}

// The filter of `log()` hides this target.
#[monitored(target = "hyper")]
fn is_hidden() -> Result<u64, NotFound> {
    Err(NotFound(7))
}

#[monitored]
fn is_shown() -> Result<u64, AppError> {
    Ok(is_hidden()?)
}

#[test]
fn a_function_that_the_filter_hides_has_no_line_either() {
    alone!();
    log();
    is_shown().expect_err("it fails");
    assert_eq!(log().told_by(&["is_hidden", "is_shown"]), ["is_shown"]);
    let error = log().completion("is_shown");
    assert_eq!(
        error.text("error"),
        "the order cannot be read: no row with key 7"
    );
}
